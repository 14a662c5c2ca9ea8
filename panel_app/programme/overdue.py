"""A member's reservations that ran out and were not swept yet. Closes nothing."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from ledger import MemberId, Session
from panel_app.programme.models import Redemption
from panel_app.programme.terms import RedemptionStatus


def overdue_of(session: Session, member_id: MemberId, keep: UUID | None) -> Sequence[Redemption]:
    """All but the one to `keep`, their rows locked."""
    overdue = sa.select(Redemption).where(
        Redemption.member_id == member_id,
        Redemption.status == RedemptionStatus.RESERVED.value,
        Redemption.expires_at <= session.now_sql(),
    )
    if keep is not None:
        overdue = overdue.where(Redemption.id != keep)
    return session.scalars(overdue.with_for_update()).all()
