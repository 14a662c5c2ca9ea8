"""What a manager sees: the branch's redemptions of a day, and one booking's whole life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import ledger
from ledger import Entry, EntryId, Hold, HoldId, Minor, Points, Session
from panel_app.programme import branches, receipts
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import AuditRecord, Branch, Operator, Redemption, Till, Visit
from panel_app.programme.terms import EntryMode, Money, Receipt, RedemptionStatus

PAGE_ROWS = 50
LIFE_EVENTS_MAX = (
    200  # a booking has a handful; a page that was refused again and again could have any number
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which of the branch's redemptions; `before` is the cursor of the page before."""

    day: date | None = None
    operator: str | None = None
    status: RedemptionStatus | None = None
    entry_mode: EntryMode | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    count: int
    points: Points
    cash: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """What was confirmed on the day, what of it was reversed since, on whatever day, and what remains."""

    confirmed: Sums
    reversed: Sums
    remaining: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    day: date
    rows: Sequence[Receipt]
    next_cursor: str | None
    totals: DayTotals
    operators: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEvent:
    """One thing that happened to a booking."""

    at: datetime
    action: str
    operator: str | None
    till: str | None
    reason: str | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingLife:
    receipt: Receipt
    life: Sequence[LifeEvent]
    entries: Sequence[Entry]
    hold: Hold | None


def redemptions_of_day(session: Session, actor: Actor, chosen: Filter) -> ReviewPage:
    """The branch's redemptions of one day of the branch, newest first, by keyset pages."""
    actor.require(Permission.VIEW_REDEMPTIONS)
    branch = branches.branch_by_id(session, actor.branch())
    zone = ZoneInfo(branch.time_zone)
    day = chosen.day or session.clock.now().astimezone(zone).date()
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    of_day = [
        Redemption.branch_id == branch.id,
        Redemption.opened_at >= start,
        Redemption.opened_at < end,
    ]
    rows = session.scalars(
        sa.select(Redemption)
        .where(*of_day, *_chosen(session, actor, chosen))
        .order_by(Redemption.opened_at.desc(), Redemption.id.desc())
        .limit(PAGE_ROWS + 1)
    ).all()
    page = rows[:PAGE_ROWS]
    return ReviewPage(
        day=day,
        rows=[receipts.receipt_of(session, row) for row in page],
        next_cursor=page[-1].booking_id if len(rows) > PAGE_ROWS else None,
        totals=_totals(session, branch, start, end),
        operators=_operators(session, of_day),
    )


def life_of(session: Session, actor: Actor, booking_id: str) -> BookingLife:
    """Everything that happened to one booking of the branch; NotFound for another branch's."""
    actor.require(Permission.VIEW_REDEMPTIONS)
    redemption = receipts.by_booking_id(session, booking_id, actor.branch())
    records = _records_of(session, redemption.booking_id)
    return BookingLife(
        receipt=receipts.receipt_of(session, redemption),
        life=[_scan_of(session, redemption), *records],
        entries=_entries_of(session, records),
        hold=None if redemption.hold_id is None else ledger.hold_by_id(session, HoldId(redemption.hold_id)),
    )


def _scan_of(session: Session, redemption: Redemption) -> LifeEvent:
    """The scan that the booking began with: it was made before there was a booking ID to record it under."""
    visit = session.get_one(Visit, redemption.visit_id)
    operator = sa.select(Operator.display_name).where(Operator.id == visit.operator_id)
    return LifeEvent(
        at=visit.opened_at,
        action="visit.opened",
        operator=session.scalar(operator),
        till=session.scalar(sa.select(Till.code).where(Till.id == visit.till_id)),
        reason=None,
        details={"mode": visit.entry_mode, "proof": visit.proof},
    )


def _records_of(session: Session, booking_id: str) -> list[LifeEvent]:
    rows = session.execute(
        sa.select(AuditRecord, Operator.display_name, Till.code)
        .outerjoin(Operator, Operator.id == AuditRecord.operator_id)
        .outerjoin(Till, Till.id == AuditRecord.till_id)
        .where(AuditRecord.booking_id == booking_id)
        .order_by(AuditRecord.at, AuditRecord.id)
        .limit(LIFE_EVENTS_MAX)
    )
    return [
        LifeEvent(
            at=record.at,
            action=record.action,
            operator=name,
            till=till,
            reason=record.reason,
            details=record.details,
        )
        for record, name, till in rows
    ]


def _entries_of(session: Session, records: Sequence[LifeEvent]) -> list[Entry]:
    """The entries that the booking's records name: of Confirm, and of its reversal."""
    named = [UUID(record.details["entry"]) for record in records if "entry" in record.details]
    return [ledger.entry_by_id(session, EntryId(entry)) for entry in named]


def _chosen(session: Session, actor: Actor, chosen: Filter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if chosen.status is not None:
        conditions.append(Redemption.status == chosen.status.value)
    if chosen.entry_mode is not None:
        conditions.append(Redemption.entry_mode == chosen.entry_mode.value)
    if chosen.operator:
        operator_id = sa.select(Operator.id).where(Operator.display_name == chosen.operator)
        conditions.append(Redemption.scanned_by.in_(operator_id))
    if chosen.before:
        last = receipts.by_booking_id(session, chosen.before, actor.branch())
        key = sa.tuple_(Redemption.opened_at, Redemption.id)
        conditions.append(
            key < sa.tuple_(sa.literal(last.opened_at, ledger.Instant()), sa.literal(last.id, ledger.Key()))
        )
    return conditions


def _totals(session: Session, branch: Branch, start: datetime, end: datetime) -> DayTotals:
    """Of what was confirmed on the day, whenever it was opened."""
    points, cash = Redemption.points_due + Redemption.claim_points, Redemption.cash_due
    is_reversed = Redemption.status == RedemptionStatus.REVERSED.value
    row = session.execute(
        sa.select(
            sa.func.count(),
            _sum(points),
            _sum(cash),
            _sum(sa.case((is_reversed, 1), else_=0)),
            _sum(sa.case((is_reversed, points), else_=0)),
            _sum(sa.case((is_reversed, cash), else_=0)),
        ).where(
            Redemption.branch_id == branch.id,
            Redemption.closed_at >= start,
            Redemption.closed_at < end,
            Redemption.entry_id.is_not(None),
        )
    ).one()
    confirmed, back = [int(number) for number in row[:3]], [int(number) for number in row[3:]]
    left = [all_of_it - part for all_of_it, part in zip(confirmed, back, strict=True)]
    return DayTotals(
        confirmed=_sums(confirmed, branch), reversed=_sums(back, branch), remaining=_sums(left, branch)
    )


def _sum(amount: sa.SQLColumnExpression[int]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(amount), 0)


def _sums(numbers: Sequence[int], branch: Branch) -> Sums:
    count, points, cash = numbers
    return Sums(count=count, points=Points(points), cash=Money(amount=Minor(cash), currency=branch.currency))


def _operators(session: Session, of_day: Sequence[sa.ColumnElement[bool]]) -> list[str]:
    return list(
        session.scalars(
            sa.select(Operator.display_name)
            .join(Redemption, Redemption.scanned_by == Operator.id)
            .where(*of_day)
            .distinct()
            .order_by(Operator.display_name)
        )
    )
