"""How claims run out, and what becomes of the points of their unused units. Redeems nothing.

A claim is closed once its last day is over at every branch; at the counter scanning judges the date by itself.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import ledger
from ledger import EntryId, Finding, Instant, MemberId, Session
from panel_app.programme import audit, catalogue, claims
from panel_app.programme.access import Actor, Permission
from panel_app.programme.giving_back import GRACE, OnExpiry
from panel_app.programme.models import Branch, Claim
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import ClaimStatus

REASON = "claim_expired"
_LIVE = [ClaimStatus.ISSUED.value, ClaimStatus.PART_REDEEMED.value]
# A claim that is held at a till stays open until the hold ends: what was held in time may be confirmed.
_LIVE_AND_FREE = (Claim.status.in_(_LIVE), Claim.held_by.is_(None))


def expire_past(session: Session, actor: Actor, *, limit: int = 50) -> int:
    """Close claims that no branch could still take; gives how many. Safe in many copies."""

    def run() -> int:
        closed = _close(session, limit)
        # All claims are locked by now; members come in one order, so that two sweepers can't wait for each other.
        for claim in sorted(closed, key=lambda claim: (claim.member_id, claim.id)):
            _settle(session, actor, claim)
        return len(closed)

    return plain(session, actor, Step(operation="claim.expire", permission=Permission.EXPIRE), run)


def findings(session: Session) -> list[Finding]:
    """What countermark verify asks beside the ledger's own questions, in one statement: one moment."""
    broken = session.execute(sa.text(_UNBALANCED), {"claims": str(ledger.CLAIMS)}).scalars()
    what = "the claims account is not what open claims were charged for their unused units"
    return [Finding(invariant="claims", what=what, id=str(account)) for account in broken]


_UNBALANCED = """
SELECT id FROM accounts WHERE CAST(id AS TEXT) = :claims AND (
  SELECT coalesce(sum(amount), 0) FROM postings WHERE account_id = accounts.id
) <> (
  SELECT coalesce(sum(points - points * spent / quantity), 0) FROM claims
  WHERE charge_entry_id IS NOT NULL AND status IN ('issued', 'part_redeemed')
)
"""


def _close(session: Session, limit: int) -> Sequence[Claim]:
    today = _earliest_today(session)
    if today is None:
        return []
    past = session.scalars(
        sa.select(Claim.id)
        .where(Claim.valid_until < today, *_LIVE_AND_FREE)
        .order_by(Claim.valid_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    closed_at = sa.literal(session.clock.now(), Instant())
    return session.scalars(
        sa.update(Claim)
        .where(Claim.id.in_(past), *_LIVE_AND_FREE)
        .values(status=ClaimStatus.EXPIRED.value, closed_at=closed_at)
        .returning(Claim)
        .execution_options(populate_existing=True)
    ).all()


def _earliest_today(session: Session) -> date | None:
    """The day at the branch whose midnight comes last; None without a branch."""
    zones = session.scalars(sa.select(Branch.time_zone).distinct()).all()
    now = session.clock.now()
    return min((now.astimezone(ZoneInfo(zone)).date() for zone in zones), default=None)


def _settle(session: Session, actor: Actor, claim: Claim) -> None:
    """The points of the units that nobody fetched."""
    member_id = MemberId(claim.member_id)
    rule = OnExpiry(catalogue.reward_by_id(session, claim.reward_id).on_expiry)
    unused = claims.charged_points(claim, claim.quantity - claim.spent)
    if claim.charge_entry_id is not None and unused:
        origin = actor.origin(reference=claims.reference_of(claim.id))
        match rule:
            case OnExpiry.RESTORED:
                charge = EntryId(claim.charge_entry_id)
                ledger.reverse_entry(session, origin, charge, reason=REASON, grace=GRACE, points=unused)
            case OnExpiry.FORFEITED:
                ledger.forfeit_claim(session, origin, member_id=member_id, points=unused, reason=REASON)
    told: dict[str, Any] = {rule.value: unused} if unused else {}
    audit.record(session, actor, "claim.expired", member_id=member_id, claim=claim.id, **told)
    audit.event(session, "claim.expired", member_id, claim=claim.id, **told)
