"""The transaction report: every entry and every end and beginning of a hold, newest first. Writes nothing.

It tells who the operator was and what was on behalf, so only whoever may see reports is told any of it. A key of
some branches sees what happened there. A filter that names nobody finds nothing, so that a key of one branch is
not told who is a member or an operator elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import LineKey, MemberId, ReportFilter, ReportLine, Session
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Branch, Member, Operator, Till
from panel_app.programme.names import names_of
from panel_app.programme.reports.terms import (
    KIND_OF,
    TYPE_OF,
    TransactionFilter,
    TransactionsFileWish,
    TransactionsTold,
    TransactionsWish,
    TransactionTold,
)
from panel_app.programme.surfaces.places import branch_named
from panel_app.programme.surfaces.told import MoneyTold

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9998, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionsFile:
    """Which rows stand in a file; what they say is read portion by portion. The rows never change."""

    keys: Sequence[LineKey]
    next_cursor: str | None


def page(session: Session, actor: Actor, wish: TransactionsWish) -> TransactionsTold:
    """A page of rows. Raises NotFound for a branch, and NotAllowed for one outside the actor's."""
    keys, next_cursor = _keys(session, actor, wish, wish.limit)
    return TransactionsTold(items=rows_of(session, keys), next_cursor=next_cursor)


def file_of(session: Session, actor: Actor, wish: TransactionsFileWish) -> TransactionsFile:
    """The rows of a file, decided at one moment. Raises as page()."""
    keys, next_cursor = _keys(session, actor, wish, wish.limit)
    return TransactionsFile(keys=keys, next_cursor=next_cursor)


def rows_of(session: Session, keys: Sequence[LineKey]) -> list[TransactionTold]:
    """What stands in these rows, which page() or file_of() chose for somebody who may see them."""
    lines = ledger.lines_of(session, keys)
    names: dict[UUID | None, str] = {}
    for key, name, ids in (
        (Member.id, Member.external_id, (line.member_id for line in lines)),
        (Branch.id, Branch.code, (line.branch_id for line in lines)),
        (Till.id, Till.code, (line.till_id for line in lines)),
        (Operator.id, Operator.username, (line.operator_id for line in lines)),
    ):
        names |= names_of(session, key, name, ids)
    return [_told(line, names) for line in lines]


def _told(line: ReportLine, names: Mapping[UUID | None, str]) -> TransactionTold:
    return TransactionTold(
        id=line.id,
        created_at=line.at,
        type=TYPE_OF[line.what],
        kind=line.kind,
        member_id=line.member_id,
        member=names.get(line.member_id),
        points=line.points,
        concerned=line.concerned,
        cash=[MoneyTold(amount_minor=amount, currency=currency) for currency, amount in line.cash],
        source=line.source,
        branch=names.get(line.branch_id),
        till=names.get(line.till_id),
        operator=names.get(line.operator_id),
        on_behalf=line.on_behalf,
        booking_id=line.booking_id,
        reference=line.reference,
        reason=line.reason,
        balance_after=line.balance_after,
        hold_id=line.hold_id,
        reverses=line.reverses_id,
    )


def _keys(
    session: Session, actor: Actor, wish: TransactionFilter, limit: int
) -> tuple[Sequence[LineKey], str | None]:
    actor.require(Permission.VIEW_REPORTS)
    wanted = _wanted(session, actor, wish)
    if wanted is None:
        return [], None
    before = None if wish.cursor is None else _place(wish.cursor)
    found = ledger.line_keys(session, wanted, limit=limit + 1, before=before)
    keys = found[:limit]
    return keys, _cursor(keys[-1]) if len(found) > limit else None


def _wanted(session: Session, actor: Actor, wish: TransactionFilter) -> ReportFilter | None:
    """The filter by ids; None when it names a member or an operator that is not there."""
    reach = actor.reach
    if wish.branch is not None:
        reach = frozenset({branch_named(session, actor, wish.branch).id})
    member_id = None if wish.member is None else _member(session, wish.member)
    operator_id = None if wish.operator is None else _operator(session, wish.operator)
    if (wish.member is not None and member_id is None) or (wish.operator is not None and operator_id is None):
        return None
    return ReportFilter(
        since=wish.since,
        until=wish.until,
        member_id=member_id,
        kinds=frozenset() if wish.type is None else frozenset({KIND_OF[wish.type]}),
        source=wish.source,
        on_behalf=wish.on_behalf,
        branch_ids=reach,
        operator_id=operator_id,
    )


def _member(session: Session, text: str) -> MemberId | None:
    try:
        return MemberId(UUID(text))
    except ValueError:
        member_id = session.scalar(sa.select(Member.id).where(Member.external_id == text))
        return None if member_id is None else MemberId(member_id)


def _operator(session: Session, username: str) -> UUID | None:
    return session.scalar(sa.select(Operator.id).where(Operator.username == username.lower()))


def _cursor(key: LineKey) -> str:
    return f"{(key.at - _EPOCH) // _MICROSECOND}-{key.id.hex}"


def _place(cursor: str) -> LineKey:
    moment, _, key = cursor.partition("-")
    # A made-up moment is a place like any other, but for one that no calendar has.
    at = min(int(moment), (_LAST - _EPOCH) // _MICROSECOND)
    return LineKey(at=_EPOCH + at * _MICROSECOND, id=UUID(key))
