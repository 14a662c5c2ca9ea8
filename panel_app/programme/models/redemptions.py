"""Tables of redemptions with their lines and tenders. The redemption row is the state machine."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row

_ON_BEHALF = text("on_behalf")


class Redemption(Row):
    """One visit's order under its booking ID, with 0..1 hold and 0..1 entry of Confirm."""

    __tablename__ = "redemptions"
    __table_args__ = (
        CheckConstraint(
            "status IN ('reserved', 'completed', 'part_reversed', 'reversed', 'cancelled', 'expired')",
            name="status",
        ),
        CheckConstraint("points_due >= 0 AND cash_due >= 0", name="due"),
        CheckConstraint(
            "(status IN ('reserved', 'cancelled', 'expired')) = (entry_id IS NULL)", name="entry"
        ),
        Index("ix_redemptions_branch_day", "branch_id", "opened_at"),
        Index("ix_redemptions_till", "till_id", "opened_at"),
        Index("ix_redemptions_member", "member_id", "opened_at"),
        Index("ix_redemptions_open", "status", "expires_at"),
        Index("ix_redemptions_source", "source", "opened_at", "id"),
        Index(
            "ix_redemptions_on_behalf",
            "opened_at",
            "id",
            postgresql_where=_ON_BEHALF,
            sqlite_where=_ON_BEHALF,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"))
    till_id: Mapped[UUID] = mapped_column(ForeignKey("tills.id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    source: Mapped[str]
    client: Mapped[str | None]  # who may resolve it, where that is no till
    on_behalf: Mapped[bool]
    entry_mode: Mapped[str]
    scanned_by: Mapped[UUID | None] = mapped_column(ForeignKey("operators.id"))
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("operators.id"))
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("holds.id"), unique=True)
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("entries.id"), unique=True)
    points_due: Mapped[int]
    claim_points: Mapped[int]  # charged at the claim; settled by Confirm's entry
    cash_due: Mapped[int]
    currency: Mapped[str]
    shop_receipt: Mapped[str | None]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class RedemptionLine(Row):
    """k units of one reward, from a claim or directly, at the price frozen when it was reserved."""

    __tablename__ = "redemption_lines"
    __table_args__ = (
        CheckConstraint("units > 0", name="units"),
        CheckConstraint("points >= 0 AND cash >= 0", name="price"),
        Index("ix_redemption_lines_claim", "claim_id"),
    )

    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemptions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))  # what proved it
    reward_id: Mapped[UUID] = mapped_column(ForeignKey("rewards.id"))
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claims.id"))
    option_id: Mapped[UUID] = mapped_column(ForeignKey("price_options.id"))
    units: Mapped[int]
    points: Mapped[int]
    cash: Mapped[int]
    fulfilment: Mapped[str]


class Tender(Row):
    """Money taken for a redemption: by what, how much, with which reference. A reference counts once a branch."""

    __tablename__ = "tenders"
    __table_args__ = (
        CheckConstraint("type IN ('cash', 'card', 'voucher')", name="type"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("given IS NULL OR given >= amount", name="given"),
        UniqueConstraint("branch_id", "type", "reference"),
    )

    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemptions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"))
    type: Mapped[str]
    amount: Mapped[int]
    given: Mapped[int | None]
    currency: Mapped[str]
    reference: Mapped[str | None]
