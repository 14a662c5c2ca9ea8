"""What a reward costs: price options in a branch's currency, and the exact share of some of a claim's units."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import sqlalchemy as sa

from ledger import Minor, Points, Session
from panel_app.programme.models import PriceCash, PriceOption, PriceRate
from panel_app.programme.refusals import InvalidInput, PriceNotOffered
from panel_app.programme.rules import Rule
from panel_app.programme.sliding import Slide, rest_in_cash
from panel_app.programme.terms import Money, OptionFace, OptionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """An option's price for one unit: points, and cash by currency (only of a mix).

    A sliding one has its full points here, and by currency how it slides.
    """

    option_id: UUID
    kind: OptionKind
    points: Points
    cash: dict[str, int]
    slides: dict[str, Slide] = field(default_factory=dict)

    def is_offered_in(self, currency: str) -> bool:
        """Whether it has a price in the currency."""
        return self._cash_in(currency) is not None

    def due(self, currency: str, units: int, paid: int | None) -> tuple[Points, Money]:
        """What so many units cost in points and cash; `paid` are the points that a sliding price is to take for all.

        Raises PriceNotOffered in a currency that it has no price in, InvalidInput for points that can't be chosen.
        """
        cash = self._cash_in(currency)
        if cash is None:
            raise PriceNotOffered
        full = Points(self.points * units)
        if paid is None:
            return full, Money(amount=Minor(cash.amount * units), currency=currency)
        if self.kind is not OptionKind.SLIDING:
            raise InvalidInput(field="points", rule=Rule.SLIDING_ONLY)
        slide = self.slides[currency]
        least = slide.min_points * units
        if not least <= paid <= full:
            raise InvalidInput(field="points", rule=Rule.RANGE, low=least, high=full)
        rest = rest_in_cash(full - paid, slide.per_million)
        return Points(paid), Money(amount=rest, currency=currency)

    def face(self, currency: str, available: Points) -> OptionFace | None:
        """The option as the counter shows it; None when it is not offered in the currency."""
        cash = self._cash_in(currency)
        if cash is None:
            return None
        slide = self.slides.get(currency)
        least = self.points if slide is None else slide.min_points
        return OptionFace(
            id=self.option_id,
            kind=self.kind,
            points=self.points,
            cash=cash,
            missing=Points(max(0, least - available)),
            slide=slide,
        )

    def face_for_claim(self, currency: str, available: Points) -> OptionFace | None:
        """The same for a claim, which is made at the full points of a sliding price."""
        face = self.face(currency, available)
        if face is None:
            return None
        return replace(face, missing=Points(max(0, self.points - available)), slide=None)

    def _cash_in(self, currency: str) -> Money | None:
        """The cash part at full points; None when the option is not offered in the currency."""
        match self.kind:
            case OptionKind.POINTS:
                return Money(amount=Minor(0), currency=currency)
            case OptionKind.SLIDING:
                return Money(amount=Minor(0), currency=currency) if currency in self.slides else None
            case OptionKind.MIX:
                amount = self.cash.get(currency)
                return None if amount is None else Money(amount=Minor(amount), currency=currency)


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
    slides = _slides_of(session, options)
    found: dict[UUID, list[Price]] = {reward_id: [] for reward_id in reward_ids}
    for option in options:
        found[option.reward_id].append(
            Price(
                option_id=option.id,
                kind=OptionKind(option.kind),
                points=Points(option.points),
                cash=cash.get(option.id, {}),
                slides=slides.get(option.id, {}),
            )
        )
    return found


def meant(prices: Sequence[Price], paid: int | None = None) -> Price | None:
    """The price where no option was chosen: a sliding one for chosen points, else points only, else the first."""
    kind = OptionKind.POINTS if paid is None else OptionKind.SLIDING
    return next((price for price in prices if price.kind is kind), prices[0] if prices else None)


def _slides_of(session: Session, options: Sequence[PriceOption]) -> dict[UUID, dict[str, Slide]]:
    least = {option.id: Points(option.min_points) for option in options if option.min_points is not None}
    if not least:  # few programmes have any, and every scan of a member asks for prices
        return {}
    found: dict[UUID, dict[str, Slide]] = {}
    for row in session.scalars(sa.select(PriceRate).where(PriceRate.option_id.in_(list(least)))):
        slide = Slide(min_points=least[row.option_id], per_million=row.per_million)
        found.setdefault(row.option_id, {})[row.currency] = slide
    return found


def share(total: int, quantity: int, spent: int, units: int) -> int:
    """What units spent+1 … spent+units of `quantity` cost, when all of them cost `total`.

    Unit i costs floor(total·i/quantity) − floor(total·(i−1)/quantity), so all units together cost `total`.
    """
    return total * (spent + units) // quantity - total * spent // quantity
