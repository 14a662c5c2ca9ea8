"""The lock on a member's balance row, and what is said when it has too little. Moves nothing."""

import sqlalchemy as sa

from ledger.database import Session
from ledger.errors import NotEnoughPoints, NotFound
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


def not_enough(session: Session, member_id: MemberId, wanted: Points) -> NotEnoughPoints:
    """The refusal, after the guarded update has made it; the row is still locked."""
    available = session.scalars(
        sa.select(balances.c.posted - balances.c.held).where(balances.c.member_id == member_id)
    ).one()
    return NotEnoughPoints(missing=Points(wanted - available), available=Points(available))


_LOCK = (
    sa.select(balances.c.member_id)
    .where(balances.c.member_id == argument("member_id", balances.c.member_id))
    .with_for_update(key_share=True)
)
