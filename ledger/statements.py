"""What a member's books say: the balance, the entries and the log. Writes nothing.

What time has done counts at once, whether or not its entries are written yet.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from ledger.columns import Instant
from ledger.database import Session
from ledger.errors import NotFound
from ledger.journal import entry_of
from ledger.lot_models import pendings
from ledger.models import balances, earmarks, entries, holds, lots
from ledger.terms import Balance, Entry, EntryId, EntryType, Expiring, MemberId, Points

EXPIRING_WITHIN = timedelta(days=90)

_COLUMNS = [entries.c[name] for name in Entry.__dataclass_fields__]


def balance_of(session: Session, member_id: MemberId) -> Balance:
    """`expiring` lists the points that run out within 90 days, by moment. Raises NotFound."""
    row = session.execute(
        sa.select(balances.c.posted, balances.c.held, session.now_sql().label("now")).where(
            balances.c.member_id == member_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(what="member")
    posted, pending = _pending(session, member_id, row.now)
    run_out, expiring = _expiring(session, member_id, row.now, posted)
    gained = sum(points for points, _moment in posted)
    return Balance(
        available=Points(row.posted - row.held + gained - run_out),
        held=Points(row.held),
        pending=pending,
        expiring=expiring,
    )


def balance_at_once(session: Session, member_id: MemberId) -> Balance:
    """The same, with what holds have that ran out and that nobody has closed yet. Raises NotFound.

    For whoever only reads: a step that takes the points closes those holds first.
    """
    found = balance_of(session, member_id)
    if not found.held:
        return found
    now = sa.type_coerce(session.now_sql(), Instant())
    is_live = sa.or_(lots.c.expires_at.is_(None), lots.c.expires_at > now)
    overdue, live = session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(earmarks.c.points), 0),
            # What came from a lot that has run out meanwhile expires when the hold is closed.
            sa.func.coalesce(sa.func.sum(earmarks.c.points).filter(is_live), 0),
        )
        .join(holds, holds.c.id == earmarks.c.hold_id)
        .join(lots, lots.c.id == earmarks.c.lot_id)
        .where(holds.c.member_id == member_id, holds.c.status == "held", holds.c.expires_at <= now)
    ).one()
    return dataclasses.replace(
        found, available=Points(found.available + int(live)), held=Points(found.held - int(overdue))
    )


def entries_of(
    session: Session,
    member_id: MemberId,
    *,
    before: int | None = None,
    limit: int,
    types: Sequence[EntryType] = (),
    source: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Entry]:
    """A member's numbered entries, newest first; the next page is `before` the last number of this one.

    `since` is in, `until` is out.
    """
    newest = sa.select(*_COLUMNS).where(entries.c.member_id == member_id, entries.c.number.is_not(None))
    if before is not None:
        newest = newest.where(entries.c.number < before)
    if types:
        newest = newest.where(entries.c.type.in_([entry_type.value for entry_type in types]))
    if source is not None:
        newest = newest.where(entries.c.source == source)
    if since is not None:
        newest = newest.where(entries.c.created_at >= since)
    if until is not None:
        newest = newest.where(entries.c.created_at < until)
    rows = session.execute(newest.order_by(entries.c.number.desc()).limit(limit)).mappings()
    return [entry_of(row) for row in rows]


def entry_by_id(session: Session, entry_id: EntryId | UUID) -> Entry:
    """Raises NotFound, also for a credit that has not posted yet."""
    row = session.execute(sa.select(*_COLUMNS).where(entries.c.id == entry_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="entry")
    return entry_of(row)


def _pending(
    session: Session, member_id: MemberId, now: datetime
) -> tuple[list[tuple[int, datetime | None]], Points]:
    """The credits whose time has come, each with its expiry, and how many points still wait for theirs."""
    waiting = session.execute(
        sa.select(pendings.c.points, pendings.c.posts_at, pendings.c.expires_at).where(
            pendings.c.member_id == member_id, pendings.c.status == "pending"
        )
    ).all()
    posted = [(row.points, row.expires_at) for row in waiting if row.posts_at <= now]
    return posted, Points(sum(row.points for row in waiting if row.posts_at > now))


def _expiring(
    session: Session, member_id: MemberId, now: datetime, posted: Sequence[tuple[int, datetime | None]]
) -> tuple[int, tuple[Expiring, ...]]:
    """How many points have run out by now, and what runs out within 90 days."""
    rows = session.execute(
        sa.select(lots.c.expires_at, sa.func.sum(lots.c.remaining))
        .where(
            lots.c.member_id == member_id,
            lots.c.remaining > 0,
            lots.c.expires_at <= now + EXPIRING_WITHIN,
        )
        .group_by(lots.c.expires_at)
    )
    by_moment: dict[datetime, int] = {moment: int(points) for moment, points in rows}
    for points, moment in posted:
        if moment is not None and moment <= now + EXPIRING_WITHIN:
            by_moment[moment] = by_moment.get(moment, 0) + points
    return (
        sum(points for moment, points in by_moment.items() if moment <= now),
        tuple(
            Expiring(points=Points(by_moment[moment]), expires_at=moment)
            for moment in sorted(by_moment)
            if moment > now
        ),
    )
