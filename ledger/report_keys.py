"""Which lines a report has: entries and hold events of all members in one order of time. Knows not what they say.

Each side of the question is one index in the order of time, so that a page costs the same however long the history
is and however far back the page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ledger.by_index import bare, table_by_index
from ledger.database import Session
from ledger.models import REPORTED, entries, hold_events
from ledger.report_terms import LineKey, ReportFilter
from ledger.terms import EntryType, HoldEvent

REPORTED_EVENTS = (HoldEvent.HELD, HoldEvent.RELEASED, HoldEvent.EXPIRED)
# A key that sees more branches than these sees most of the programme: then the index of the types is the short way.
BRANCHES_BY_THEIR_INDEX_MAX = 40
# Of these there are so few that their own index is shorter than an operator's or a branch's.
_FEW = frozenset(
    {
        EntryType.REDEMPTION_REVERSAL,
        EntryType.GOODWILL_CREDIT,
        EntryType.ADJUSTMENT_DEBIT,
        EntryType.POINTS_TRANSFER,
        HoldEvent.RELEASED,
    }
)
# Word for word as the partial indexes say it: only so are they found to fit.
_REPORTED: sa.ColumnElement[bool] = sa.literal_column(REPORTED)
_ON_BEHALF: sa.ColumnElement[bool] = sa.literal_column("on_behalf")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A part of the lines that one index has in the order of time: those of which the condition is true."""

    table: sa.Table
    index: str
    condition: sa.ColumnElement[bool]


def line_keys(
    session: Session, wanted: ReportFilter, *, limit: int, before: LineKey | None = None
) -> list[LineKey]:
    """Which lines there are, newest first; the next ones are `before` the last of these."""
    sides = [_keys(session, side, wanted, limit, before).subquery() for side in _sides(wanted)]
    both = sa.union_all(*(sa.select(side) for side in sides)).subquery()
    newest = sa.select(both).order_by(both.c.at.desc(), both.c.id.desc()).limit(limit)
    return [LineKey(at=row.at, id=row.id) for row in session.execute(newest)]


def _sides(wanted: ReportFilter) -> list[_Side]:
    """The sides by the most selective thing that is asked for; the rest of it is judged row by row."""
    both = [
        table
        for table, kinds in ((entries, set(EntryType)), (hold_events, set(REPORTED_EVENTS)))
        if not wanted.kinds or kinds & wanted.kinds
    ]
    if wanted.member_id is not None:
        return [_by(table, "member", "member_id", wanted.member_id) for table in both]
    if wanted.on_behalf:
        return [_Side(table=table, index="on_behalf", condition=_ON_BEHALF) for table in both]
    if wanted.kinds and wanted.kinds <= _FEW:
        return _by_kind(wanted)
    if wanted.operator_id is not None:
        return [_by(table, "operator", "operator_id", wanted.operator_id) for table in both]
    if 0 < len(wanted.branch_ids) <= BRANCHES_BY_THEIR_INDEX_MAX:
        branches = sorted(wanted.branch_ids)
        return [_by(table, "branch", "branch_id", branch) for table in both for branch in branches]
    if wanted.source is not None:
        return [_by(table, "source", "source", wanted.source) for table in both]
    return _by_kind(wanted)


def _by_kind(wanted: ReportFilter) -> list[_Side]:
    return [
        _by(entries, "kind", "type", kind.value)
        if isinstance(kind, EntryType)
        else _by(hold_events, "kind", "event", kind.value)
        for kind in (*EntryType, *REPORTED_EVENTS)
        if not wanted.kinds or kind in wanted.kinds
    ]


def _by(table: sa.Table, index: str, column: str, value: object) -> _Side:
    return _Side(table=table, index=index, condition=bare(table, column) == value)


def _keys(
    session: Session, side: _Side, wanted: ReportFilter, limit: int, before: LineKey | None
) -> sa.Select[Any]:
    at, key = bare(side.table, "created_at"), bare(side.table, "id")
    others = [condition for name, condition in _conditions(side.table, wanted) if name != side.index]
    source = table_by_index(session, side.table, f"ix_{side.table.name}_{side.index}")
    question = sa.select(at.label("at"), key).select_from(source).where(side.condition, *others)
    if side.table is hold_events:
        question = question.where(_REPORTED)
    if before is not None:
        last = sa.tuple_(sa.literal(before.at, at.type), sa.literal(before.id, key.type))
        question = question.where(sa.tuple_(at, key) < last)
    return question.order_by(at.desc(), key.desc()).limit(limit)


def _conditions(table: sa.Table, wanted: ReportFilter) -> Iterator[tuple[str, sa.ColumnElement[bool]]]:
    """Everything that is asked for, each by the name of the index that would serve it."""
    if wanted.kinds:
        kind = bare(table, "type" if table is entries else "event")
        yield "kind", kind.in_(sorted(one.value for one in wanted.kinds))
    for index, column, value in (
        ("member", "member_id", wanted.member_id),
        ("operator", "operator_id", wanted.operator_id),
        ("source", "source", wanted.source),
    ):
        if value is not None:
            yield index, bare(table, column) == value
    if wanted.branch_ids:
        yield "branch", bare(table, "branch_id").in_(sorted(wanted.branch_ids))
    if wanted.on_behalf is not None:
        yield "on_behalf", _ON_BEHALF if wanted.on_behalf else sa.not_(_ON_BEHALF)
    if wanted.since is not None:
        yield "time", bare(table, "created_at") >= wanted.since
    if wanted.until is not None:
        yield "time", bare(table, "created_at") < wanted.until
