"""The log of a member's account as staff see it: entries, holds and releases with their reasons. Writes nothing.

It is reached by a booking of the actor's own branch, and shows what happened at that branch; the rest of the account
needs a permission of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import ledger
from ledger import HoldEvent, LogLine, MemberId, Points, Session
from panel_app.programme import receipts
from panel_app.programme.access import Actor, Permission
from panel_app.programme.members import shown_name
from panel_app.programme.models import Branch, Member, Operator, Till
from panel_app.programme.names import names_of
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """`what` is an entry's report name or a hold's event; `concerned` is how many points that was about."""

    at: datetime
    what: str
    is_entry: bool
    points: Points
    concerned: Points
    balance_after: Points | None
    source: str
    branch: str | None
    till: str | None
    operator: str | None
    booking_id: str | None
    is_here: bool  # the booking is the branch's own, so that it can be opened
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLog:
    member_name: str
    member_external_id: str
    is_whole: bool
    rows: Sequence[LogRow]
    next_cursor: str | None


def log_of(session: Session, actor: Actor, booking_id: str, cursor: str | None) -> MemberLog:
    """The log of the booking's member, newest first, by keyset pages; NotFound for another branch's booking."""
    actor.require(Permission.VIEW_MEMBER_LOG)
    redemption = receipts.by_booking_id(session, booking_id, actor.branch())
    member = session.get_one(Member, redemption.member_id)
    is_whole = Permission.VIEW_WHOLE_MEMBER_LOG in actor.permissions
    lines = ledger.log_of(
        session,
        MemberId(member.id),
        limit=PAGE_ROWS + 1,
        before=None if cursor is None else moment_of(cursor),
        branch_id=None if is_whole else actor.branch(),
    )
    page = lines[:PAGE_ROWS]
    return MemberLog(
        member_name=shown_name(member.name),
        member_external_id=member.external_id,
        is_whole=is_whole,
        rows=_rows(session, actor, page),
        next_cursor=cursor_of(page[-1]) if len(lines) > PAGE_ROWS else None,
    )


def cursor_of(line: LogLine) -> str:
    """Where the page after this line begins."""
    return f"{line.at.isoformat()}~{line.id}"


def moment_of(cursor: str) -> tuple[datetime, UUID]:
    """What a cursor says; InvalidInput for any other text."""
    at, _sep, key = cursor.partition("~")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(key)
    except (ValueError, OverflowError):
        raise InvalidInput(field="cursor", rule=Rule.CHOICE) from None


def _rows(session: Session, actor: Actor, lines: Sequence[LogLine]) -> list[LogRow]:
    branches = names_of(session, Branch.id, Branch.name, {line.branch_id for line in lines})
    tills = names_of(session, Till.id, Till.code, {line.till_id for line in lines})
    operators = names_of(session, Operator.id, Operator.display_name, {line.operator_id for line in lines})
    return [
        LogRow(
            at=line.at,
            what=line.what.value,
            is_entry=not isinstance(line.what, HoldEvent),
            points=line.points,
            concerned=line.concerned,
            balance_after=line.balance_after,
            source=line.source,
            branch=branches.get(line.branch_id),
            till=tills.get(line.till_id),
            operator=operators.get(line.operator_id),
            booking_id=line.booking_id,
            is_here=line.branch_id == actor.branch(),
            reason=line.reason,
        )
        for line in lines
    ]
