"""The outbox: events for other surfaces, written with what they tell of, delivered later. Knows no receiver.

Every entry and every end and beginning of a hold writes its own, unless it is known that nobody asks for it:
telling all three of a redemption costs a seventh of its throughput. Only ids, numbers and times enter: a reference
or a reason may be what a person typed.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger.columns import Instant, Key
from ledger.database import Session
from ledger.ids import new_id
from ledger.last_writes import insert_into
from ledger.last_writes import note as note_last_write
from ledger.models import entries, hold_events, metadata
from ledger.terms import EntryType, HoldEvent

_NEW = sa.text("fanned_out_at IS NULL")

# `fanned_out_at`: when the deliveries of the event were written; null until then, and while nobody listens.
outbox_events = sa.Table(
    "outbox_events",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("member_id", Key),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("fanned_out_at", Instant),
    sa.Index("ix_outbox_events_new", "created_at", postgresql_where=_NEW, sqlite_where=_NEW),
)


class BookEvent(StrEnum):
    """What the books tell."""

    ENTRY_POSTED = "entry.posted"
    HOLD_PLACED = "hold.placed"
    HOLD_CAPTURED = "hold.captured"
    HOLD_RELEASED = "hold.released"
    HOLD_EXPIRED = "hold.expired"


_HOLD_EVENTS = {
    HoldEvent.HELD.value: BookEvent.HOLD_PLACED,
    HoldEvent.CAPTURED.value: BookEvent.HOLD_CAPTURED,
    HoldEvent.RELEASED.value: BookEvent.HOLD_RELEASED,
    HoldEvent.EXPIRED.value: BookEvent.HOLD_EXPIRED,
}
_WHERE = ("source", "branch_id", "booking_id")
_OF_ENTRY = ("type", "kind", "points", "number", "balance_after", "hold_id", "reverses_id", *_WHERE)
_OF_HOLD = ("hold_id", "points", "expires_at", *_WHERE)
_INSERT = insert_into(outbox_events)


def tell(session: Session, event_type: str, member_id: UUID | None, payload: Mapping[str, Any]) -> None:
    """Put an event into the outbox; it commits with the step or not at all. `payload` holds JSON values."""
    row = {
        "id": new_id(),
        "type": event_type,
        "member_id": member_id,
        "payload": payload,
        "created_at": session.clock.now(),
        "fanned_out_at": None,
    }
    note_last_write(session, _INSERT, row)


def tell_step(session: Session, told: Sequence[tuple[sa.Table, Sequence[Mapping[str, Any]]]]) -> None:
    """The events of what a step of the books wrote: its rows by table, as they were stored."""
    for table, rows in told:
        for row in rows:
            event = _event_of(table, row)
            if event is None or not session.asked.has(event):
                continue
            own = {"entry_id": str(row["id"])} if table is entries else {}
            names = _OF_ENTRY if table is entries else _OF_HOLD
            tell(session, event, row["member_id"], own | _payload(names, row))


def _event_of(table: sa.Table, row: Mapping[str, Any]) -> BookEvent | None:
    if table is entries:
        return BookEvent.ENTRY_POSTED
    return _HOLD_EVENTS.get(row["event"]) if table is hold_events else None


def _payload(names: Sequence[str], row: Mapping[str, Any]) -> dict[str, Any]:
    """What is null is left out; and that it was on behalf, which a member's own app must not be told."""
    told = {name: _plain(row[name]) for name in names if row[name] is not None}
    if told.get("type") == EntryType.DEBIT_BY_ON_BEHALF_REDEMPTION:
        told["type"] = EntryType.DEBIT_BY_REDEMPTION.value
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    return str(value) if isinstance(value, UUID) else value


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
