"""Whether a reward may be redeemed directly, without a claim, at a branch. Knows no price and no limit."""

from uuid import UUID

from ledger import Session
from panel_app.programme import catalogue, members
from panel_app.programme.access import Actor
from panel_app.programme.line_refusals import ClaimNeeded
from panel_app.programme.models import Branch, Member, Reward
from panel_app.programme.refusals import DirectRedemptionOff, RewardWithdrawn


def judged(session: Session, actor: Actor, branch: Branch, member: Member, reward_id: UUID) -> Reward:
    """The reward, if the member may have it here and now; raises the first refusal in the order of product.md."""
    if not branch.direct_redemption:
        raise DirectRedemptionOff
    reward = catalogue.reward_by_id(session, reward_id)
    if reward.status != "active":
        raise RewardWithdrawn
    catalogue.judge_is_goods(reward)
    catalogue.judge_begun(session, reward, branch)
    catalogue.judge_branch(session, reward, branch.id)
    if catalogue.needs_claim(reward):
        raise ClaimNeeded
    members.judge_status(member)
    members.judge_own_account(session, actor, member)
    return reward
