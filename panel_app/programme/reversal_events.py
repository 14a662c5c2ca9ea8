"""What went back to members, for administrators: reversals, time-outs, releases after a failure. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import ledger
from ledger import HoldEvent, LogLine, Points, Session, WentBack
from panel_app.programme import branches
from panel_app.programme.access import Actor, Permission
from panel_app.programme.conversion_terms import ConversionFailure
from panel_app.programme.giving_back import ReleaseReason
from panel_app.programme.member_log import cursor_of, moment_of
from panel_app.programme.models import Branch, Member, Operator, Redemption
from panel_app.programme.names import names_of
from panel_app.programme.programme_facts import programme_of

PAGE_ROWS = 50
# A release for another reason is what somebody at a till wanted.
FAILURES = frozenset(
    {
        *(why.value for why in ConversionFailure),
        ReleaseReason.MEMBER_SUSPENDED.value,
        ReleaseReason.RAN_OUT.value,
    }
)
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which of them; no day means any. `before` is the cursor of the page before."""

    day: date | None = None
    branch: str | None = None  # its code
    source: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalEvent:
    """`what` is an entry's report name or a hold's event, `points` how many it was about."""

    at: datetime
    what: str
    is_entry: bool
    points: Points
    reason: str | None
    member: str
    booking_id: str | None
    can_be_opened: bool  # a redemption of the reader's own branch, with its member's log
    reference: str | None
    branch: str | None
    operator: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalPage:
    rows: Sequence[ReversalEvent]
    next_cursor: str | None
    branches: Sequence[str]


def page(session: Session, actor: Actor, chosen: Filter) -> ReversalPage:
    """The newest first, by keyset pages. Raises NotFound for the branch, InvalidInput for the cursor."""
    actor.require(Permission.ADMINISTER)
    since, until = _day(session, chosen.day)
    which = WentBack(
        since=since,
        until=until,
        reasons=FAILURES,
        branch_id=None if chosen.branch is None else branches.branch_by_code(session, chosen.branch),
        source=chosen.source,
    )
    before = None if chosen.before is None else moment_of(chosen.before)
    lines = ledger.reversal_events(session, which, limit=PAGE_ROWS + 1, before=before)
    shown = lines[:PAGE_ROWS]
    return ReversalPage(
        rows=_rows(session, actor, shown),
        next_cursor=cursor_of(shown[-1]) if len(lines) > PAGE_ROWS else None,
        branches=session.scalars(sa.select(Branch.code).order_by(Branch.code)).all(),
    )


def _day(session: Session, day: date | None) -> tuple[datetime, datetime]:
    """From midnight to midnight in the programme's zone."""
    if day is None:
        return _FIRST, _LAST
    programme = programme_of(session)
    zone = ZoneInfo("UTC" if programme is None else programme.time_zone)
    first = datetime.combine(day, time(), zone)
    return first.astimezone(UTC), datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def _rows(session: Session, actor: Actor, lines: Sequence[LogLine]) -> list[ReversalEvent]:
    members = names_of(session, Member.id, Member.external_id, {line.member_id for line in lines})
    places = names_of(session, Branch.id, Branch.name, {line.branch_id for line in lines})
    operators = names_of(session, Operator.id, Operator.display_name, {line.operator_id for line in lines})
    own = _own_bookings(session, actor.branch_id, {line.booking_id for line in lines})
    return [
        ReversalEvent(
            at=line.at,
            what=line.what.value,
            is_entry=not isinstance(line.what, HoldEvent),
            points=line.concerned,
            reason=line.reason,
            member=members.get(line.member_id, ""),
            booking_id=line.booking_id,
            can_be_opened=line.booking_id in own,
            reference=line.reference,
            branch=places.get(line.branch_id),
            operator=operators.get(line.operator_id),
            source=line.source,
        )
        for line in lines
    ]


def _own_bookings(session: Session, branch_id: UUID | None, wanted: set[str | None]) -> set[str]:
    known = [booking_id for booking_id in wanted if booking_id is not None]
    mine = sa.select(Redemption.booking_id).where(Redemption.branch_id == branch_id)
    return set(session.scalars(mine.where(Redemption.booking_id.in_(known)))) if branch_id else set()
