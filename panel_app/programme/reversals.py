"""After Confirm: the operator's undo within a minute, and the manager's reversal. Each makes one entry, once.

Both go back the way they came: points with their old expiry, cash by its tender. An undo also gives the claim back,
to be redeemed again; a reversal ends its units. Knows no HTTP, and no parts: a redemption is reversed whole.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

import ledger
from ledger import Charge, Entry, EntryId, MemberId, NotFound, Points, Session
from panel_app.programme import audit, claims, members, receipts, reservations, stock, vouchers
from panel_app.programme.access import Actor, Permission
from panel_app.programme.giving_back import GRACE, MANAGERS_REASONS, Goods, ReversalReason
from panel_app.programme.models import Claim, Member, Redemption, RedemptionLine
from panel_app.programme.refusals import InvalidInput, NotAllowed, RedemptionClosed, UndoOver
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Concerned, Keyed, Step, keyed
from panel_app.programme.terms import FulfilmentStatus, Receipt, RedemptionStatus

UNDO_WITHIN = timedelta(seconds=60)
UNDO = Step(operation="redemption.undo", permission=Permission.UNDO)
REVERSE = Step(operation="redemption.reverse", permission=Permission.REVERSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    booking_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What a manager says of it: why, and whether the goods lie on the shelf again."""

    booking_id: str
    reason: ReversalReason
    goods: Goods


def undo(session: Session, actor: Actor, key: str, wanted: Undo) -> Receipt:
    """The operator who confirmed takes it back at the same till, within a minute.

    Raises NotFound, RedemptionClosed, NotAllowed for another operator's, UndoOver.
    """
    step = replace(UNDO, booking_id=wanted.booking_id, concerned=Concerned())

    def run() -> Receipt:
        redemption = reservations.lock(session, actor, wanted.booking_id)
        step.concerned.member_id = MemberId(redemption.member_id)
        confirmed_at = judge_completed(redemption)
        if redemption.confirmed_by != actor.operator_id:
            raise NotAllowed(permission=Permission.REVERSE.value)
        if session.clock.now() > confirmed_at + UNDO_WITHIN:
            raise UndoOver(seconds=int(UNDO_WITHIN.total_seconds()))
        return _undone(session, actor, redemption)

    return keyed(session, actor, step, Keyed(key=key, body=wanted), Receipt, run)


def reverse(session: Session, actor: Actor, key: str, wanted: Reversal) -> Receipt:
    """A manager reverses a booking of the branch, whenever it was confirmed.

    Raises NotFound, RedemptionClosed, OwnAccount for the manager's own.
    """
    step = replace(REVERSE, booking_id=wanted.booking_id, concerned=Concerned())

    def run() -> Receipt:
        if wanted.reason not in MANAGERS_REASONS:
            raise InvalidInput(field="reason", rule=Rule.CHOICE)
        redemption = _lock_in_branch(session, actor, wanted.booking_id)
        step.concerned.member_id = MemberId(redemption.member_id)
        judge_completed(redemption)
        members.judge_own_account(session, actor, session.get_one(Member, redemption.member_id))
        return reversed_whole(session, actor, redemption, wanted)

    return keyed(session, actor, step, Keyed(key=key, body=wanted), Receipt, run)


def undo_seconds(session: Session, actor: Actor, redemption: Redemption) -> int:
    """For how many seconds more the actor may undo it; 0 when not at all."""
    is_own = redemption.confirmed_by is not None and redemption.confirmed_by == actor.operator_id
    is_done = redemption.status == RedemptionStatus.COMPLETED.value
    if Permission.UNDO not in actor.permissions or not is_own or not is_done:
        return 0
    left = judge_completed(redemption) + UNDO_WITHIN - session.clock.now()
    return max(0, int(left.total_seconds()))


