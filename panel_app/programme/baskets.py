"""What a redemption is for: lines with their price frozen, judged as they are opened. Places no hold.

Each line is judged with those before it: what is limited for a member, or by a kind of proof, is limited for the
whole order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger import Minor, Points, Session
from panel_app.programme import claim_pins, claim_rules, claims, direct_rules, limits, pricing, visits
from panel_app.programme.access import Actor
from panel_app.programme.line_refusals import about_line
from panel_app.programme.models import Branch, Claim, Member, Visit
from panel_app.programme.refusals import InvalidInput, PriceNotOffered, VisitOver
from panel_app.programme.rules import Rule
from panel_app.programme.terms import Money, Proof

UNITS_MAX = 20
LINES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """Units of a claim, or of a reward at one of its price options, under the visit that proves it.

    `points` is what a sliding price takes in points for all units; None is its full price.
    """

    visit_id: UUID
    claim_id: UUID | None = None
    reward_id: UUID | None = None
    option_id: UUID | None = None
    units: int = 1
    points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was accepted: one line at the counter, one or more on another surface; all of one member."""

    lines: tuple[OrderLine, ...]

    @classmethod
    def one(
        cls,
        *,
        visit_id: UUID,
        claim_id: UUID | None = None,
        reward_id: UUID | None = None,
        option_id: UUID | None = None,
        units: int = 1,
        points: int | None = None,
    ) -> "Order":
        line = OrderLine(
            visit_id=visit_id,
            claim_id=claim_id,
            reward_id=reward_id,
            option_id=option_id,
            units=units,
            points=points,
        )
        return cls(lines=(line,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its whole price, of which `points_due` are still to be taken and `claim_points` were charged."""

    visit_id: UUID
    proof: Proof
    reward_id: UUID
    claim_id: UUID | None
    option_id: UUID
    units: int
    points_due: Points
    claim_points: Points
    cash: Money

    @property
    def points(self) -> Points:
        return Points(self.points_due + self.claim_points)


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


def basket_of(
    session: Session, actor: Actor, proven_by: Mapping[UUID, Visit], branch: Branch, order: Order
) -> Basket:
    """The basket of an order under its lines' visits; refuses what may not be redeemed here and now."""
    lines: list[Line] = []
    for number, wanted in enumerate(order.lines):
        with about_line(number, of=len(order.lines)):
            lines.append(_line(session, actor, proven_by[wanted.visit_id], branch, wanted, lines))
    return Basket(lines=lines)


def _line(
    session: Session, actor: Actor, visit: Visit, branch: Branch, wanted: OrderLine, before: Sequence[Line]
) -> Line:
    if not 1 <= wanted.units <= UNITS_MAX:
        raise InvalidInput(field="units", rule=Rule.RANGE, low=1, high=UNITS_MAX)
    if wanted.claim_id is not None:
        line = _claim_line(session, actor, visit, branch, wanted, before)
    else:
        line = _direct_line(session, actor, visit, branch, wanted, before)
    # A copied card must not open all the claims of its member, whenever their points were taken.
    alike = sum(one.points for one in before if one.proof is line.proof)
    visits.judge_proof(session, visit, Points(alike + line.points))
    return line


def _claim_line(
    session: Session, actor: Actor, visit: Visit, branch: Branch, wanted: OrderLine, before: Sequence[Line]
) -> Line:
    claim = session.get(Claim, wanted.claim_id)
    # The visit proves either this one claim's code, or the member whose claims these are.
    if claim is None or claim.member_id != visit.member_id or visit.claim_id not in (None, claim.id):
        raise VisitOver
    claim_rules.judge(session, actor, claim, branch, None)
    if visit.claim_id is None:  # chosen among the member's claims; a code or PIN would have opened it
        claim_pins.judge(session, claim)
    if any(one.claim_id == claim.id for one in before):
        raise InvalidInput(field="code", rule=Rule.ONCE)
    if wanted.units > claim.quantity - claim.spent:
        raise InvalidInput(field="units", rule=Rule.AT_MOST, high=claim.quantity - claim.spent)
    if wanted.points is not None:  # its price was chosen when it was made
        raise InvalidInput(field="points", rule=Rule.SLIDING_ONLY)
    points_due, cash = claims.due_in(claim, branch.currency, wanted.units)
    return Line(
        visit_id=visit.id,
        proof=Proof(visit.proof),
        reward_id=claim.reward_id,
        claim_id=claim.id,
        option_id=claim.option_id,
        units=wanted.units,
        points_due=points_due,
        claim_points=claims.charged_points(claim, wanted.units),
        cash=cash,
    )


def _direct_line(
    session: Session, actor: Actor, visit: Visit, branch: Branch, wanted: OrderLine, before: Sequence[Line]
) -> Line:
    if visit.claim_id is not None or wanted.reward_id is None:
        raise VisitOver
    member = session.get_one(Member, visit.member_id)
    reward = direct_rules.judged(session, actor, branch, member, wanted.reward_id)
    alike = sum(one.units for one in before if one.claim_id is None and one.reward_id == reward.id)
    limits.judge(session, member.id, reward, alike + wanted.units)
    price = _price(session, reward.id, wanted.option_id)
    points, cash = price.due(branch.currency, wanted.units, wanted.points)
    return Line(
        visit_id=visit.id,
        proof=Proof(visit.proof),
        reward_id=reward.id,
        claim_id=None,
        option_id=price.option_id,
        units=wanted.units,
        points_due=points,
        claim_points=Points(0),
        cash=cash,
    )


def _price(session: Session, reward_id: UUID, option_id: UUID | None) -> pricing.Price:
    for price in pricing.prices_of(session, [reward_id])[reward_id]:
        if price.option_id == option_id:
            return price
    raise PriceNotOffered
