"""The table of claims: a member's right to a reward, with its code."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row


class Claim(Row):
    """n units under one code. Codes are kept as a keyed hash for look-up and encrypted for showing again.

    `points` is the price of all n units, frozen when the claim was made; `charged` says whether it was taken
    then, and `charge_entry_id` by which entry. `held_by` is the open redemption that has the claim at a till, if any.
    """

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("spent >= 0 AND spent <= quantity", name="spent"),
        CheckConstraint(
            "status IN ('issued', 'part_redeemed', 'redeemed', 'expired', 'cancelled', 'replaced')",
            name="status",
        ),
        CheckConstraint("(status = 'redeemed') = (spent = quantity)", name="redeemed"),
        Index("ix_claims_member", "member_id"),
        Index("ix_claims_open", "status", "valid_until"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    reward_id: Mapped[UUID] = mapped_column(ForeignKey("rewards.id"))
    option_id: Mapped[UUID] = mapped_column(ForeignKey("price_options.id"))
    status: Mapped[str]
    quantity: Mapped[int]
    spent: Mapped[int]
    points: Mapped[int]
    charged: Mapped[bool]
    charge_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("entries.id"))
    cash: Mapped[dict[str, int]]  # by currency, minor units for all n units
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    code_cipher: Mapped[bytes]
    short_hash: Mapped[bytes] = mapped_column(unique=True)
    short_cipher: Mapped[bytes]
    pin_cipher: Mapped[bytes | None]  # of a reward that accepts a PIN
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    held_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
