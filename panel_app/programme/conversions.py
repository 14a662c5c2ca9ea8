"""Points into a voucher, or to a partner programme: held, deducted, then fulfilled; or given back. Knows no HTTP.

Nothing is given for points before their deduction is committed, so each step is a transaction of its own, and a
process may die between any two. The row says how far it came: the same request again goes on from there, and else
the sweeper gives the points back. What is held is released, what was deducted is reversed; the row's one lock and
its state let only one of them happen, once. Locks in this order: the conversion, the member's points, the voucher.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import EntryId, HoldExpired, HoldId, MemberId, NotFound, Origin, Points, Session, new_id
from panel_app.programme import audit, members, reservations, voucher_lists
from panel_app.programme.access import Actor, Permission
from panel_app.programme.conversion_terms import (
    ConversionClosed,
    ConversionFailure,
    ConversionKind,
    ConversionStatus,
)
from panel_app.programme.giving_back import GRACE
from panel_app.programme.models import Conversion
from panel_app.programme.programme_facts import tag_of
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import MemberStatus
from scanner import new_booking_id

# From the hold to the deduction, and from there to the voucher: longer than any retry of a program that still asks.
STEP_LASTS = timedelta(seconds=120)
# A partner programme that has not answered by then is taken to have refused.
PARTNER_ANSWERS_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the points are for: a voucher of a reward, or a partner programme by its name."""

    member_id: MemberId
    points: Points
    reference: str
    reward_id: UUID | None = None
    partner: str | None = None


def reserve(session: Session, actor: Actor, order: Order) -> Conversion:
    """The first step's effects: the points are held. Raises NotEnoughPoints, PointsNotYetPosted."""
    booking_id = new_booking_id(tag_of(session)).text
    origin = actor.origin(booking_id=booking_id, reference=order.reference)
    hold = reservations.with_overdue_closed(
        session,
        actor,
        order.member_id,
        lambda: ledger.place_hold(
            session, origin, member_id=order.member_id, points=order.points, ttl=STEP_LASTS
        ),
    )
    conversion = Conversion(
        id=new_id(),
        booking_id=booking_id,
        kind=(ConversionKind.TRANSFER if order.reward_id is None else ConversionKind.VOUCHER).value,
        status=ConversionStatus.RESERVED.value,
        member_id=order.member_id,
        reward_id=order.reward_id,
        partner=order.partner,
        points=order.points,
        client=actor.client,
        source=actor.source,
        branch_id=actor.branch_id,
        reference=order.reference,
        hold_id=hold.id,
        opened_at=hold.created_at,
        expires_at=hold.expires_at,
    )
    session.add(conversion)
    _record(session, actor, conversion)
    return conversion


def deduct(session: Session, actor: Actor, booking_id: str) -> None:
    """The second step: take what is held, or give it back at once when it can't become what was asked for."""

    def run() -> None:
        conversion = lock(session, booking_id)
        if conversion.status != ConversionStatus.RESERVED.value:
            return  # the step was done before
        failure = _hindrance(session, conversion) or _take(session, actor, conversion)
        if failure is not None:
            fail(session, actor, conversion, failure)

    step = Step(operation="conversion.deduct", permission=Permission.MOVE_POINTS, booking_id=booking_id)
    plain(session, actor, step, run)


def draw_voucher(session: Session, actor: Actor, conversion: Conversion) -> None:
    """The last step's effects, of a locked conversion into a voucher; of any other state they are none."""
    if conversion.status != ConversionStatus.DEDUCTED.value or conversion.reward_id is None:
        return
    if voucher_lists.draw(session, conversion.reward_id, conversion.id):
        _fulfil(session, actor, conversion)
    else:
        # It was there when the points were taken; others have drawn it since.
        fail(session, actor, conversion, ConversionFailure.NO_VOUCHER_LEFT)


def answered(
    session: Session, actor: Actor, conversion: Conversion, failure: ConversionFailure | None
) -> None:
    """The partner's answer to a locked transfer: it has the points, or the `failure`. Raises ConversionClosed.

    It counts as long as nobody gave the points back, however late: who has them at the partner keeps them there.
    """
    if conversion.status != ConversionStatus.DEDUCTED.value:
        raise ConversionClosed(booking_id=conversion.booking_id, status=conversion.status)
    if failure is None:
        _fulfil(session, actor, conversion)
    else:
        fail(session, actor, conversion, failure)


def fail(session: Session, actor: Actor, conversion: Conversion, why: ConversionFailure) -> None:
    """Give the points of a locked, open conversion back: the one place where that is done."""
    origin = _origin(actor, conversion)
    if conversion.entry_id is None:
        _release(session, origin, HoldId(conversion.hold_id), why)
    else:
        taken = EntryId(conversion.entry_id)
        reversal = ledger.reverse_entry(session, origin, taken, reason=why.value, grace=GRACE)
        conversion.reversal_entry_id = reversal.id
    conversion.failure = why.value
    _close(session, conversion, ConversionStatus.FAILED)
    _record(session, actor, conversion, entry=conversion.reversal_entry_id, why=why.value)
    _tell(session, conversion, why=why.value)


