"""What a redemption is for: lines with their price frozen, judged as they are opened. Places no hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger import Minor, Points, Session
from panel_app.programme import catalogue, claim_pins, claim_rules, claims, limits, members, pricing, visits
from panel_app.programme.access import Actor
from panel_app.programme.models import Branch, Claim, Member, Visit
from panel_app.programme.refusals import (
    DirectRedemptionOff,
    InvalidInput,
    PriceNotOffered,
    RewardWithdrawn,
    VisitOver,
)
from panel_app.programme.rules import Rule
from panel_app.programme.terms import Money

UNITS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was accepted at the counter: units of a claim, or of a reward at one of its price options."""

    visit_id: UUID
    claim_id: UUID | None = None
    reward_id: UUID | None = None
    option_id: UUID | None = None
    units: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its whole price, of which `points_due` are still to be taken and `claim_points` were charged."""

    reward_id: UUID
    claim_id: UUID | None
    option_id: UUID
    units: int
    points_due: Points
    claim_points: Points
    cash: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    lines: Sequence[Line]

    @property
    def points_due(self) -> Points:
        return Points(sum(line.points_due for line in self.lines))

    @property
    def claim_points(self) -> Points:
        return Points(sum(line.claim_points for line in self.lines))

    @property
    def cash_due(self) -> Minor:
        return Minor(sum(line.cash.amount for line in self.lines))


def basket_of(session: Session, actor: Actor, visit: Visit, branch: Branch, order: Order) -> Basket:
    """The basket of an order under a visit; refuses what may not be redeemed here and now."""
    if not 1 <= order.units <= UNITS_MAX:
        raise InvalidInput(field="units", rule=Rule.RANGE, low=1, high=UNITS_MAX)
    if order.claim_id is not None:
        return Basket(lines=[_claim_line(session, actor, visit, branch, order)])
    return Basket(lines=[_direct_line(session, actor, visit, branch, order)])


def _claim_line(session: Session, actor: Actor, visit: Visit, branch: Branch, order: Order) -> Line:
    claim = session.get(Claim, order.claim_id)
    # The visit proves either this one claim's code, or the member whose claims these are.
    if claim is None or claim.member_id != visit.member_id or visit.claim_id not in (None, claim.id):
        raise VisitOver
    claim_rules.judge(session, actor, claim, branch, None)
    if visit.claim_id is None:  # chosen among the member's claims; a code or PIN would have opened it
        claim_pins.judge(session, claim)
    if order.units > claim.quantity - claim.spent:
        raise InvalidInput(field="units", rule=Rule.AT_MOST, high=claim.quantity - claim.spent)
    points_due, cash = claims.due_in(claim, branch.currency, order.units)
    claim_points = claims.charged_points(claim, order.units)
    # A copied card must not open all the claims of its member, whenever their points were taken.
    visits.judge_proof(session, visit, Points(points_due + claim_points))
    return Line(
        reward_id=claim.reward_id,
        claim_id=claim.id,
        option_id=claim.option_id,
        units=order.units,
        points_due=points_due,
        claim_points=claim_points,
        cash=cash,
    )


def _direct_line(session: Session, actor: Actor, visit: Visit, branch: Branch, order: Order) -> Line:
    if visit.claim_id is not None or order.reward_id is None:
        raise VisitOver
    if not branch.direct_redemption:
        raise DirectRedemptionOff
    reward = catalogue.reward_by_id(session, order.reward_id)
    if reward.status != "active":
        raise RewardWithdrawn
    catalogue.judge_begun(session, reward, branch)
    catalogue.judge_branch(session, reward, branch.id)
    member = session.get_one(Member, visit.member_id)
    members.judge_status(member)
    members.judge_own_account(session, actor, member)
    limits.judge(session, member.id, reward, order.units)
    price = _price(session, order)
    cash = price.cash_in(branch.currency)
    if cash is None:
        raise PriceNotOffered
    points = Points(price.points * order.units)
    visits.judge_proof(session, visit, points)
    return Line(
        reward_id=reward.id,
        claim_id=None,
        option_id=price.option_id,
        units=order.units,
        points_due=points,
        claim_points=Points(0),
        cash=Money(amount=Minor(cash.amount * order.units), currency=cash.currency),
    )


def _price(session: Session, order: Order) -> pricing.Price:
    for price in pricing.prices_of(session, [order.reward_id])[order.reward_id] if order.reward_id else []:
        if price.option_id == order.option_id:
            return price
    raise PriceNotOffered
