"""What a reward costs: price options in a branch's currency, and the exact share of some of a claim's units."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from ledger import Minor, Points, Session
from panel_app.programme.models import PriceCash, PriceOption
from panel_app.programme.terms import Money, OptionFace, OptionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """An option's price for one unit: points, and cash by currency (empty for points only)."""

    option_id: UUID
    kind: OptionKind
    points: Points
    cash: dict[str, int]

    def cash_in(self, currency: str) -> Money | None:
        """The cash part in a currency; None when the option is not offered in it."""
        if self.kind is OptionKind.POINTS:
            return Money(amount=Minor(0), currency=currency)
        if currency not in self.cash:
            return None
        return Money(amount=Minor(self.cash[currency]), currency=currency)

    def face(self, currency: str, available: Points) -> OptionFace | None:
        """The option as the counter shows it; None when it is not offered in the currency."""
        cash = self.cash_in(currency)
        if cash is None:
            return None
        missing = Points(max(0, self.points - available))
        return OptionFace(id=self.option_id, kind=self.kind, points=self.points, cash=cash, missing=missing)


def prices_of(session: Session, reward_ids: list[UUID]) -> dict[UUID, list[Price]]:
    """The price options of each reward, in their order."""
    options = session.scalars(
        sa.select(PriceOption).where(PriceOption.reward_id.in_(reward_ids)).order_by(PriceOption.position)
    ).all()
    cash: dict[UUID, dict[str, int]] = {}
    for row in session.scalars(
        sa.select(PriceCash).where(PriceCash.option_id.in_([option.id for option in options]))
    ):
        cash.setdefault(row.option_id, {})[row.currency] = row.amount
    found: dict[UUID, list[Price]] = {reward_id: [] for reward_id in reward_ids}
    for option in options:
        found[option.reward_id].append(
            Price(
                option_id=option.id,
                kind=OptionKind(option.kind),
                points=Points(option.points),
                cash=cash.get(option.id, {}),
            )
        )
    return found


def share(total: int, quantity: int, spent: int, units: int) -> int:
    """What units spent+1 … spent+units of `quantity` cost, when all of them cost `total`.

    Unit i costs floor(total·i/quantity) − floor(total·(i−1)/quantity), so all units together cost `total`.
    """
    return total * (spent + units) // quantity - total * spent // quantity
