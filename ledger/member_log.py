"""Logs of entries and of what happened to holds, which move 0 points, in one order. Writes nothing.

One of a member, with everything; and one of all members, with what went back to them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger.database import Session
from ledger.models import ENDED_WITHOUT_CAPTURE, IS_REVERSAL, entries, hold_events, holds
from ledger.terms import EntryType, HoldEvent, LogLine, MemberId, Points

_SHARED = (
    "member_id",
    "source",
    "branch_id",
    "till_id",
    "operator_id",
    "on_behalf",
    "booking_id",
    "reference",
    "reason",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WentBack:
    """Which of what went back: `since` is in, `until` is out; releases for one of the `reasons` only."""

    since: datetime
    until: datetime
    reasons: Collection[str]
    branch_id: UUID | None = None
    source: str | None = None


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
    sides = [
        _there(side, branch_id).where(side.selected_columns["member_id"] == member_id)
        for side in (_entries(), _hold_events().where(hold_events.c.event != HoldEvent.CAPTURED.value))
    ]
    return _newest(session, sides, limit, before)


def reversal_events(
    session: Session, which: WentBack, *, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[LogLine]:
    """Of all members, in pages as log_of(): reversals, holds that ran out, and holds released for these reasons."""
    ended = sa.text(ENDED_WITHOUT_CAPTURE)  # said as its index says it, so that the planner knows it again
    expired = hold_events.c.event == HoldEvent.EXPIRED.value
    holds_back = _hold_events().where(ended, sa.or_(expired, hold_events.c.reason.in_(which.reasons)))
    sides = []
    for side in (_entries().where(sa.text(IS_REVERSAL)), holds_back):
        at, source = side.selected_columns["at"], side.selected_columns["source"]
        in_time = side.where(at >= which.since, at < which.until)
        if which.source is not None:
            in_time = in_time.where(source == which.source)
        sides.append(_there(in_time, which.branch_id))
    return _newest(session, sides, limit, before)


def _newest(
    session: Session, sides: Sequence[sa.Select[Any]], limit: int, before: tuple[datetime, UUID] | None
) -> list[LogLine]:
    # Each side brings at most `limit` rows by its own index, so that a long history costs nothing.
    newest = [_page(side, limit, before).subquery() for side in sides]
    both = sa.union_all(*(sa.select(side) for side in newest)).subquery()
    lines = sa.select(both).order_by(both.c.at.desc(), both.c.id.desc()).limit(limit)
    return [_line(row) for row in session.execute(lines).mappings()]


def _entries() -> sa.Select[Any]:
    return sa.select(
        entries.c.id,
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
    return sa.select(
        hold_events.c.id,
        hold_events.c.created_at.label("at"),
        hold_events.c.event.label("what"),
        sa.literal(0).label("points"),
        sa.func.coalesce(hold_events.c.points, holds.c.points).label("concerned"),
        sa.cast(sa.null(), entries.c.id.type).label("entry_id"),
        hold_events.c.hold_id,
        sa.cast(sa.null(), entries.c.balance_after.type).label("balance_after"),
        *(hold_events.c[name] for name in _SHARED),
    ).join(holds, holds.c.id == hold_events.c.hold_id)


def _there(side: sa.Select[Any], branch_id: UUID | None) -> sa.Select[Any]:
    return side if branch_id is None else side.where(side.selected_columns["branch_id"] == branch_id)


def _page(side: sa.Select[Any], limit: int, before: tuple[datetime, UUID] | None) -> sa.Select[Any]:
    at, key = side.selected_columns["at"], side.selected_columns["id"]
    if before is not None:
        side = side.where(
            sa.tuple_(at, key) < sa.tuple_(sa.literal(before[0], at.type), sa.literal(before[1], key.type))
        )
    return side.order_by(at.desc(), key.desc()).limit(limit)


def _line(row: sa.RowMapping) -> LogLine:
    is_entry = row["entry_id"] is not None
    return LogLine(
        what=EntryType(row["what"]) if is_entry else HoldEvent(row["what"]),
        points=Points(row["points"]),
        concerned=Points(row["concerned"]),
        **{name: row[name] for name in ("id", "at", "entry_id", "hold_id", "balance_after", *_SHARED)},
    )
