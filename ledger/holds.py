"""Holds: one guarded transition each, held → captured | released | expired. Knows no redemptions.

Every step takes the member's balance row first and the hold second, so that two steps can't deadlock, and the
expiry is compared with one reading of the clock made after those locks. Nothing waits for a sweeper.

Order of checks: malformed → (replay of the key, by the caller) → not found → more than the hold → captured or
released → expired → not enough. On "not enough" the caller, who closes redemptions, expires the member's own
overdue holds with expire_holds(member_id=…) and tries once more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from ledger.accounts import open_for_cash, open_partner
from ledger.balances import not_enough
from ledger.database import Session
from ledger.due import run_settled, settle_member
from ledger.errors import HoldClosed, HoldExpired, MoreThanHold, NotFound
from ledger.hold_steps import EXPIRE, EXTEND, PLACE, RELEASE, TRANSFER, capture_part_step, capture_step
from ledger.ids import new_id
from ledger.journal import cash_arguments, debit_type, entry_arguments, entry_from, origin_arguments
from ledger.models import balances, holds
from ledger.steps import Step, Values
from ledger.terms import CashLeg, Entry, EntryType, Hold, HoldId, HoldStatus, MemberId, Origin, Points
from ledger.terms import points as whole_points

NO_POINTS = Points(0)
PART_REASON = "the rest of a part capture"
FINAL = {HoldStatus.CAPTURED, HoldStatus.RELEASED}


def place_hold(
    session: Session, origin: Origin, *, member_id: MemberId, points: Points, ttl: timedelta
) -> Hold:
    """Reserves points until `ttl` from the database's now.

    Raises NotFound, NotEnoughPoints, PointsNotYetPosted.
    """
    if whole_points(points) <= 0 or ttl <= timedelta(0):
        raise ValueError("a hold has at least one point and some time")
    hold_id = HoldId(new_id())
    values = {"hold_id": hold_id, "event_id": new_id(), "member_id": member_id, "points": points, "ttl": ttl}
    values |= {"expires_at": session.clock.now() + ttl, **origin_arguments(origin)}
    answers = run_settled(session, origin, member_id, lambda: PLACE.run(session, **values))
    if answers is None:
        raise not_enough(session, member_id, points)
    return Hold(
        id=hold_id,
        member_id=member_id,
        points=points,
        status=HoldStatus.HELD,
        created_at=answers["balance__at"],
        expires_at=answers["balance__expires_at"],
        closed_at=None,
        closing_entry_id=None,
        booking_id=origin.booking_id,
        branch_id=origin.branch_id,
        till_id=origin.till_id,
    )


def extend_hold(session: Session, origin: Origin, hold_id: HoldId, *, until: datetime) -> Hold:
    """Moves the expiry to `until`, never back. Raises NotFound, HoldClosed, HoldExpired."""
    _change(session, EXTEND, origin, hold_id, until=until)
    return hold_by_id(session, hold_id)


def release_hold(session: Session, origin: Origin, hold_id: HoldId, *, reason: str | None = None) -> Hold:
    """Gives the points back to their lots; what comes back to a lot that has run out expires at once.

    Raises NotFound, HoldClosed, HoldExpired.
    """
    answers = _change(session, RELEASE, origin, hold_id, reason=reason)
    _settle_returned(session, origin, answers)
    return hold_by_id(session, hold_id)


def capture_hold(
    session: Session,
    origin: Origin,
    hold_id: HoldId,
    *,
    cash: Sequence[CashLeg] = (),
    claim_points: Points = NO_POINTS,
    points: Points | None = None,
) -> Entry:
    """Takes the hold, the cash legs and claim points of the same visit, in one entry.

    All of the hold, or once `points` of it: the rest is released in the same step, with an event of its own.
    Raises NotFound, MoreThanHold, HoldClosed, HoldExpired.
    """
    if whole_points(claim_points) < 0:
        raise ValueError("claim points are not negative")
    if points is not None and _is_part(session, hold_id, points):
        return _capture_part(session, origin, hold_id, points, cash, claim_points)
    open_for_cash(session, cash)
    given = entry_arguments(origin, debit_type(origin))
    step = capture_step(len(cash), int(claim_points > 0))
    settled = {"claim_points": claim_points, **cash_arguments(cash)}
    answers = _change(session, step, origin, hold_id, **given, **settled)
    return entry_from(given, answers, hold_id=hold_id)


def transfer_hold(session: Session, origin: Origin, hold_id: HoldId, *, partner: str) -> Entry:
    """Takes all of the hold for the partner of this name, as type Points Transfer.

    Raises NotFound, HoldClosed, HoldExpired.
    """
    account = open_partner(session, partner)
    given = {**entry_arguments(origin, EntryType.POINTS_TRANSFER), "party": partner}
    answers = _change(session, TRANSFER, origin, hold_id, **given, taker=account)
    return entry_from(given, answers, hold_id=hold_id)


def expire_hold(session: Session, origin: Origin, hold_id: HoldId) -> Hold:
    """Closes one hold if it has run out, for a caller that also closes its redemption. Raises NotFound."""
    hold = hold_by_id(session, hold_id)
    _expire(session, origin, hold_id, hold.member_id)
    return hold_by_id(session, hold_id)


def expire_holds(
    session: Session, origin: Origin, *, limit: int, member_id: MemberId | None = None
) -> list[Hold]:
    """Closes holds that have run out, oldest first; their redemptions are the caller's to close.

    Safe in many copies: a member whose row another transaction has is left to the next sweep, unless that
    member was asked for.
    """
    due = [holds.c.status == HoldStatus.HELD.value, holds.c.expires_at <= session.now_sql()]
    if member_id is not None:
        due.append(holds.c.member_id == member_id)
    oldest = sa.select(holds.c.id).where(*due).order_by(holds.c.expires_at, holds.c.id).limit(limit)
    mine = session.scalars(
        sa.select(balances.c.member_id)
        .where(balances.c.member_id.in_(sa.select(holds.c.member_id).where(holds.c.id.in_(oldest))))
        .order_by(balances.c.member_id)
        .with_for_update(skip_locked=member_id is None, key_share=True)
    ).all()
    candidates = session.scalars(
        sa.select(holds.c.id)
        .where(*due, holds.c.member_id.in_(mine))
        .order_by(holds.c.expires_at, holds.c.id)
        .limit(limit)
    ).all()
    candidate_holds = [hold_by_id(session, HoldId(hold_id)) for hold_id in candidates]
    return [
        hold_by_id(session, hold.id)
        for hold in candidate_holds
        if _expire(session, origin, hold.id, hold.member_id)
    ]


def hold_by_id(session: Session, hold_id: HoldId) -> Hold:
    """Raises NotFound."""
    names = list(Hold.__dataclass_fields__)
    row = session.execute(
        sa.select(*(holds.c[name] for name in names)).where(holds.c.id == hold_id)
    ).mappings().one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(what="hold")
    return Hold(**{**row, "status": HoldStatus(row["status"])})


def _is_part(session: Session, hold_id: HoldId, points: Points) -> bool:
    """A hold's points never change, so they may be looked at before any lock."""
    if whole_points(points) <= 0:
        raise ValueError("a capture takes at least one point")
    held = hold_by_id(session, hold_id).points
    if points > held:
        raise MoreThanHold(held=held)
    return points < held


