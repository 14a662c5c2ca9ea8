"""A visit: a fresh proof, bound to one till for five minutes, which every burn of a member's points needs."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from ledger import Points, Session, new_id
from panel_app.programme.access import Actor
from panel_app.programme.models import Member, Visit
from panel_app.programme.refusals import ProofTooWeak, VisitOver
from panel_app.programme.terms import EntryMode, Proof

LASTS = timedelta(minutes=5)

# A printed card can be copied and a typed code read over a shoulder: they take this many points at most.
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


def judge_proof(visit: Visit, points: Points) -> None:
    """Refuse more points than the visit's proof is good for (ProofTooWeak)."""
    limit = POINTS_MAX.get(Proof(visit.proof))
    if limit is not None and points > limit:
        raise ProofTooWeak(limit=limit)