def _lock_in_branch(session: Session, actor: Actor, booking_id: str) -> Redemption:
    """As reservations.lock(), at whatever till of the branch it was made."""
    redemption = session.scalar(
        sa.select(Redemption)
        .where(Redemption.booking_id == booking_id, Redemption.branch_id == actor.branch())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if redemption is None:
        raise NotFound(what="booking")
    return redemption


def judge_completed(redemption: Redemption) -> datetime:
    """When it was confirmed. A second reversal is refused here, whoever made the first."""
    if redemption.status != RedemptionStatus.COMPLETED.value or redemption.closed_at is None:
        raise RedemptionClosed(booking_id=redemption.booking_id, status=redemption.status)
    return redemption.closed_at


def _undone(session: Session, actor: Actor, redemption: Redemption) -> Receipt:
    done = Reversal(booking_id=redemption.booking_id, reason=ReversalReason.UNDONE, goods=Goods.RETURNED)
    lines = reservations.lines_of(session, redemption)
    before = ledger.Savepoint(session)
    if not all(claims.unspend(session, line) for line, _claim_id in claims.in_order(lines)):
        # A claim has gone on meanwhile and can't take its units back: the points of all go to the member.
        before.undo()
        return reversed_whole(session, actor, redemption, done)
    origin = actor.origin(booking_id=redemption.booking_id)
    entry = ledger.undo_entry(session, origin, _entry_id(redemption), reason=done.reason.value, grace=GRACE)
    return _close(session, actor, redemption, entry, done)


def reversed_whole(session: Session, actor: Actor, redemption: Redemption, wanted: Reversal) -> Receipt:
    """The effects of a reversal on a locked, completed redemption, within a step."""
    entry = ledger.reverse_entry(
        session,
        actor.origin(booking_id=redemption.booking_id),
        _entry_id(redemption),
        reason=wanted.reason.value,
        grace=GRACE,
        charges=_charges(session, redemption),
    )
    return _close(session, actor, redemption, entry, wanted)


def _entry_id(redemption: Redemption) -> EntryId:
    if redemption.entry_id is None:
        raise AssertionError("a completed redemption has its entry")
    return EntryId(redemption.entry_id)


def _charges(session: Session, redemption: Redemption) -> list[Charge]:
    """Which entries took the points that its claims were charged, so that they find their lots."""
    charges = session.execute(
        sa.select(Claim.charge_entry_id, RedemptionLine.points)
        .join(RedemptionLine, RedemptionLine.claim_id == Claim.id)
        .where(RedemptionLine.redemption_id == redemption.id, Claim.charge_entry_id.is_not(None))
        .order_by(RedemptionLine.number)
    )
    return [Charge(entry_id=EntryId(entry), points=Points(points)) for entry, points in charges if entry]


def _close(session: Session, actor: Actor, redemption: Redemption, entry: Entry, wanted: Reversal) -> Receipt:
    redemption.status = RedemptionStatus.REVERSED.value
    lines = reservations.lines_of(session, redemption)
    if wanted.goods is Goods.RETURNED:
        for line in lines:
            line.fulfilment = FulfilmentStatus.CANCELLED.value
    vouchers.restore(session, redemption.id)
    session.flush()  # the receipt below is read back from the rows; stock, which tills share, comes last
    if wanted.goods is Goods.RETURNED:
        for line in stock.in_order(lines):
            stock.take_back(session, redemption.branch_id, line.reward_id, line.units, redemption.id)
    points = redemption.points_due + redemption.claim_points
    member_id = MemberId(redemption.member_id)
    audit.record(
        session,
        actor,
        "redemption.undone" if wanted.reason is ReversalReason.UNDONE else "redemption.reversed",
        member_id=member_id,
        booking_id=redemption.booking_id,
        points=points,
        cash=redemption.cash_due,
        entry=entry.id,
        why=wanted.reason.value,
        goods=wanted.goods.value,
    )
    audit.event(session, "redemption.reversed", member_id, booking_id=redemption.booking_id, points=points)
    return receipts.receipt_of(session, redemption)
