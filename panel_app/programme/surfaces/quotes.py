"""What a line would cost at a branch, by option. Holds nothing, takes nothing, burns no member's code."""

import ledger
from ledger import MemberId, Points, Refusal, Session
from panel_app.programme import branches, claim_rules, claims, direct_rules
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Branch, Claim
from panel_app.programme.pricing import Price, meant, prices_of
from panel_app.programme.refusals import InvalidInput, PriceNotOffered
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain
from panel_app.programme.surfaces.places import at_branch
from panel_app.programme.surfaces.proofs import ProvenLine, lines_of, prove
from panel_app.programme.surfaces.redemptions import codes_of, count, judge_not_locked
from panel_app.programme.surfaces.shelves import money
from panel_app.programme.surfaces.told import DueTold, QuoteTold
from panel_app.programme.surfaces.wishes import Line, QuoteWish
from panel_app.programme.terms import OptionKind


def quote(session: Session, actor: Actor, wish: QuoteWish) -> QuoteTold:
    """Say what is due, or refuse as a redemption would be refused, with the first reason in the same order."""
    lines_of(wish)
    with ledger.read(session):
        placed = at_branch(session, actor, wish.branch)

    def run() -> QuoteTold:
        judge_not_locked(session, actor, codes_of(wish))
        # A member's changing code is burned by who redeems it, not by who asks for the price.
        burned = ledger.Savepoint(session)
        try:
            (line,) = prove(session, wish)
            return _quoted(session, placed, line)
        finally:
            burned.undo()

    def counted(refusal: Refusal) -> None:
        count(session, actor, refusal, codes_of(wish), wish.member_id)

    step = Step(operation="redemption.quote", permission=Permission.REDEEM, on_refusal=counted)
    return plain(session, placed, step, run)


def _quoted(session: Session, actor: Actor, asked: ProvenLine) -> QuoteTold:
    branch = branches.branch_by_id(session, actor.branch())
    if asked.proven.claim is not None:
        if asked.line.points is not None:  # its price was chosen when it was made
            raise InvalidInput(field="points", rule=Rule.SLIDING_ONLY)
        return _of_claim(session, actor, asked.proven.claim, asked.line.units, branch)
    return _of_reward(session, actor, asked, branch)


def _of_claim(session: Session, actor: Actor, claim: Claim, units: int, branch: Branch) -> QuoteTold:
    claim_rules.judge(session, actor, claim, branch, None)
    remaining = claim.quantity - claim.spent
    if units > remaining:
        raise InvalidInput(field="units", rule=Rule.AT_MOST, high=remaining)
    points, cash = claims.due_in(claim, branch.currency, units)
    available = ledger.balance_at_once(session, MemberId(claim.member_id)).available
    due = DueTold(
        option=claim.option_id,
        kind=OptionKind.MIX if claim.cash else OptionKind.POINTS,
        points_due=points,
        cash_due=money(cash),
        missing=max(0, points - available),
    )
    return QuoteTold(
        member_id=claim.member_id,
        reward_id=claim.reward_id,
        claim_id=claim.id,
        units=units,
        remaining=remaining,
        valid_until=claim.valid_until,
        options=[due],
    )


def _due(price: Price, currency: str, line: Line, available: Points) -> DueTold:
    points, cash = price.due(currency, line.units, line.points)
    slide = price.slides.get(currency)
    return DueTold(
        option=price.option_id,
        kind=price.kind,
        points_due=points,
        cash_due=money(cash),
        missing=max(0, points - available),
        min_points=None if slide is None else slide.min_points * line.units,
        rate=None if slide is None else slide.rate,
    )


def _of_reward(session: Session, actor: Actor, asked: ProvenLine, branch: Branch) -> QuoteTold:
    member, units = asked.proven.member, asked.line.units
    reward = direct_rules.judged(session, actor, branch, member, asked.reward_id)
    available = ledger.balance_at_once(session, MemberId(member.id)).available
    prices = [
        price
        for price in prices_of(session, [reward.id])[reward.id]
        if price.is_offered_in(branch.currency) and asked.line.option in {None, price.option_id}
    ]
    chosen = meant(prices, asked.line.points)
    if chosen is None:
        raise PriceNotOffered
    if asked.line.points is not None:
        prices = [chosen]
    options = [_due(price, branch.currency, asked.line, available) for price in prices]
    return QuoteTold(
        member_id=member.id,
        reward_id=reward.id,
        claim_id=None,
        units=units,
        remaining=None,
        valid_until=None,
        options=options,
    )
