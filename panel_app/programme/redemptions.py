"""The spine: price accepted → hold → amount due → confirm (capture, tenders, stock, booking) → receipt.

Read this first. One function a step, each exactly one database transaction; none knows HTTP. The redemption row
is the state machine: reserved → completed, cancelled or expired. What comes before it, from a code to a price,
is in counter.py; scanning never holds anything.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import (
    Entry,
    HoldExpired,
    HoldId,
    MemberId,
    Minor,
    NotEnoughPoints,
    Points,
    PointsNotYetPosted,
    Refusal,
    Session,
)
from panel_app.programme import (
    audit,
    branches,
    catalogue,
    claims,
    limits,
    members,
    opening,
    receipts,
    reservations,
    stock,
    tenders,
    voucher_tenders,
)
from panel_app.programme.access import Actor, Permission
from panel_app.programme.baskets import Order
from panel_app.programme.giving_back import ReleaseReason
from panel_app.programme.models import Member, Redemption
from panel_app.programme.refusals import (
    InvalidInput,
    RedemptionClosed,
    RedemptionExpired,
    TendersDoNotAddUp,
)
from panel_app.programme.reservations import HOLD_LASTS
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Concerned, Keyed, Step, keyed, outcome_of, plain
from panel_app.programme.terms import FulfilmentStatus, Receipt, RedemptionStatus, Reservation, TenderGiven
from panel_app.programme.voucher_terms import VoucherGiven

HOLD_LASTS_MAX = timedelta(minutes=10)
# How long after its expiry Confirm may still try a fresh hold; later the cash is given back.
TAKEN_UP_AGAIN_WITHIN = timedelta(minutes=10)
SHOP_RECEIPT_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What Confirm is given: how the cash was paid, and the number of the shop's own receipt."""

    booking_id: str
    tenders: Sequence[TenderGiven] = ()
    vouchers: Sequence[VoucherGiven] = ()  # those that no till put on the redemption before
    shop_receipt: str | None = None


def reserve(session: Session, actor: Actor, key: str, order: Order) -> Reservation:
    """The price is accepted: hold the points, take the claim to this till, reserve the stock."""
    step = replace(RESERVE, concerned=Concerned())

    def run() -> Reservation:
        proven_by = opening.visits_of(session, actor, order)
        step.concerned.member_id = opening.member_of(proven_by)
        redemption, balance_before = opening.open_redemption(session, actor, proven_by, order)
        return reservations.reservation_of(session, redemption, balance_before)

    return keyed(session, actor, step, Keyed(key=key, body=order), Reservation, run)


def confirm(session: Session, actor: Actor, key: str, payment: Payment) -> Receipt:
    """Take the points and post the cash in one step; from here on the goods may be handed over."""
    step = replace(CONFIRM, booking_id=payment.booking_id, concerned=Concerned())

    def run() -> Receipt:
        redemption = reservations.lock(session, actor, payment.booking_id)
        step.concerned.member_id = MemberId(redemption.member_id)
        return complete(session, actor, redemption, payment)

    return keyed(session, actor, step, Keyed(key=key, body=payment), Receipt, run)


def redeem_at_once(session: Session, actor: Actor, key: str, order: Order) -> Receipt:
    """Reserve and confirm in one request, for what has nothing left to pay at the counter."""
    step = replace(AT_ONCE, concerned=Concerned())

    def run() -> Receipt:
        proven_by = opening.visits_of(session, actor, order)
        step.concerned.member_id = opening.member_of(proven_by)
        redemption, _balance = opening.open_redemption(session, actor, proven_by, order)
        if redemption.points_due or redemption.cash_due:
            raise TendersDoNotAddUp(
                due=Minor(redemption.cash_due), given=Minor(0), currency=redemption.currency
            )
        return complete(session, actor, redemption, Payment(booking_id=redemption.booking_id))

    return keyed(session, actor, step, Keyed(key=key, body=order), Receipt, run)


