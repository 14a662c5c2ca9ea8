"""Tables of members, their phones and their visits at a counter."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row


class Member(Row):
    """A member of the programme. `handle` stands in member codes and tells nothing by itself."""

    __tablename__ = "members"
    __table_args__ = (CheckConstraint("status IN ('active', 'suspended', 'closed')", name="status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    handle: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    status: Mapped[str]
    pin_hash: Mapped[str | None]
    card_hash: Mapped[bytes | None] = mapped_column(unique=True)
    card_cipher: Mapped[bytes | None]
    created_at: Mapped[datetime]


class MemberDevice(Row):
    """A member's phone: the secret of its changing codes, and the newest step that was burned."""

    __tablename__ = "member_devices"
    __table_args__ = (Index("ix_member_devices_member", "member_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    secret_cipher: Mapped[bytes]
    burned_step: Mapped[int]
    created_at: Mapped[datetime]


class Visit(Row):
    """A fresh proof at one till for five minutes: of a member, or of the holder of one claim."""

    __tablename__ = "visits"
    __table_args__ = (Index("ix_visits_member", "member_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claims.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"))
    till_id: Mapped[UUID] = mapped_column(ForeignKey("tills.id"))
    operator_id: Mapped[UUID | None] = mapped_column(ForeignKey("operators.id"))
    proof: Mapped[str]
    entry_mode: Mapped[str]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
