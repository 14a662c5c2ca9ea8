"""What time closes, each kind by itself: a fault in one must not leave the others open. Knows no thread."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

import ledger
from ledger import Session
from panel_app.programme import claim_expiry, conversions, due_points, redemptions, reservations
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Redemption
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import RedemptionStatus

SINGLY_MAX = 1000

Sweep = Callable[[Session, Actor], int]


def close_overdue(session: Session, actor: Actor) -> int:
    """Close a portion of what was reserved and has run out; gives how many.

    Where the portion fails each is tried alone, and the faults are raised at the end: one redemption that can't be
    closed must not keep everybody's points held.
    """
    try:
        return redemptions.expire_due(session, actor)
    except Exception:  # noqa: BLE001 - whatever it was is raised below, by the one that has it
        session.rollback()
    closed, faults = 0, []
    for booking_id in _overdue(session):
        try:
            closed += _close_one(session, actor, booking_id)
        except Exception as fault:  # noqa: BLE001 - raised below
            session.rollback()
            faults.append(fault)
    if faults:
        raise ExceptionGroup(f"{closed} redemptions were closed, {len(faults)} could not be", faults)
    return closed


# One round of the sweeper, and of the command; each is a step of its own.
SWEEPS: tuple[Sweep, ...] = (
    close_overdue,
    due_points.settle_due,
    claim_expiry.expire_past,
    conversions.fail_overdue,
)


def _overdue(session: Session) -> list[str]:
    with ledger.read(session):
        return list(
            session.scalars(
                sa.select(Redemption.booking_id)
                .where(*_has_run_out(session))
                .order_by(Redemption.expires_at)
                .limit(SINGLY_MAX)
            )
        )


def _close_one(session: Session, actor: Actor, booking_id: str) -> int:
    def run() -> int:
        overdue = session.scalar(
            sa.select(Redemption)
            .where(Redemption.booking_id == booking_id, *_has_run_out(session))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if overdue is None:  # somebody else was faster
            return 0
        reservations.expire(session, actor, overdue)
        return 1

    return plain(session, actor, Step(operation="redemption.expire", permission=Permission.EXPIRE), run)


def _has_run_out(session: Session) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    now: sa.ColumnElement[datetime] = session.now_sql()
    return Redemption.status == RedemptionStatus.RESERVED.value, Redemption.expires_at <= now
