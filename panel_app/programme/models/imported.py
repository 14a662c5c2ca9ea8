"""Tables of what comes as lists from outside: partners' own codes for rewards, and vouchers that pay cash parts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row


class ExternalCode(Row):
    """A partner's code for a reward, free until a claim draws it; then it stays that claim's for good.

    A code that a member has seen is never given to another, whatever became of the claim.
    """

    __tablename__ = "external_codes"
    __table_args__ = (Index("ix_external_codes_pool", "reward_id", "claim_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reward_id: Mapped[UUID] = mapped_column(ForeignKey("rewards.id"))
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    code_cipher: Mapped[bytes]
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claims.id"), unique=True)
    created_at: Mapped[datetime]


class Voucher(Row):
    """A voucher worth `amount`, good up to and on its last day at branches of its currency.

    `held_by` is the redemption that took it last, `taken` how much of the cash part it pays there. While that one is
    open nobody else gets the voucher; once it was cancelled or has run out, anybody may. `spent_at` ends it.

    One with a `reward_id` waits in the list of that reward: it pays once a conversion has drawn it, and not before.
    """

    __tablename__ = "vouchers"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(taken IS NULL) = (held_by IS NULL)", name="held"),
        CheckConstraint("taken IS NULL OR (taken > 0 AND taken <= amount)", name="taken"),
        CheckConstraint("spent_at IS NULL OR held_by IS NOT NULL", name="spent"),
        CheckConstraint(
            "(conversion_id IS NULL OR reward_id IS NOT NULL)"
            " AND (reward_id IS NULL OR conversion_id IS NOT NULL OR held_by IS NULL)",
            name="issued",
        ),
        Index("ix_vouchers_held_by", "held_by"),
        Index("ix_vouchers_pool", "reward_id", "conversion_id", "last_day", "id"),
        Index("ux_vouchers_conversion", "conversion_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    code_cipher: Mapped[bytes]
    amount: Mapped[int]
    currency: Mapped[str]
    last_day: Mapped[date]
    held_by: Mapped[UUID | None] = mapped_column(ForeignKey("redemptions.id"))
    taken: Mapped[int | None]
    spent_at: Mapped[datetime | None]
    reward_id: Mapped[UUID | None] = mapped_column(ForeignKey("rewards.id"))
    conversion_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversions.id"))
    created_at: Mapped[datetime]
