"""At the amount due: a voucher is put on the open redemption and taken off again. Confirm spends it: redemptions.py.

A voucher pays what is still due, up to its amount; it gives no change, so the rest of it is lost with Confirm.
"""

from collections.abc import Sequence
from uuid import UUID

from ledger import MemberId, Minor, Refusal, Session
from panel_app.programme import audit, branches, reservations, vouchers, wrong_codes
from panel_app.programme.access import Actor, Permission
from panel_app.programme.code_refusals import VoucherNotNeeded
from panel_app.programme.models import Branch, Redemption, Voucher
from panel_app.programme.refusals import (
    HeldElsewhere,
    InvalidInput,
    RedemptionClosed,
    TenderNotAccepted,
)
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import EntryMode, RedemptionStatus, Reservation, TenderType
from panel_app.programme.voucher_terms import VoucherGiven

VOUCHERS_MAX = 8


def add(session: Session, actor: Actor, booking_id: str, code: str) -> Reservation:
    """Put a typed voucher on an open redemption of this till; putting it on again changes nothing.

    Raises NotFound, RedemptionClosed, TenderNotAccepted, VoucherUnknown, CodeNotIssuedYet, VoucherUsed,
    HeldElsewhere, VoucherExpired, VoucherOtherCurrency, VoucherNotNeeded, InvalidInput, or TooManyAttempts.
    """

    def run() -> Reservation:
        wrong_codes.judge(session, actor, EntryMode.TYPED)
        redemption = _open(session, actor, booking_id)
        branch = branches.branch_by_id(session, redemption.branch_id)
        _judge_accepted(branch)
        voucher = vouchers.by_code(session, code)
        held = vouchers.held_by(session, redemption.id)
        if voucher.id not in {one.id for one in held}:
            vouchers.judge(session, voucher, redemption, branch)
            if len(held) >= VOUCHERS_MAX:
                raise InvalidInput(field="tenders", rule=Rule.AT_MOST, high=VOUCHERS_MAX)
            due = still_due(session, redemption)
            if due <= 0:
                raise VoucherNotNeeded
            _hold(session, actor, redemption, voucher, branch, Minor(min(voucher.amount, due)))
        return _as_it_stands(session, actor, redemption)

    def count(refusal: Refusal) -> None:
        wrong_codes.count_refused(session, actor, EntryMode.TYPED, refusal)

    step = Step(
        operation="voucher.add", permission=Permission.REDEEM, booking_id=booking_id, on_refusal=count
    )
    return plain(session, actor, step, run)


def take_off(session: Session, actor: Actor, booking_id: str, voucher_id: UUID) -> Reservation:
    """Take a voucher off again, unspent; those that stay may pay more."""

    def run() -> Reservation:
        redemption = _open(session, actor, booking_id)
        vouchers.let_go(session, voucher_id, redemption.id)
        for one in vouchers.held_by(session, redemption.id):
            more = min(one.amount - one.taken, still_due(session, redemption))
            vouchers.pay_more(session, one.id, redemption.id, one.taken + more)
        return _as_it_stands(session, actor, redemption)

    step = Step(operation="voucher.take_off", permission=Permission.REDEEM, booking_id=booking_id)
    return plain(session, actor, step, run)


def hold_named(
    session: Session, actor: Actor, redemption: Redemption, branch: Branch, given: Sequence[VoucherGiven]
) -> None:
    """Hold the vouchers that Confirm names itself, within its step, which spends them.

    Raises as add() does, and InvalidInput for one that is to pay more than it is worth.
    """
    named: set[UUID] = set()
    # In one order everywhere: two bookings may name the same vouchers.
    for one in sorted(given, key=lambda voucher: voucher.code):
        _judge_accepted(branch)
        voucher = vouchers.by_code(session, one.code)
        vouchers.judge(session, voucher, redemption, branch)
        if voucher.id in named:
            raise InvalidInput(field="reference", rule=Rule.ONCE)
        if one.amount > voucher.amount:
            raise InvalidInput(field="amount_minor", rule=Rule.AT_MOST, high=voucher.amount)
        _hold(session, actor, redemption, voucher, branch, one.amount)
        named.add(voucher.id)


def still_due(session: Session, redemption: Redemption) -> Minor:
    """What the vouchers of a redemption leave to be paid."""
    return Minor(redemption.cash_due - sum(one.taken for one in vouchers.held_by(session, redemption.id)))


def _open(session: Session, actor: Actor, booking_id: str) -> Redemption:
    redemption = reservations.lock(session, actor, booking_id)
    is_over = redemption.expires_at <= session.clock.now()
    if redemption.status != RedemptionStatus.RESERVED.value or is_over:
        raise RedemptionClosed(booking_id=booking_id, status=redemption.status)
    return redemption


def _judge_accepted(branch: Branch) -> None:
    if TenderType.VOUCHER.value not in branch.tender_types:
        raise TenderNotAccepted(tender=TenderType.VOUCHER.value)


def _hold(
    session: Session, actor: Actor, redemption: Redemption, voucher: Voucher, branch: Branch, taken: Minor
) -> None:
    if not vouchers.take(session, voucher, redemption.id, taken):
        # Another till was faster since we judged it: what it did is the reason.
        session.refresh(voucher)
        vouchers.judge(session, voucher, redemption, branch)
        raise HeldElsewhere(branch="", till=None, seconds_left=0)
    audit.record(
        session,
        actor,
        "voucher.held",
        member_id=MemberId(redemption.member_id),
        booking_id=redemption.booking_id,
        voucher=voucher.id,
        taken=taken,
        lost=voucher.amount - taken,
    )


def _as_it_stands(session: Session, actor: Actor, redemption: Redemption) -> Reservation:
    return reservations.by_booking_id(session, actor, redemption.booking_id)
