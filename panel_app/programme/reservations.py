"""What an open redemption holds, from when it is written to its release: claims, points and stock.

How it is written is in opening.py; the steps around it, and Confirm, are in redemptions.py. Locks are taken in one
order everywhere: the redemption, its claims by their ids, the member's points, and the stock that many tills share
last, by the rewards' ids.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import (
    Hold,
    HoldExpired,
    HoldId,
    MemberId,
    Minor,
    NotEnoughPoints,
    NotFound,
    Points,
    PointsNotYetPosted,
    Session,
)
from panel_app.programme import audit, branches, claim_rules, claims, members, receipts, stock, vouchers
from panel_app.programme.access import Actor
from panel_app.programme.giving_back import ReleaseReason
from panel_app.programme.line_refusals import about_line
from panel_app.programme.models import Claim, Member, Redemption, RedemptionLine
from panel_app.programme.overdue import overdue_of
from panel_app.programme.refusals import HeldElsewhere
from panel_app.programme.terms import (
    FulfilmentStatus,
    Money,
    RedemptionStatus,
    Reservation,
    TenderType,
)

T = TypeVar("T")

HOLD_LASTS = timedelta(seconds=120)
# Holds of other surfaces that one step closes for a member; a member has few.
LOOSE_HOLDS_MAX = 20


def open_at_till(session: Session, actor: Actor) -> Reservation | None:
    """What this till has reserved and not yet confirmed, for a page that was loaded again."""
    redemption = session.scalar(
        sa.select(Redemption)
        .where(
            Redemption.branch_id == actor.branch(),
            Redemption.till_id == actor.till(),
            Redemption.status == RedemptionStatus.RESERVED.value,
            Redemption.expires_at > session.clock.now(),
        )
        .order_by(Redemption.opened_at.desc())
        .limit(1)
    )
    return None if redemption is None else _as_it_stands(session, redemption)


def by_booking_id(session: Session, actor: Actor, booking_id: str) -> Reservation:
    """A redemption of this branch as the amount-due page shows it; NotFound elsewhere."""
    return _as_it_stands(session, receipts.by_booking_id(session, booking_id, actor.branch()))


def _as_it_stands(session: Session, redemption: Redemption) -> Reservation:
    available = ledger.balance_of(session, MemberId(redemption.member_id)).available
    return reservation_of(session, redemption, Points(available + redemption.points_due))


def hold_everything(session: Session, actor: Actor, redemption: Redemption) -> None:
    """Take the claims, hold the points, reserve the stock: in this order, the lock that tills share last."""
    lines = lines_of(session, redemption)
    for line, claim_id in claims.in_order(lines):
        with about_line(line.number - 1, of=len(lines)):
            _take_claim(session, actor, redemption, claim_id)
    if redemption.points_due:
        hold = hold_points(session, actor, redemption)
        redemption.hold_id, redemption.expires_at = hold.id, hold.expires_at
    for line in stock.in_order(lines):
        with about_line(line.number - 1, of=len(lines)):
            stock.reserve(session, redemption.branch_id, line.reward_id, line.units, redemption.id)


def hold_points(session: Session, actor: Actor, redemption: Redemption) -> Hold:
    """Hold what the redemption costs."""
    member_id = MemberId(redemption.member_id)

    def place() -> Hold:
        return ledger.place_hold(
            session,
            actor.origin(booking_id=redemption.booking_id),
            member_id=member_id,
            points=Points(redemption.points_due),
            ttl=HOLD_LASTS,
        )

    return with_overdue_closed(session, actor, member_id, place, keep=redemption.id)


def with_overdue_closed(
    session: Session, actor: Actor, member_id: MemberId, take: Callable[[], T], *, keep: UUID | None = None
) -> T:
    """Take a member's points; on “not enough” what ran out of the member's is closed, and it is tried again."""
    try:
        return take()
    except (NotEnoughPoints, PointsNotYetPosted):
        overdue = overdue_of(session, member_id, keep)
        for redemption in overdue:
            expire(session, actor, redemption)
        loose = ledger.expire_holds(session, actor.origin(), limit=LOOSE_HOLDS_MAX, member_id=member_id)
        if not overdue and not loose:
            raise
    return take()


def _take_claim(session: Session, actor: Actor, redemption: Redemption, claim_id: UUID) -> None:
    if claims.take(session, claim_id, redemption.id):
        return
    # Another till was faster: what it did to the claim since we judged it is the reason.
    claim = session.get_one(Claim, claim_id, populate_existing=True)
    claim_rules.judge(session, actor, claim, branches.branch_by_id(session, redemption.branch_id), None)
    raise HeldElsewhere(branch="", till=None, seconds_left=0)


def cancel(session: Session, actor: Actor, redemption: Redemption, reason: ReleaseReason) -> None:
    """Give back everything a reserved redemption holds, because somebody said so; its row is locked."""
    _close(session, actor, redemption, RedemptionStatus.CANCELLED, reason)


def expire(session: Session, actor: Actor, redemption: Redemption) -> None:
    """The same because its time ran out."""
    _close(session, actor, redemption, RedemptionStatus.EXPIRED, ReleaseReason.RAN_OUT)


def _close(
    session: Session, actor: Actor, redemption: Redemption, status: RedemptionStatus, reason: ReleaseReason
) -> None:
    redemption.status = status.value
    redemption.closed_at = session.clock.now()
    lines = lines_of(session, redemption)
    for line in lines:
        line.fulfilment = FulfilmentStatus.CANCELLED.value
    session.flush()  # the row before the effects, as everywhere
    claims.give_back(session, redemption.id)
    if redemption.hold_id is not None:
        _release(session, actor, redemption, HoldId(redemption.hold_id), reason)
    for line in stock.in_order(lines):
        stock.release(session, redemption.branch_id, line.reward_id, line.units, redemption.id)
    audit.record(
        session,
        actor,
        f"redemption.{status.value}",
        member_id=MemberId(redemption.member_id),
        booking_id=redemption.booking_id,
        points=redemption.points_due,
    )


def _release(
    session: Session, actor: Actor, redemption: Redemption, hold_id: HoldId, reason: ReleaseReason
) -> None:
    # Whoever closes it, the sweeper too: it happened to what this branch and this till held.
    origin = actor.origin(booking_id=redemption.booking_id)
    origin = replace(origin, branch_id=redemption.branch_id, till_id=redemption.till_id)
    try:
        ledger.release_hold(session, origin, hold_id, reason=reason.value)
    except HoldExpired:
        ledger.expire_hold(session, origin, hold_id)


def lock(session: Session, actor: Actor, booking_id: str) -> Redemption:
    """The redemption of this till, its row locked until the step ends."""
    redemption = session.scalar(
        sa.select(Redemption)
        .where(
            Redemption.booking_id == booking_id,
            Redemption.branch_id == actor.branch(),
            Redemption.till_id == actor.till(),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if redemption is None:
        raise NotFound(what="booking")
    return redemption


def lines_of(session: Session, redemption: Redemption) -> Sequence[RedemptionLine]:
    return session.scalars(
        sa.select(RedemptionLine)
        .where(RedemptionLine.redemption_id == redemption.id)
        .order_by(RedemptionLine.number)
    ).all()


def reservation_of(session: Session, redemption: Redemption, balance_before: Points) -> Reservation:
    member = members.face_of(session, session.get_one(Member, redemption.member_id))
    branch = branches.branch_by_id(session, redemption.branch_id)
    return Reservation(
        booking_id=redemption.booking_id,
        status=RedemptionStatus(redemption.status),
        member=member,
        lines=receipts.lines_of(session, redemption),
        points_due=Points(redemption.points_due),
        cash_due=Money(amount=Minor(redemption.cash_due), currency=redemption.currency),
        balance_before=balance_before,
        balance_after=member.balance.available,
        opened_at=redemption.opened_at,
        expires_at=redemption.expires_at,
        tender_types=tuple(TenderType(tender) for tender in branch.tender_types),
        vouchers=vouchers.held_by(session, redemption.id),
    )
