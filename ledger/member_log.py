"""A member's log: entries and what happened to holds, which move 0 points, in one order. Writes nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger.database import Session
from ledger.models import entries, hold_events, holds
from ledger.terms import EntryType, HoldEvent, LogLine, MemberId, Points

_SHARED = ("source", "branch_id", "till_id", "operator_id", "on_behalf", "booking_id", "reference", "reason")


def log_of(
    session: Session,
    member_id: MemberId,
    *,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    branch_id: UUID | None = None,
) -> list[LogLine]:
    """Newest first; the next page is `before` the (at, id) of the last line of this one. `branch_id`: only there.

    A capture stands there as its entry; a release says its reason.
    """
    # Each side brings at most `limit` rows by its own index, so that a long history costs nothing.
    newest = [
        _page(_there(side, branch_id), member_id, limit, before).subquery()
        for side in (_entries(), _hold_events())
    ]
    both = sa.union_all(*(sa.select(side) for side in newest)).subquery()
    lines = sa.select(both).order_by(both.c.at.desc(), both.c.id.desc()).limit(limit)
    return [_line(row) for row in session.execute(lines).mappings()]


def _entries() -> sa.Select[Any]:
    return sa.select(
        entries.c.id,
        entries.c.member_id,
        entries.c.created_at.label("at"),
        entries.c.type.label("what"),
        entries.c.points,
        sa.func.abs(entries.c.points).label("concerned"),
        entries.c.id.label("entry_id"),
        entries.c.hold_id,
        entries.c.balance_after,
        *(entries.c[name] for name in _SHARED),
    )


def _hold_events() -> sa.Select[Any]:
    return (
        sa.select(
            hold_events.c.id,
            hold_events.c.member_id,
            hold_events.c.created_at.label("at"),
            hold_events.c.event.label("what"),
            sa.literal(0).label("points"),
            sa.func.coalesce(hold_events.c.points, holds.c.points).label("concerned"),
            sa.cast(sa.null(), entries.c.id.type).label("entry_id"),
            hold_events.c.hold_id,
            sa.cast(sa.null(), entries.c.balance_after.type).label("balance_after"),
            *(hold_events.c[name] for name in _SHARED),
        )
        .join(holds, holds.c.id == hold_events.c.hold_id)
        .where(hold_events.c.event != HoldEvent.CAPTURED.value)
    )


def _there(side: sa.Select[Any], branch_id: UUID | None) -> sa.Select[Any]:
    return side if branch_id is None else side.where(side.selected_columns["branch_id"] == branch_id)


def _page(
    side: sa.Select[Any], member_id: MemberId, limit: int, before: tuple[datetime, UUID] | None
) -> sa.Select[Any]:
    at, key, member = (side.selected_columns[name] for name in ("at", "id", "member_id"))
    if before is not None:
        side = side.where(
            sa.tuple_(at, key) < sa.tuple_(sa.literal(before[0], at.type), sa.literal(before[1], key.type))
        )
    return side.where(member == member_id).order_by(at.desc(), key.desc()).limit(limit)


def _line(row: sa.RowMapping) -> LogLine:
    is_entry = row["entry_id"] is not None
    return LogLine(
        what=EntryType(row["what"]) if is_entry else HoldEvent(row["what"]),
        points=Points(row["points"]),
        concerned=Points(row["concerned"]),
        **{name: row[name] for name in ("id", "at", "entry_id", "hold_id", "balance_after", *_SHARED)},
    )
