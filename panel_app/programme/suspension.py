"""Suspending a member: points are still earned, none can be spent, and what is reserved is released at once."""

import sqlalchemy as sa

import ledger
from ledger import HoldExpired, HoldId, HoldStatus, MemberId, NotFound, Session
from panel_app.programme import audit, reservations
from panel_app.programme.access import Actor, Permission
from panel_app.programme.giving_back import ReleaseReason
from panel_app.programme.models import Member, Redemption
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import MemberStatus, RedemptionStatus


def suspend(session: Session, actor: Actor, member_id: MemberId) -> None:
    """Suspend an active member, and cancel what is reserved at any till; NotFound for any other."""
    step = Step(operation="member.suspend", permission=Permission.ADMINISTER)
    plain(session, actor, step, lambda: suspend_and_release(session, actor, member_id))


def suspend_and_release(session: Session, actor: Actor, member_id: MemberId) -> None:
    """The same within another step."""
    open_ones = session.scalars(
        sa.select(Redemption)
        .where(Redemption.member_id == member_id, Redemption.status == RedemptionStatus.RESERVED.value)
        .with_for_update()
    ).all()
    suspended = session.execute(
        sa.update(Member)
        .where(Member.id == member_id, Member.status == MemberStatus.ACTIVE.value)
        .values(status=MemberStatus.SUSPENDED.value)
        .returning(Member.id)
    ).one_or_none()
    if suspended is None:
        raise NotFound(what="active member")
    for redemption in open_ones:
        reservations.cancel(session, actor, redemption, ReleaseReason.MEMBER_SUSPENDED)
    loose = _release_loose(session, actor, member_id)
    audit.record(session, actor, "member.suspended", member_id=member_id, released=len(open_ones) + loose)


def _release_loose(session: Session, actor: Actor, member_id: MemberId) -> int:
    """Release what other surfaces hold, which belongs to no redemption; gives how many."""
    holds = ledger.metadata.tables["holds"].c
    loose = session.scalars(
        sa.select(holds.id).where(
            holds.member_id == member_id, holds.status == HoldStatus.HELD.value, holds.booking_id.is_(None)
        )
    ).all()
    for hold_id in loose:
        try:
            reason = ReleaseReason.MEMBER_SUSPENDED.value
            ledger.release_hold(session, actor.origin(), HoldId(hold_id), reason=reason)
        except HoldExpired:
            ledger.expire_hold(session, actor.origin(), HoldId(hold_id))
    return len(loose)
