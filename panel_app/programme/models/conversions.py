"""The table of conversions. The row is the state machine: reserved → deducted → fulfilled, or failed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row

_OPEN = text("closed_at IS NULL")


class Conversion(Row):
    """A member's points on their way into a voucher of `reward_id`, or to `partner`; known by its booking ID.

    `entry_id` took the points. A failed one gave them back: by `reversal_entry_id`, or, when they were only held,
    by the release of its hold. `expires_at` is when an open one fails by itself.
    """

    __tablename__ = "conversions"
    __table_args__ = (
        CheckConstraint("status IN ('reserved', 'deducted', 'fulfilled', 'failed')", name="status"),
        CheckConstraint(
            "(kind = 'voucher' AND reward_id IS NOT NULL AND partner IS NULL)"
            " OR (kind = 'transfer' AND reward_id IS NULL AND partner IS NOT NULL)",
            name="kind",
        ),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("status = 'failed' OR (status = 'reserved') = (entry_id IS NULL)", name="entry"),
        CheckConstraint(
            "(reversal_entry_id IS NOT NULL) = (status = 'failed' AND entry_id IS NOT NULL)", name="reversal"
        ),
        CheckConstraint("(status = 'failed') = (failure IS NOT NULL)", name="failure"),
        CheckConstraint("(status IN ('reserved', 'deducted')) = (closed_at IS NULL)", name="closed"),
        Index("ix_conversions_open", "expires_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_conversions_member", "member_id", "opened_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    status: Mapped[str]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    reward_id: Mapped[UUID | None] = mapped_column(ForeignKey("rewards.id"))
    partner: Mapped[str | None]
    points: Mapped[int]
    client: Mapped[str]
    source: Mapped[str]
    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("branches.id"))
    reference: Mapped[str]
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"), unique=True)
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("entries.id"), unique=True)
    reversal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("entries.id"), unique=True)
    failure: Mapped[str | None]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