def fail_overdue(session: Session, actor: Actor, *, limit: int = 50) -> int:
    """Give back what nobody went on with in time; gives how many. Safe in many copies.

    Each in a transaction of its own, faults raised at the end: one that can't be must not keep the others' points.
    """
    with ledger.read(session):
        overdue = sa.select(Conversion.booking_id).where(*_is_overdue(session))
        booking_ids = session.scalars(overdue.order_by(Conversion.expires_at).limit(limit)).all()
    given_back, faults = 0, []
    for booking_id in booking_ids:
        try:
            given_back += _fail_overdue(session, actor, booking_id)
        except Exception as fault:  # noqa: BLE001 - raised below
            session.rollback()
            faults.append(fault)
    if faults:
        raise ExceptionGroup(f"{given_back} conversions were given back, {len(faults)} could not be", faults)
    return given_back


def _fail_overdue(session: Session, actor: Actor, booking_id: str) -> int:
    def run() -> int:
        conversion = session.scalar(
            sa.select(Conversion)
            .where(Conversion.booking_id == booking_id, *_is_overdue(session))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if conversion is None:  # somebody else was faster
            return 0
        fail(session, actor, conversion, ConversionFailure.TIMED_OUT)
        return 1

    step = Step(operation="conversion.expire", permission=Permission.EXPIRE, booking_id=booking_id)
    return plain(session, actor, step, run)


def _is_overdue(session: Session) -> list[sa.ColumnElement[bool]]:
    return [Conversion.closed_at.is_(None), Conversion.expires_at <= session.now_sql()]


def lock(session: Session, booking_id: str) -> Conversion:
    """The conversion, its row locked until the step ends. Raises NotFound."""
    conversion = session.scalar(
        sa.select(Conversion)
        .where(Conversion.booking_id == booking_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if conversion is None:
        raise NotFound(what="conversion")
    return conversion


def _hindrance(session: Session, conversion: Conversion) -> ConversionFailure | None:
    """What is known before any point is taken."""
    if members.member_by_id(session, conversion.member_id).status != MemberStatus.ACTIVE.value:
        return ConversionFailure.MEMBER_SUSPENDED
    if conversion.reward_id is not None and not voucher_lists.left(session, conversion.reward_id):
        return ConversionFailure.NO_VOUCHER_LEFT
    return None


def _take(session: Session, actor: Actor, conversion: Conversion) -> ConversionFailure | None:
    """Capture the hold; time decides inside that statement."""
    origin, hold_id = _origin(actor, conversion), HoldId(conversion.hold_id)
    try:
        if conversion.partner is None:
            entry = ledger.capture_hold(session, origin, hold_id)
        else:
            entry = ledger.transfer_hold(session, origin, hold_id, partner=conversion.partner)
    except HoldExpired:
        return ConversionFailure.TIMED_OUT
    conversion.entry_id, conversion.status = entry.id, ConversionStatus.DEDUCTED.value
    waits = STEP_LASTS if conversion.partner is None else PARTNER_ANSWERS_WITHIN
    conversion.expires_at = session.clock.now() + waits
    _record(session, actor, conversion, entry=entry.id)
    return None


def _release(session: Session, origin: Origin, hold_id: HoldId, why: ConversionFailure) -> None:
    try:
        ledger.release_hold(session, origin, hold_id, reason=why.value)
    except HoldExpired:
        ledger.expire_hold(session, origin, hold_id)


def _fulfil(session: Session, actor: Actor, conversion: Conversion) -> None:
    _close(session, conversion, ConversionStatus.FULFILLED)
    _record(session, actor, conversion)
    _tell(session, conversion)


def _close(session: Session, conversion: Conversion, status: ConversionStatus) -> None:
    conversion.status = status.value
    conversion.closed_at = session.clock.now()


def _origin(actor: Actor, conversion: Conversion) -> Origin:
    """Whoever does the step, the sweeper too: it happened to what this booking holds."""
    origin = actor.origin(booking_id=conversion.booking_id, reference=conversion.reference)
    return replace(origin, branch_id=conversion.branch_id)


def _record(session: Session, actor: Actor, conversion: Conversion, **more: object) -> None:
    audit.record(
        session,
        actor,
        f"conversion.{conversion.status}",
        member_id=MemberId(conversion.member_id),
        booking_id=conversion.booking_id,
        points=conversion.points,
        **more,
    )


def _tell(session: Session, conversion: Conversion, **more: object) -> None:
    audit.event(
        session,
        f"conversion.{conversion.status}",
        MemberId(conversion.member_id),
        booking_id=conversion.booking_id,
        kind=conversion.kind,
        points=conversion.points,
        **more,
    )
