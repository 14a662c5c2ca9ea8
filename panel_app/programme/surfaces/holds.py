"""Holds that other surfaces place, extend, capture and release. What belongs to a booking is resolved there only."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import BelongsToBooking, Hold, HoldId, HoldStatus, MemberId, NotFound, Points, Session
from panel_app.programme import audit, members, reservations
from panel_app.programme.access import Actor, Permission
from panel_app.programme.steps import Concerned, Keyed, Step, Told, keyed_bytes
from panel_app.programme.surfaces.told import HoldTold
from panel_app.programme.surfaces.wishes import (
    HOLD_SECONDS,
    HOLD_SECONDS_MAX,
    Capture,
    Extension,
    NewHold,
    Nothing,
)

RELEASED = "released_by_surface"


def place(session: Session, actor: Actor, key: str, wish: NewHold) -> Told[HoldTold]:
    """Reserve points. Raises NotFound, NotEnoughPoints, PointsNotYetPosted, MemberSuspended, MemberClosed."""
    owner = MemberId(wish.member_id)

    def run() -> HoldTold:
        members.judge_status(members.member_by_id(session, owner))
        hold = reservations.with_overdue_closed(
            session,
            actor,
            owner,
            lambda: ledger.place_hold(
                session,
                actor.origin(reference=wish.reference),
                member_id=owner,
                points=Points(wish.points),
                ttl=timedelta(seconds=wish.ttl_seconds or HOLD_SECONDS),
            ),
        )
        audit.record(session, actor, "hold.placed", member_id=owner, hold=hold.id, points=hold.points)
        return _told(session, hold)

    step = _step("place", Concerned(member_id=owner))
    return keyed_bytes(session, actor, step, Keyed(key=key, body=wish), HoldTold, run)


def by_id(session: Session, actor: Actor, hold_id: UUID) -> HoldTold:
    """The client's own hold as it stands; NotFound for any other."""
    actor.require(Permission.HOLD_POINTS)
    return _told(session, _own(session, actor, hold_id))


def extend(session: Session, actor: Actor, key: str, hold_id: UUID, wish: Extension) -> Told[HoldTold]:
    """Keep it longer, at most a day after it was placed. Raises NotFound, HoldClosed, HoldExpired."""

    def run(hold: Hold) -> Hold:
        latest = hold.created_at + timedelta(seconds=HOLD_SECONDS_MAX)
        until = min(session.clock.now() + timedelta(seconds=wish.ttl_seconds), latest)
        return ledger.extend_hold(session, actor.origin(), hold.id, until=max(until, hold.expires_at))

    return _once(session, actor, key, "extend", hold_id, wish, run)


def capture(session: Session, actor: Actor, key: str, hold_id: UUID, wish: Capture) -> Told[HoldTold]:
    """Take the points, or a part: the rest is released. Raises NotFound, MoreThanHold, HoldClosed, HoldExpired."""

    def run(hold: Hold) -> Hold:
        points = None if wish.points is None else Points(wish.points)
        ledger.capture_hold(
            session, actor.origin(reference=_reference(session, hold.id)), hold.id, points=points
        )
        return ledger.hold_by_id(session, hold.id)

    return _once(session, actor, key, "capture", hold_id, wish, run)


def release(session: Session, actor: Actor, key: str, hold_id: UUID, wish: Nothing) -> Told[HoldTold]:
    """Give the points back. Raises NotFound, HoldClosed, HoldExpired."""

    def run(hold: Hold) -> Hold:
        return ledger.release_hold(session, actor.origin(), hold.id, reason=RELEASED)

    return _once(session, actor, key, "release", hold_id, wish, run)


def _once(
    session: Session,
    actor: Actor,
    key: str,
    what: str,
    hold_id: UUID,
    wish: Extension | Capture | Nothing,
    move: Callable[[Hold], Hold],
) -> Told[HoldTold]:
    concerned = Concerned()

    def run() -> HoldTold:
        hold = _own(session, actor, hold_id)
        concerned.member_id = hold.member_id
        if hold.booking_id is not None:
            raise BelongsToBooking(booking_id=hold.booking_id)
        moved = move(hold)
        audit.record(session, actor, f"hold.{what}", member_id=hold.member_id, hold=hold.id)
        return _told(session, moved)

    step = _step(what, concerned)
    return keyed_bytes(session, actor, step, Keyed(key=key, body=(hold_id, wish)), HoldTold, run)


def _step(what: str, concerned: Concerned) -> Step:
    return Step(operation=f"hold.{what}", permission=Permission.HOLD_POINTS, concerned=concerned)


def _own(session: Session, actor: Actor, hold_id: UUID) -> Hold:
    """A hold that this client placed, at a branch of its key; NotFound for any other."""
    holds = ledger.metadata.tables["holds"].c
    client = session.scalar(sa.select(holds.client).where(holds.id == hold_id))
    if client is None or client != actor.client:
        raise NotFound(what="hold")
    hold = ledger.hold_by_id(session, HoldId(hold_id))
    if actor.reach and hold.branch_id is not None and hold.branch_id not in actor.reach:
        raise NotFound(what="hold")
    return hold


def _reference(session: Session, hold_id: HoldId) -> str | None:
    holds = ledger.metadata.tables["holds"].c
    return session.scalar(sa.select(holds.reference).where(holds.id == hold_id))


def _captured(session: Session, hold: Hold) -> int | None:
    if hold.closing_entry_id is None:
        return None
    return -ledger.entry_by_id(session, hold.closing_entry_id).points


def _told(session: Session, hold: Hold) -> HoldTold:
    # What ran out is over, whether or not the sweeper has been there.
    is_over = hold.status is HoldStatus.HELD and hold.expires_at <= session.clock.now()
    return HoldTold(
        id=hold.id,
        status=HoldStatus.EXPIRED if is_over else hold.status,
        member_id=hold.member_id,
        points=hold.points,
        reference=_reference(session, hold.id),
        created_at=hold.created_at,
        expires_at=hold.expires_at,
        closed_at=hold.closed_at,
        closing_entry=hold.closing_entry_id,
        captured=_captured(session, hold),
    )
