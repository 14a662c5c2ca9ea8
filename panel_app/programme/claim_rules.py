"""Whether a claim is good at a counter: one rule after the other, in the order that product.md decides.

cancelled or replaced → redeemed → not yet valid → expired → branch and type → held elsewhere → member status →
own account → stock → points. Judged when a redemption is opened, never again at Confirm.
"""

from datetime import date
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import MemberId, NotEnoughPoints, Points, Reason, Refusal, Session
from panel_app.programme import branches, catalogue, claims, members, stock
from panel_app.programme.access import Actor
from panel_app.programme.models import Branch, Claim, Redemption, RedemptionLine, Reward, Till
from panel_app.programme.refusals import (
    AlreadyRedeemed,
    ClaimCancelled,
    ClaimExpired,
    ClaimReplaced,
    HeldElsewhere,
    NotYetValid,
    OutOfStock,
    RewardWithdrawn,
    TypeNotAccepted,
)
from panel_app.programme.terms import ClaimFace, ClaimStatus, RedemptionStatus, RedemptionType


def judge(
    session: Session, actor: Actor, claim: Claim, branch: Branch, shown_as: RedemptionType | None
) -> None:
    """Refuse a claim that is not good at this branch now, with the first reason in the order above.

    `shown_as` is the kind of code that was read; None when it is not known (typed, or by a wedge scanner).
    """
    _judge_life(session, claim)
    _judge_dates(claim, branches.today_at(session, branch))
    reward = catalogue.reward_by_id(session, claim.reward_id)
    if reward.status != "active":
        raise RewardWithdrawn
    catalogue.judge_branch(session, reward, branch.id)
    if shown_as is not None and shown_as.value not in reward.redemption_types:
        raise TypeNotAccepted(accepted=tuple(reward.redemption_types))
    _judge_not_held(session, actor, claim)
    member = members.member_by_id(session, claim.member_id)
    members.judge_status(member)
    members.judge_own_account(session, actor, member)
    _judge_stock(session, branch, reward)
    _judge_points(session, claim, branch)


def face_of(session: Session, actor: Actor, claim: Claim, branch: Branch) -> ClaimFace:
    """The claim as the counter shows it; not usable here with its reason, when there is one."""
    try:
        judge(session, actor, claim, branch, None)
    except Refusal as refusal:
        return _face(session, claim, branch, refusal.reason)
    return usable_face(session, claim, branch)


def usable_face(session: Session, claim: Claim, branch: Branch) -> ClaimFace:
    """The claim as the counter shows it after judge() let it pass; judging costs half of a scan's queries."""
    return _face(session, claim, branch, None)


def _face(session: Session, claim: Claim, branch: Branch, reason: Reason | None) -> ClaimFace:
    remaining = claim.quantity - claim.spent
    currency = branch.currency if branch.currency in claim.cash or not claim.cash else next(iter(claim.cash))
    points, cash = claims.due_in(claim, currency, remaining)
    return ClaimFace(
        id=claim.id,
        reward=catalogue.face_of(catalogue.reward_by_id(session, claim.reward_id)),
        status=ClaimStatus(claim.status),
        quantity=claim.quantity,
        remaining=remaining,
        valid_from=claim.valid_from,
        valid_until=claim.valid_until,
        points_due=points,
        cash_due=cash,
        usable=reason is None,
        reason=reason,
    )


def last_use(session: Session, claim_id: UUID) -> Redemption | None:
    """The newest completed redemption of the claim's units."""
    return session.scalar(
        sa.select(Redemption)
        .join(RedemptionLine, RedemptionLine.redemption_id == Redemption.id)
        .where(RedemptionLine.claim_id == claim_id, Redemption.entry_id.is_not(None))
        .order_by(Redemption.closed_at.desc())
        .limit(1)
    )


def _judge_life(session: Session, claim: Claim) -> None:
    match ClaimStatus(claim.status):
        case ClaimStatus.CANCELLED:
            raise ClaimCancelled
        case ClaimStatus.REPLACED:
            raise ClaimReplaced
        case ClaimStatus.REDEEMED:
            raise _used(session, claim)
        case ClaimStatus.EXPIRED:
            raise ClaimExpired(valid_until=claim.valid_until or date.min)
        case ClaimStatus.ISSUED | ClaimStatus.PART_REDEEMED:
            return


def _used(session: Session, claim: Claim) -> Refusal:
    use = last_use(session, claim.id)
    if use is None or use.closed_at is None:
        raise RuntimeError("a redeemed claim must have its redemption")
    if use.status == RedemptionStatus.REVERSED.value:  # its points are back: nobody has it, nor will
        return ClaimCancelled()
    branch = session.get_one(Branch, use.branch_id)
    till = session.get_one(Till, use.till_id)
    return AlreadyRedeemed(
        used_at=use.closed_at, branch=branch.name, till=till.code, booking_id=use.booking_id
    )


def _judge_dates(claim: Claim, today: date) -> None:
    if claim.valid_from is not None and today < claim.valid_from:
        raise NotYetValid(valid_from=claim.valid_from)
    if claim.valid_until is not None and today > claim.valid_until:
        raise ClaimExpired(valid_until=claim.valid_until)


def _judge_not_held(session: Session, actor: Actor, claim: Claim) -> None:
    """Refuse a claim that another till has: where, and for how many seconds more.

    The actor's own till may start again, and a reservation that ran out holds nothing although it is not swept.
    """
    if claim.held_by is None:
        return
    row = session.execute(
        sa.select(Redemption.till_id, Redemption.expires_at, Branch.name, Till.code)
        .join(Branch, Branch.id == Redemption.branch_id)
        .join(Till, Till.id == Redemption.till_id)
        .where(Redemption.id == claim.held_by)
    ).one()
    seconds_left = (row.expires_at - session.clock.now()).total_seconds()
    if row.till_id != actor.till_id and seconds_left > 0:
        raise HeldElsewhere(branch=row.name, till=row.code, seconds_left=max(1, round(seconds_left)))


def _judge_stock(session: Session, branch: Branch, reward: Reward) -> None:
    left = stock.available(session, branch.id, [reward.id]).get(reward.id)
    if left is not None and left < 1:
        raise OutOfStock(left=left)


def _judge_points(session: Session, claim: Claim, branch: Branch) -> None:
    points, _cash = claims.due_in(claim, branch.currency, 1)
    if not points:
        return
    available = ledger.balance_of(session, MemberId(claim.member_id)).available
    if points > available:
        raise NotEnoughPoints(missing=Points(points - available), available=available)
