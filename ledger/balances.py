"""The lock on a member's balance row, and what is said when it has too little. Moves nothing."""

from datetime import datetime

import sqlalchemy as sa

from ledger.database import Session
from ledger.errors import NotEnoughPoints, NotFound, PointsNotYetPosted
from ledger.lot_models import pendings
from ledger.models import balances
from ledger.steps import argument
from ledger.terms import MemberId, Points


def lock_member(session: Session, member_id: MemberId) -> None:
    """Locks the member's balance row, so that the next statement sees everything its last holder did.

    SQLite has its one writer already. Raises NotFound.
    """
    locked = session.connection().execute(_LOCK, {"arg_member_id": member_id}).one_or_none()
    if locked is None:
        raise NotFound(what="member")


def not_enough(session: Session, member_id: MemberId, wanted: Points) -> NotEnoughPoints | PointsNotYetPosted:
    """The refusal, after the guarded update has made it; the row is still locked."""
    available = session.scalars(
        sa.select(balances.c.posted - balances.c.held).where(balances.c.member_id == member_id)
    ).one()
    missing = Points(wanted - available)
    posts_at = _posted_by(session, member_id, missing)
    if posts_at is not None:
        return PointsNotYetPosted(missing=missing, posts_at=posts_at)
    return NotEnoughPoints(missing=missing, available=Points(available))


def _posted_by(session: Session, member_id: MemberId, missing: Points) -> datetime | None:
    """When so many of the pending points will have posted; None when there aren't as many."""
    total = sa.func.sum(pendings.c.points).over(order_by=(pendings.c.posts_at, pendings.c.id)).label("total")
    waiting = (
        sa.select(pendings.c.posts_at, total)
        .where(pendings.c.member_id == member_id, pendings.c.status == "pending")
        .subquery()
    )
    soonest = sa.select(sa.func.min(waiting.c.posts_at)).where(waiting.c.total >= missing)
    posts_at: datetime | None = session.scalar(soonest)
    return posts_at


_LOCK = (
    sa.select(balances.c.member_id)
    .where(balances.c.member_id == argument("member_id", balances.c.member_id))
    .with_for_update(key_share=True)
)
