"""What the counter shows of a claim, a member or a product: frozen views, put together from rows. Decides nothing."""

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from ledger import Points, Session
from panel_app.programme import (
    branches,
    catalogue,
    claim_pins,
    claim_rules,
    claims,
    direct_rules,
    members,
    receipts,
)
from panel_app.programme.access import Actor
from panel_app.programme.code_refusals import PinNeeded
from panel_app.programme.models import Branch, Claim, Member, Redemption, Visit
from panel_app.programme.refusals import PriceNotOffered
from panel_app.programme.terms import (
    AlreadyDone,
    ClaimAtCounter,
    ClaimFace,
    ClaimStatus,
    MemberAtCounter,
    OfferFace,
    PriceAtCounter,
)


def claim_at_counter(
    session: Session, visit: Visit, claim: Claim, member: Member, branch: Branch
) -> ClaimAtCounter:
    """A claim that was judged good here."""
    remaining = claim.quantity - claim.spent
    due = [claims.due_in(claim, branch.currency, units) for units in range(1, remaining + 1)]
    return ClaimAtCounter(
        visit_id=visit.id,
        claim=claim_rules.usable_face(session, claim, branch),
        member=members.face_of(session, member),
        unit_points=tuple(points for points, _cash in due),
        unit_cash=tuple(cash for _points, cash in due),
    )


def already_done(session: Session, use: Redemption, offered: ClaimAtCounter | None) -> AlreadyDone:
    age = 0.0 if use.closed_at is None else (session.clock.now() - use.closed_at).total_seconds()
    return AlreadyDone(
        receipt=receipts.receipt_of(session, use), seconds_ago=max(0, round(age)), next=offered
    )


def member_at_counter(session: Session, actor: Actor, visit: Visit) -> MemberAtCounter:
    member = members.member_by_id(session, visit.member_id)
    branch = branches.branch_by_id(session, actor.branch())
    face = members.face_of(session, member)
    live = session.scalars(
        sa.select(Claim)
        .where(
            Claim.member_id == member.id,
            Claim.status.in_([ClaimStatus.ISSUED.value, ClaimStatus.PART_REDEEMED.value]),
        )
        .order_by(Claim.valid_until, Claim.id)
    ).all()
    return MemberAtCounter(
        visit_id=visit.id,
        expires_at=visit.expires_at,
        member=face,
        claims=tuple(
            _in_list(session, claim_rules.face_of(session, actor, claim, branch), claim) for claim in live
        ),
        offers=_offers(session, branch, face.balance.available),
    )


def _in_list(session: Session, face: ClaimFace, claim: Claim) -> ClaimFace:
    """A claim as it may be chosen without its PIN."""
    if not face.usable:
        return face
    try:
        claim_pins.judge(session, claim)
    except PinNeeded as refusal:
        return replace(face, usable=False, reason=refusal.reason)
    return face


def _offers(session: Session, branch: Branch, available: Points) -> tuple[OfferFace, ...]:
    return tuple(catalogue.offers_at(session, branch, available)) if branch.direct_redemption else ()


def price_at_counter(session: Session, actor: Actor, visit: Visit, reward_id: UUID) -> PriceAtCounter:
    branch = branches.branch_by_id(session, actor.branch())
    row = members.member_by_id(session, visit.member_id)
    direct_rules.judged(session, actor, branch, row, reward_id)
    member = members.face_of(session, row)
    offers = catalogue.offers_at(session, branch, member.balance.available, [reward_id])
    if not offers:
        raise PriceNotOffered
    return PriceAtCounter(visit_id=visit.id, member=member, offer=offers[0])