def renew(session: Session, actor: Actor, booking_id: str) -> datetime:
    """The page is still open: extend the hold, up to ten minutes after it was placed. Gives the new expiry."""

    def run() -> datetime:
        redemption = reservations.lock(session, actor, booking_id)
        now = session.clock.now()
        if redemption.status != RedemptionStatus.RESERVED.value or redemption.expires_at <= now:
            raise RedemptionClosed(booking_id=booking_id, status=redemption.status)
        until = min(now + HOLD_LASTS, redemption.opened_at + HOLD_LASTS_MAX)
        if until > redemption.expires_at:
            if redemption.hold_id is not None:
                origin = actor.origin(booking_id=booking_id)
                ledger.extend_hold(session, origin, HoldId(redemption.hold_id), until=until)
            redemption.expires_at = until
        return redemption.expires_at

    step = Step(operation="redemption.renew", permission=Permission.REDEEM, booking_id=booking_id)
    return plain(session, actor, step, run)


def cancel(session: Session, actor: Actor, booking_id: str) -> None:
    """Before Confirm: release the points, the claim and the stock. Cancelling again does nothing more."""

    def run() -> None:
        redemption = reservations.lock(session, actor, booking_id)
        match RedemptionStatus(redemption.status):
            case RedemptionStatus.RESERVED:
                reservations.cancel(session, actor, redemption, ReleaseReason.CANCELLED)
            case RedemptionStatus.CANCELLED | RedemptionStatus.EXPIRED:
                return
            case status:
                raise RedemptionClosed(booking_id=booking_id, status=status.value)

    step = Step(operation="redemption.cancel", permission=Permission.REDEEM, booking_id=booking_id)
    plain(session, actor, step, run)


