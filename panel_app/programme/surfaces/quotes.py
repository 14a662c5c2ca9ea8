"""What a line would cost at a branch, by option. Holds nothing, takes nothing, burns no member's code."""

import ledger
from ledger import MemberId, Refusal, Session
from panel_app.programme import branches, catalogue, claim_rules, claims, members
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Branch
from panel_app.programme.pricing import prices_of
from panel_app.programme.refusals import (
    DirectRedemptionOff,
    InvalidInput,
    PriceNotOffered,
    RewardWithdrawn,
)
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain
from panel_app.programme.surfaces.places import at_branch
from panel_app.programme.surfaces.proofs import Proven, line_of, prove
from panel_app.programme.surfaces.redemptions import count, judge_not_locked
from panel_app.programme.surfaces.shelves import money
from panel_app.programme.surfaces.told import DueTold, MoneyTold, QuoteTold
from panel_app.programme.surfaces.wishes import QuoteWish
from panel_app.programme.terms import OptionKind


def quote(session: Session, actor: Actor, wish: QuoteWish) -> QuoteTold:
    """Say what is due, or refuse as a redemption would be refused, with the first reason in the same order."""
    line_of(wish)
    with ledger.read(session):
        placed = at_branch(session, actor, wish.branch)

    def run() -> QuoteTold:
        judge_not_locked(session, actor)
        # A member's changing code is burned by who redeems it, not by who asks for the price.
        burned = ledger.Savepoint(session)
        try:
            return _quoted(session, placed, prove(session, wish))
        finally:
            burned.undo()

    def counted(refusal: Refusal) -> None:
        count(session, actor, refusal)

    step = Step(operation="redemption.quote", permission=Permission.REDEEM, on_refusal=counted)
    return plain(session, placed, step, run)


def _quoted(session: Session, actor: Actor, proven: Proven) -> QuoteTold:
    branch = branches.branch_by_id(session, actor.branch())
    if proven.claim is not None:
        return _of_claim(session, actor, proven, branch)
    return _of_reward(session, actor, proven, branch)


def _of_claim(session: Session, actor: Actor, proven: Proven, branch: Branch) -> QuoteTold:
    claim = proven.claim
    if claim is None:
        raise AssertionError("asked only for a claim")
    claim_rules.judge(session, actor, claim, branch, None)
    remaining = claim.quantity - claim.spent
    if proven.line.units > remaining:
        raise InvalidInput(field="units", rule=Rule.AT_MOST, high=remaining)
    points, cash = claims.due_in(claim, branch.currency, proven.line.units)
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
        units=proven.line.units,
        remaining=remaining,
        valid_until=claim.valid_until,
        options=[due],
    )


def _of_reward(session: Session, actor: Actor, proven: Proven, branch: Branch) -> QuoteTold:
    if not branch.direct_redemption:
        raise DirectRedemptionOff
    reward = catalogue.reward_by_id(session, proven.reward_id)
    if reward.status != "active":
        raise RewardWithdrawn
    catalogue.judge_begun(session, reward, branch)
    catalogue.judge_branch(session, reward, branch.id)
    members.judge_status(proven.member)
    members.judge_own_account(session, actor, proven.member)
    available = ledger.balance_at_once(session, MemberId(proven.member.id)).available
    units = proven.line.units
    options = [
        DueTold(
            option=price.option_id,
            kind=price.kind,
            points_due=price.points * units,
            cash_due=MoneyTold(amount_minor=cash.amount * units, currency=cash.currency),
            missing=max(0, price.points * units - available),
        )
        for price in prices_of(session, [reward.id])[reward.id]
        if proven.line.option in {None, price.option_id}
        and (cash := price.cash_in(branch.currency)) is not None
    ]
    if not options:
        raise PriceNotOffered
    return QuoteTold(
        member_id=proven.member.id,
        reward_id=reward.id,
        claim_id=None,
        units=units,
        remaining=None,
        valid_until=None,
        options=options,
    )
