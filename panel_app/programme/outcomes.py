"""A till's shift, which is the branch's day: its last outcomes (audit trail) and its totals (redemptions)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger import Minor, Points, Reason, Session
from panel_app.programme import branches, reversals
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import AuditRecord, Branch, Operator, Redemption, RedemptionLine, Reward
from panel_app.programme.terms import Money, RedemptionStatus

OUTCOMES_SHOWN = 8
_DONE = "redemption.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftTotals:
    """What this till confirmed since the branch's midnight, less what was reversed."""

    count: int
    points: Points
    cash: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """One of the till's outcomes today: done or refused."""

    at: datetime
    action: str
    booking_id: str | None
    status: RedemptionStatus | None
    reason: Reason | None
    reward: str | None
    points: Points | None
    cash: Money | None
    operator: str | None
    undo_seconds: int  # for which the actor may still undo it


def last_outcomes(session: Session, actor: Actor) -> list[OutcomeRow]:
    """The newest outcomes of the actor's till today, done and refused; a choice that was offered is neither."""
    actor.require(Permission.REDEEM)
    midnight = _midnight(session, branches.branch_by_id(session, actor.branch()))
    # What may still be undone stays in view when the day ends.
    since = min(midnight, session.clock.now() - reversals.UNDO_WITHIN)
    rows = session.execute(
        sa.select(AuditRecord, Operator.display_name)
        .outerjoin(Operator, Operator.id == AuditRecord.operator_id)
        .where(
            AuditRecord.till_id == actor.till(),
            AuditRecord.branch_id == actor.branch(),
            AuditRecord.at >= since,
            # What was done has no reason, so the second half takes refusals only.
            sa.or_(AuditRecord.action == _DONE, AuditRecord.reason != Reason.SEVERAL_CODES.value),
        )
        .order_by(AuditRecord.at.desc(), AuditRecord.id.desc())
        .limit(OUTCOMES_SHOWN)
    )
    return [_outcome(session, actor, record, name) for record, name in rows]


def shift_totals(session: Session, actor: Actor) -> ShiftTotals:
    """What the actor's till confirmed today, in the branch's day."""
    actor.require(Permission.REDEEM)
    branch = branches.branch_by_id(session, actor.branch())
    midnight = _midnight(session, branch)
    row = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(Redemption.points_due + Redemption.claim_points), 0),
            sa.func.coalesce(sa.func.sum(Redemption.cash_due), 0),
        ).where(
            Redemption.till_id == actor.till(),
            # The first is for the index; what was opened before midnight may be confirmed after it.
            Redemption.opened_at >= midnight - timedelta(hours=1),
            Redemption.closed_at >= midnight,
            Redemption.entry_id.is_not(None),
            Redemption.status != RedemptionStatus.REVERSED.value,
        )
    ).one()
    return ShiftTotals(
        count=row[0],
        points=Points(int(row[1])),
        cash=Money(amount=Minor(int(row[2])), currency=branch.currency),
    )


def _midnight(session: Session, branch: Branch) -> datetime:
    """When the branch's day began."""
    return datetime.combine(branches.today_at(session, branch), time(), ZoneInfo(branch.time_zone))


def _outcome(session: Session, actor: Actor, record: AuditRecord, operator: str | None) -> OutcomeRow:
    redemption = None
    if record.booking_id is not None and record.reason is None:
        redemption = session.scalar(
            sa.select(Redemption).where(
                Redemption.booking_id == record.booking_id, Redemption.branch_id == actor.branch()
            )
        )
    return OutcomeRow(
        at=record.at,
        action=record.action,
        booking_id=record.booking_id,
        reason=None if record.reason is None else Reason(record.reason),
        reward=None if redemption is None else _reward_name(session, redemption.id),
        points=None if redemption is None else Points(redemption.points_due + redemption.claim_points),
        cash=None
        if redemption is None
        else Money(amount=Minor(redemption.cash_due), currency=redemption.currency),
        operator=operator,
        status=None if redemption is None else RedemptionStatus(redemption.status),
        undo_seconds=0 if redemption is None else reversals.undo_seconds(session, actor, redemption),
    )


def _reward_name(session: Session, redemption_id: UUID) -> str | None:
    return session.scalar(
        sa.select(Reward.name)
        .join(RedemptionLine, RedemptionLine.reward_id == Reward.id)
        .where(RedemptionLine.redemption_id == redemption_id)
        .order_by(RedemptionLine.number)
        .limit(1)
    )
