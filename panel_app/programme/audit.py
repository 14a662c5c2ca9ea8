"""The audit trail: who did or was refused what, where and when; written in the transaction of the deed itself.

Personal values and codes never enter a record: it holds ids, numbers and field names.
"""

import re
from typing import Any

from pydantic import TypeAdapter

from ledger import (
    BOOK_RECORDS,
    MemberId,
    RecordKind,
    Refusal,
    Session,
    insert_into,
    new_id,
    note_last_write,
    note_leaf,
    tell_event,
)
from panel_app.programme.access import Actor
from panel_app.programme.models import AuditRecord
from panel_app.programme.webhook_terms import EventType

AUDIT_RECORD = RecordKind(
    name="audit_record",
    table=AuditRecord.metadata.tables["audit_records"],
    forms={
        1: (
            *("id", "at", "action", "reason", "client", "source", "operator_id", "branch_id", "till_id"),
            *("member_id", "booking_id", "on_behalf", "request_id", "details"),
        )
    },
)
RECORD = insert_into(AUDIT_RECORD.table)
SEALED = (*BOOK_RECORDS, AUDIT_RECORD)
"""Every kind of record that has leaves."""

RECORDED = "an audit record was written"
"""Stands in a session's info from its first record on: who records every call leaves out what is recorded."""

# Of a refusal's data these stand in the trail; the rest may hold what a person typed.
_REFUSAL_FIELDS = ("missing", "status", "booking_id", "field", "why", "kind", "limit", "tender", "permission")
_PLAIN = TypeAdapter(dict[str, Any])
_BOOKING_ID = re.compile(r"B1-[0-9A-Z]{11}", re.ASCII)


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    member_id: MemberId | None = None,
    booking_id: str | None = None,
    **details: Any,
) -> None:
    """Write what the actor did; `details` are ids, numbers and field names."""
    _insert(session, actor, action, None, member_id, booking_id, details)


def record_refusal(
    session: Session,
    actor: Actor,
    action: str,
    refusal: Refusal,
    *,
    member_id: MemberId | None,
    booking_id: str | None,
) -> None:
    """Write what the actor was refused, and why.

    A booking ID that was asked for is whatever a person typed: it enters only when it has the form of one.
    """
    data = refusal.data()
    booking_id = booking_id if booking_id is not None and _BOOKING_ID.fullmatch(booking_id) else None
    details = {name: data[name] for name in _REFUSAL_FIELDS if name in data}
    if refusal.part is not None:
        details["part"] = refusal.part
    _insert(session, actor, action, refusal.reason.value, member_id, booking_id, details)


def event(session: Session, event_type: str, member_id: MemberId | None, **payload: Any) -> None:
    """Put an event for other surfaces into the outbox; it exists exactly when the deed does."""
    tell_event(session, EventType(event_type), member_id, _json(payload))


def _insert(
    session: Session,
    actor: Actor,
    action: str,
    reason: str | None,
    member_id: MemberId | None,
    booking_id: str | None,
    details: dict[str, Any],
) -> None:
    row = {
        "id": new_id(),
        "at": session.clock.now(),
        "action": action,
        "reason": reason,
        "client": actor.client,
        "source": actor.source,
        "operator_id": actor.operator_id,
        "branch_id": actor.branch_id,
        "till_id": actor.till_id,
        "member_id": member_id,
        "booking_id": booking_id,
        "on_behalf": actor.on_behalf_of is not None,
        "request_id": actor.request_id,
        "details": _json(details),
    }
    note_last_write(session, RECORD, row)
    session.info[RECORDED] = True
    note_leaf(session, AUDIT_RECORD, row)


def _json(values: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = _PLAIN.dump_python(values, mode="json")
    return plain