def expire_due(session: Session, actor: Actor, *, limit: int = 100) -> int:
    """Close what has run out, with its hold, claim and stock; gives how many. Safe in many copies."""

    def run() -> int:
        overdue = session.scalars(
            sa.select(Redemption)
            .where(
                Redemption.status == RedemptionStatus.RESERVED.value,
                Redemption.expires_at <= session.now_sql(),
            )
            .order_by(Redemption.expires_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for redemption in overdue:
            reservations.expire(session, actor, redemption)
        if len(overdue) == limit:
            # More are waiting; their holds are closed with them, in the next round.
            return len(overdue)
        return len(overdue) + len(ledger.expire_holds(session, actor.origin(), limit=limit))

    return plain(session, actor, Step(operation="redemption.expire", permission=Permission.EXPIRE), run)


def outcome_of_key(session: Session, actor: Actor, key: str) -> Receipt | Reservation | None:
    """“Did it go through?”: what became of a key at this till; None when nothing is known of it."""
    return (
        outcome_of(session, actor, CONFIRM, key, Receipt)
        or outcome_of(session, actor, AT_ONCE, key, Receipt)
        or outcome_of(session, actor, RESERVE, key, Reservation)
    )


RESERVE = Step(operation="redemption.reserve", permission=Permission.REDEEM)
CONFIRM = Step(operation="redemption.confirm", permission=Permission.REDEEM)
AT_ONCE = Step(operation="redemption.at_once", permission=Permission.REDEEM)


def complete(session: Session, actor: Actor, redemption: Redemption, payment: Payment) -> Receipt:
    """Confirm's effects on a locked redemption, within a step of the counter or of another surface."""
    _judge_open(session, actor, redemption, payment)
    branch = branches.branch_by_id(session, redemption.branch_id)
    voucher_tenders.hold_named(session, actor, redemption, branch, payment.vouchers)
    cash = tenders.accept(session, redemption, branch, payment.tenders)
    entry = _capture(session, actor, redemption, cash)
    redemption.status = RedemptionStatus.COMPLETED.value
    redemption.entry_id = entry.id
    redemption.confirmed_by = actor.operator_id
    redemption.shop_receipt = payment.shop_receipt or None
    redemption.closed_at = session.clock.now()
    lines = reservations.lines_of(session, redemption)
    for line in lines:
        line.fulfilment = FulfilmentStatus.DELIVERED.value
    for line, claim_id in claims.in_order(lines):
        claims.spend(session, claim_id, redemption.id, line.units)
    for line in stock.in_order(lines):
        stock.issue(session, redemption.branch_id, line.reward_id, line.units, redemption.id)
    session.flush()  # the receipt below is read back from the rows
    _tell(session, actor, redemption)
    return receipts.receipt_of(session, redemption)


def _judge_open(session: Session, actor: Actor, redemption: Redemption, payment: Payment) -> None:
    shop_receipt = payment.shop_receipt or ""
    if len(shop_receipt) > SHOP_RECEIPT_LENGTH_MAX or "\x00" in shop_receipt:
        raise InvalidInput(field="shop_receipt", rule=Rule.LENGTH_AT_MOST, high=SHOP_RECEIPT_LENGTH_MAX)
    member = session.get_one(Member, redemption.member_id)
    members.judge_own_account(session, actor, member)
    if redemption.entry_id is None:
        members.judge_status(
            member
        )  # who was suspended meanwhile spends nothing, and that is the reason to tell
    if redemption.status not in (RedemptionStatus.RESERVED.value, RedemptionStatus.EXPIRED.value):
        raise RedemptionClosed(booking_id=redemption.booking_id, status=redemption.status)
    if session.clock.now() > redemption.expires_at + TAKEN_UP_AGAIN_WITHIN:
        raise RedemptionExpired(booking_id=redemption.booking_id)
    if redemption.status == RedemptionStatus.EXPIRED.value:
        _take_up_again(session, actor, redemption)


def _take_up_again(session: Session, actor: Actor, redemption: Redemption) -> None:
    """The sweeper was faster than Confirm: hold everything afresh, or say that the cash goes back."""
    try:
        units: Counter[UUID] = Counter()
        lines = reservations.lines_of(session, redemption)
        claims.lock(session, [claim_id for _line, claim_id in claims.in_order(lines)])
        for line in lines:
            if line.claim_id is None:  # a claim was counted when it was made
                units[line.reward_id] += line.units
        for reward_id, count in units.items():
            reward = catalogue.reward_by_id(session, reward_id)
            limits.judge(session, redemption.member_id, reward, count)
        reservations.hold_everything(session, actor, redemption)
    except Refusal:  # whatever happened to the points, the claim, the stock or the limit meanwhile
        raise RedemptionExpired(booking_id=redemption.booking_id) from None


def _capture(session: Session, actor: Actor, redemption: Redemption, cash: Sequence[ledger.CashLeg]) -> Entry:
    """One entry with the points, the cash legs and what was charged at the claim.

    Expiry is decided by the database's clock inside the capture. A hold that ran out under the operator's hands
    gets one fresh hold in the same step; cash alone never extends one.
    """
    origin = actor.origin(booking_id=redemption.booking_id)
    claim_points = Points(redemption.claim_points)
    if redemption.hold_id is None:
        member_id = MemberId(redemption.member_id)
        return ledger.settle_claim(session, origin, member_id=member_id, points=claim_points, cash=cash)
    try:
        return ledger.capture_hold(
            session, origin, HoldId(redemption.hold_id), cash=cash, claim_points=claim_points
        )
    except HoldExpired:
        ledger.expire_hold(session, origin, HoldId(redemption.hold_id))
    try:
        fresh = reservations.hold_points(session, actor, redemption)
    except (NotEnoughPoints, PointsNotYetPosted):
        raise RedemptionExpired(booking_id=redemption.booking_id) from None
    redemption.hold_id = fresh.id
    return ledger.capture_hold(session, origin, fresh.id, cash=cash, claim_points=claim_points)


def _tell(session: Session, actor: Actor, redemption: Redemption) -> None:
    member_id = MemberId(redemption.member_id)
    audit.record(
        session,
        actor,
        "redemption.confirmed",
        member_id=member_id,
        booking_id=redemption.booking_id,
        points=redemption.points_due + redemption.claim_points,
        cash=redemption.cash_due,
        entry=redemption.entry_id,
    )
    audit.event(
        session,
        "redemption.completed",
        member_id,
        booking_id=redemption.booking_id,
        points=redemption.points_due + redemption.claim_points,
    )