def _capture_part(
    session: Session,
    origin: Origin,
    hold_id: HoldId,
    points: Points,
    cash: Sequence[CashLeg],
    claim_points: Points,
) -> Entry:
    open_for_cash(session, cash)
    given = entry_arguments(origin, debit_type(origin))
    step = capture_part_step(len(cash), int(claim_points > 0))
    settled = {"claim_points": claim_points, **cash_arguments(cash)}
    # In this order, because a log sorts events of one moment by their ids.
    rest = {"captured": points, "event_id": new_id(), "rest_event_id": new_id(), "reason": PART_REASON}
    answers = _change(session, step, origin, hold_id, **given, **settled, **rest)
    _settle_returned(session, origin, answers)
    return entry_from(given, answers, hold_id=hold_id)


def _expire(session: Session, origin: Origin, hold_id: HoldId, member_id: MemberId) -> bool:
    """Whether it was open and had run out."""
    values = {"hold_id": hold_id, "event_id": new_id(), "reason": None, **origin_arguments(origin)}
    answers = run_settled(session, origin, member_id, lambda: EXPIRE.run(session, **values))
    if answers is not None:
        _settle_returned(session, origin, answers)
    return answers is not None


def _settle_returned(session: Session, origin: Origin, answers: Values) -> None:
    """Points that came back to a lot that has run out meanwhile expire in the same step."""
    due_at = answers["balance__due_at"]
    if due_at is not None and due_at <= answers["moment__at"]:
        settle_member(session, origin, answers["moment__member_id"])


def _change(session: Session, step: Step, origin: Origin, hold_id: HoldId, **arguments: object) -> Values:
    """Runs a transition and explains it when it was refused."""
    values = {"hold_id": hold_id, "event_id": new_id(), **origin_arguments(origin)} | arguments
    # The statement may have waited for another step on this member, and what it saw then was old; or something
    # was due on the member. The row is ours once that is settled, so a third look is the last.
    for _look in range(3):
        answers = step.run(session, **values)
        if answers is not None:
            return answers
        hold = _explain(session, hold_id)
        settle_member(session, origin, hold.member_id)
    raise AssertionError("a hold that is open and in time takes its transition")


def _explain(session: Session, hold_id: HoldId) -> Hold:
    """Not found, then closed, then expired; the hold when it is open and in time."""
    hold = hold_by_id(session, hold_id)
    if hold.status in FINAL:
        raise HoldClosed(status=hold.status.value)
    now = session.scalars(sa.select(session.now_sql())).one()
    if hold.status is HoldStatus.EXPIRED or hold.expires_at <= now:
        raise HoldExpired(expired_at=hold.expires_at)
    return hold
