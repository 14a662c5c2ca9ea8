"""Tables of rewards, their prices, where they may be used, and stock by branch."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row


class Reward(Row):
    """What points buy. `claim_days` is how long a claim on it is good.

    One with a `voucher_amount` is no goods: points are converted into a voucher of that worth, drawn from its list.
    """

    __tablename__ = "rewards"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'withdrawn')", name="status"),
        CheckConstraint("charge_at IN ('claim', 'counter')", name="charge_at"),
        CheckConstraint("on_expiry IN ('restored', 'forfeited')", name="on_expiry"),
        CheckConstraint(
            "(voucher_amount IS NULL) = (voucher_currency IS NULL)"
            " AND (voucher_amount IS NULL OR voucher_amount > 0)",
            name="voucher",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str]
    terms: Mapped[str]
    picture: Mapped[str]
    ean: Mapped[str | None] = mapped_column(unique=True)
    status: Mapped[str]
    charge_at: Mapped[str]
    on_expiry: Mapped[str]  # of a charged claim's unused units
    redemption_types: Mapped[list[str]]
    claim_days: Mapped[int]
    valid_from: Mapped[date | None]
    daily_limit: Mapped[int | None]  # claims and direct redemptions of one member in the programme's day
    voucher_amount: Mapped[int | None]
    voucher_currency: Mapped[str | None]
    created_at: Mapped[datetime]


class RewardBranch(Row):
    """A reward with any such row may be used at those branches only."""

    __tablename__ = "reward_branches"

    reward_id: Mapped[UUID] = mapped_column(ForeignKey("rewards.id"), primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"), primary_key=True)


class PriceOption(Row):
    """One way to pay for one unit: points only, a fixed mix of points and cash, or a sliding one.

    A sliding one takes `min_points` up to `points`, and the rest in cash at its rate.
    """

    __tablename__ = "price_options"
    __table_args__ = (
        CheckConstraint("kind IN ('points', 'mix', 'sliding')", name="kind"),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("(kind = 'sliding') = (min_points IS NOT NULL)", name="slides"),
        CheckConstraint("min_points IS NULL OR (min_points > 0 AND min_points < points)", name="min_points"),
        UniqueConstraint("reward_id", "position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reward_id: Mapped[UUID] = mapped_column(ForeignKey("rewards.id"))
    position: Mapped[int]
    kind: Mapped[str]
    points: Mapped[int]
    min_points: Mapped[int | None]


class PriceRate(Row):
    """What a million points of a sliding option are worth in one currency; see sliding.py."""

    __tablename__ = "price_rates"
    __table_args__ = (CheckConstraint("per_million > 0", name="per_million"),)

    option_id: Mapped[UUID] = mapped_column(ForeignKey("price_options.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    per_million: Mapped[int]


class PriceCash(Row):
    """The cash part of an option in one currency; an option with none for the branch's is not offered there."""

    __tablename__ = "price_cash"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    option_id: Mapped[UUID] = mapped_column(ForeignKey("price_options.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


class StockLevel(Row):
    """Stock of one reward at one branch, kept with its movements; a reward without a row is not counted."""

    __tablename__ = "stock_levels"
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("on_hand - reserved >= 0", name="available"),
    )

    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"), primary_key=True)
    reward_id: Mapped[UUID] = mapped_column(ForeignKey("rewards.id"), primary_key=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]


class StockMovement(Row):
    """One change of stock: received, reserved, released or issued; only inserted."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        CheckConstraint("kind IN ('received', 'reserved', 'released', 'issued')", name="kind"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index("ix_stock_movements_place", "branch_id", "reward_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"))
    reward_id: Mapped[UUID] = mapped_column(ForeignKey("rewards.id"))
    redemption_id: Mapped[UUID | None] = mapped_column(ForeignKey("redemptions.id"))
    kind: Mapped[str]
    quantity: Mapped[int]
    created_at: Mapped[datetime]
