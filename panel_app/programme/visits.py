"""A visit: a fresh proof, bound to one till for five minutes, which every burn of a member's points needs."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import MemberId, Points, Session, new_id
from panel_app.programme.access import Actor
from panel_app.programme.models import Member, Redemption, RedemptionLine, Visit
from panel_app.programme.refusals import ProofTooWeak, VisitOver
from panel_app.programme.terms import EntryMode, Proof, RedemptionStatus

LASTS = timedelta(minutes=5)

# A printed card can be copied and a typed code read over a shoulder: within a day they take this many points of a
# member at most, in however many visits.
A_DAY = timedelta(hours=24)
POINTS_MAX = {Proof.MEMBER_CARD: Points(500), Proof.TYPED_MEMBER_CODE: Points(2000)}


def open_visit(
    session: Session, actor: Actor, member: Member, *, proof: Proof, mode: EntryMode, claim_id: UUID | None
) -> Visit:
    """Open a visit at the actor's till with this proof."""
    now = session.clock.now()
    visit = Visit(
        id=new_id(),
        member_id=member.id,
        claim_id=claim_id,
        branch_id=actor.branch(),
        till_id=actor.till(),
        operator_id=actor.operator_id,
        proof=proof.value,
        entry_mode=mode.value,
        opened_at=now,
        expires_at=now + LASTS,
    )
    session.add(visit)
    session.flush()  # redemptions refer to it by Core statements
    return visit


def current(session: Session, actor: Actor, visit_id: UUID) -> Visit:
    """The visit, if it is this till's and has not run out; otherwise VisitOver."""
    visit = session.scalar(
        sa.select(Visit).where(
            Visit.id == visit_id, Visit.branch_id == actor.branch(), Visit.till_id == actor.till()
        )
    )
    if visit is None or visit.expires_at <= session.clock.now():
        raise VisitOver
    return visit


def member_at(session: Session, actor: Actor, visit_id: UUID) -> Member | None:
    """The member of a visit that is open at this till; None when it is over."""
    return session.scalar(
        sa.select(Member)
        .join(Visit, Visit.member_id == Member.id)
        .where(
            Visit.id == visit_id,
            Visit.till_id == actor.till(),
            Visit.claim_id.is_(None),
            Visit.expires_at > session.clock.now(),
        )
    )


def judge_proof(session: Session, visit: Visit, points: Points) -> None:
    """Refuse more points than this kind of proof is good for, with what it took already (ProofTooWeak)."""
    limit = POINTS_MAX.get(Proof(visit.proof))
    if limit is None:
        return
    # Two tills that ask at once must see each other's answer: the second one waits here for the first.
    ledger.lock_member(session, MemberId(visit.member_id))
    taken = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(RedemptionLine.points), 0))
        .join(Redemption, Redemption.id == RedemptionLine.redemption_id)
        .join(Visit, Visit.id == RedemptionLine.visit_id)
        .where(
            Redemption.member_id == visit.member_id,
            Redemption.opened_at > session.clock.now() - A_DAY,
            Redemption.status.in_([RedemptionStatus.RESERVED.value, RedemptionStatus.COMPLETED.value]),
            Visit.proof == visit.proof,
        )
    )
    if int(taken or 0) + points > limit:
        raise ProofTooWeak(limit=limit)
