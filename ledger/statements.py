"""What a member's books say: the balance and the entries. Writes nothing."""

from datetime import timedelta

import sqlalchemy as sa

from ledger.database import Session
from ledger.errors import NotFound
from ledger.journal import entry_of
from ledger.models import balances, entries, lots
from ledger.terms import Balance, Entry, EntryId, Expiring, MemberId, Points

EXPIRING_WITHIN = timedelta(days=90)

_COLUMNS = [entries.c[name] for name in Entry.__dataclass_fields__]


def balance_of(session: Session, member_id: MemberId) -> Balance:
    """`expiring` lists the points that run out within 90 days, by moment. Raises NotFound."""
    row = session.execute(
        sa.select(balances.c.posted, balances.c.held).where(balances.c.member_id == member_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what="member")
    last = session.clock.now() + EXPIRING_WITHIN
    due = session.execute(
        sa.select(lots.c.expires_at, sa.func.sum(lots.c.remaining))
        .where(lots.c.member_id == member_id, lots.c.remaining > 0, lots.c.expires_at <= last)
        .group_by(lots.c.expires_at)
        .order_by(lots.c.expires_at)
    )
    return Balance(
        available=Points(row.posted - row.held),
        held=Points(row.held),
        pending=Points(0),
        expiring=tuple(Expiring(points=Points(int(points)), expires_at=moment) for moment, points in due),
    )


def entries_of(
    session: Session, member_id: MemberId, *, before: int | None = None, limit: int
) -> list[Entry]:
    """A member's numbered entries, newest first; the next page is `before` the last number of this one."""
    newest = sa.select(*_COLUMNS).where(entries.c.member_id == member_id, entries.c.number.is_not(None))
    if before is not None:
        newest = newest.where(entries.c.number < before)
    rows = session.execute(newest.order_by(entries.c.number.desc()).limit(limit)).mappings()
    return [entry_of(row) for row in rows]


def entry_by_id(session: Session, entry_id: EntryId) -> Entry:
    """Raises NotFound."""
    row = session.execute(sa.select(*_COLUMNS).where(entries.c.id == entry_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="entry")
    return entry_of(row)
