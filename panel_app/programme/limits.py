"""How often a member may have a reward: claims, direct redemptions and conversions made in the programme's day."""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import ledger
from ledger import MemberId, Session
from panel_app.programme.conversion_terms import ConversionStatus
from panel_app.programme.models import Claim, Conversion, Redemption, RedemptionLine, Reward
from panel_app.programme.programme_facts import programme_of
from panel_app.programme.refusals import LimitReached
from panel_app.programme.terms import ClaimStatus, RedemptionStatus

# What was cancelled, ran out or was reversed does not count.
_CLAIMS_COUNTED = (ClaimStatus.ISSUED, ClaimStatus.PART_REDEEMED, ClaimStatus.REDEEMED, ClaimStatus.EXPIRED)
_REDEMPTIONS_COUNTED = (
    RedemptionStatus.RESERVED,
    RedemptionStatus.COMPLETED,
    RedemptionStatus.PART_REVERSED,
)


def judge(session: Session, member_id: UUID, reward: Reward, units: int) -> None:
    """Refuse more units today than the reward's daily limit (LimitReached)."""
    if reward.daily_limit is None:
        return
    # Two tills that ask at once must see each other's answer: the second one waits here for the first.
    ledger.lock_member(session, MemberId(member_id))
    since = _midnight(session)
    claimed = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Claim.quantity), 0)).where(
            Claim.member_id == member_id,
            Claim.reward_id == reward.id,
            Claim.status.in_([status.value for status in _CLAIMS_COUNTED]),
            Claim.created_at >= since,
        )
    )
    direct = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(RedemptionLine.units), 0))
        .join(Redemption, Redemption.id == RedemptionLine.redemption_id)
        .where(
            Redemption.member_id == member_id,
            Redemption.status.in_([status.value for status in _REDEMPTIONS_COUNTED]),
            Redemption.opened_at >= since,
            RedemptionLine.reward_id == reward.id,
            RedemptionLine.claim_id.is_(None),
        )
    )
    converted = session.scalar(
        sa.select(sa.func.count()).where(
            Conversion.member_id == member_id,
            Conversion.reward_id == reward.id,
            Conversion.status != ConversionStatus.FAILED.value,
            Conversion.opened_at >= since,
        )
    )
    if int(claimed or 0) + int(direct or 0) + int(converted or 0) + units > reward.daily_limit:
        raise LimitReached(limit=reward.daily_limit)


def _midnight(session: Session) -> datetime:
    programme = programme_of(session)
    zone = ZoneInfo("UTC" if programme is None else programme.time_zone)
    today = session.clock.now().astimezone(zone)
    return datetime.combine(today.date(), time(), zone)
