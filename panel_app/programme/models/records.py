"""The audit trail, which only grows; and the programme's own settings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row


class AuditRecord(Row):
    """What was done or refused, by whom, where. Personal values never enter: field names and ids only."""

    __tablename__ = "audit_records"
    __table_args__ = (
        Index("ix_audit_till", "till_id", "at"),
        Index("ix_audit_member", "member_id", "at"),
        Index("ix_audit_booking", "booking_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str]
    reason: Mapped[str | None]  # of a refusal
    client: Mapped[str]
    source: Mapped[str]
    operator_id: Mapped[UUID | None]
    branch_id: Mapped[UUID | None]
    till_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    booking_id: Mapped[str | None]
    on_behalf: Mapped[bool]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]]


class ProgrammeSetting(Row):
    """A fact of this installation: the programme's tag and zone, the demo mark, the key check value."""

    __tablename__ = "programme_settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
