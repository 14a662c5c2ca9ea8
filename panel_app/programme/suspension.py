"""Suspending a member: points are still earned, none can be spent, and what is reserved is released at once."""

import sqlalchemy as sa

from ledger import MemberId, NotFound, Session
from panel_app.programme import audit, reservations
from panel_app.programme.access import Actor, Permission
from panel_app.programme.giving_back import ReleaseReason
from panel_app.programme.models import Member, Redemption
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import MemberStatus, RedemptionStatus


def suspend(session: Session, actor: Actor, member_id: MemberId) -> None:
    """Suspend an active member, and cancel what is reserved at any till; NotFound for any other."""

    def run() -> None:
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
        audit.record(session, actor, "member.suspended", member_id=member_id, released=len(open_ones))

    plain(session, actor, Step(operation="member.suspend", permission=Permission.ADMINISTER), run)
