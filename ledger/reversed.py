"""What of an entry has been reversed so far, and which lots its points came from. Writes nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger.database import Session
from ledger.lot_models import givebacks
from ledger.models import accounts, draws, earmarks, entries, lots, postings
from ledger.terms import POINTS_ASSET, AccountKind, Entry, EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is left of the points that an entry took from a lot."""

    taken_by: EntryId
    lot_id: UUID
    points: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An entry's legs and its reversals so far; the member's row must be locked.

    `whole` are the points it moved to (or from) `sink`, `back` those that reversals moved away again.
    """

    legs: Sequence[sa.RowMapping]
    moved: Counter[tuple[UUID, str | None]]
    reversals: int
    sink: UUID | None
    whole: int
    back: int


def past_of(session: Session, entry: Entry) -> Past:
    legs = _legs(session, postings.c.entry_id == entry.id)
    later = sa.select(entries.c.id).where(entries.c.reverses_id == entry.id)
    reversals = session.scalars(later).all()
    moved: Counter[tuple[UUID, str | None]] = Counter()
    for leg in _legs(session, postings.c.entry_id.in_(reversals)) if reversals else ():
        moved[leg["account_id"], leg["reference"]] += leg["amount"]
    sink = _sink(entry, legs)
    whole = sum(leg["amount"] for leg in legs if leg["account_id"] == sink)
    return Past(
        legs=legs,
        moved=moved,
        reversals=len(reversals),
        sink=sink,
        whole=abs(whole),
        back=0 if sink is None else abs(moved[sink, None]),
    )


def taken_by(session: Session, entry_ids: Sequence[EntryId]) -> list[Taken]:
    """What the entries took and have not got back: what never expires first, then the latest expiry."""
    earmarked = (
        sa.select(entries.c.id.label("taken_by"), earmarks.c.lot_id, earmarks.c.points)
        .join(entries, entries.c.hold_id == earmarks.c.hold_id)
        .where(entries.c.id.in_(entry_ids))
    )
    drawn = sa.select(draws.c.entry_id, draws.c.lot_id, draws.c.points).where(draws.c.entry_id.in_(entry_ids))
    returned = sa.select(givebacks.c.taken_by, givebacks.c.lot_id, -givebacks.c.points).where(
        givebacks.c.taken_by.in_(entry_ids)
    )
    each = sa.union_all(earmarked, drawn, returned).subquery()
    left = sa.func.sum(each.c.points).label("points")
    rows = session.execute(
        sa.select(each.c.taken_by, each.c.lot_id, left, lots.c.expires_at)
        .join(lots, lots.c.id == each.c.lot_id)
        .group_by(each.c.taken_by, each.c.lot_id, lots.c.expires_at)
        .having(left > 0)
        .order_by(lots.c.expires_at.desc().nulls_first(), each.c.lot_id.desc())
    ).mappings()
    return [Taken(**{**row, "points": int(row["points"])}) for row in rows]


def _legs(session: Session, which: Any) -> Sequence[sa.RowMapping]:
    question = (
        sa.select(postings, accounts.c.kind, accounts.c.owner_id)
        .join(accounts, accounts.c.id == postings.c.account_id)
        .where(which)
        .order_by(postings.c.entry_id, postings.c.line)
    )
    return session.execute(question).mappings().all()


def _sink(entry: Entry, legs: Sequence[sa.RowMapping]) -> UUID | None:
    """The account that the points went to, or came from when they were given."""
    direction = -1 if entry.points > 0 else 1
    for leg in legs:
        others = leg["asset"] == POINTS_ASSET and leg["kind"] != AccountKind.MEMBER
        if others and leg["amount"] * direction > 0:
            account: UUID = leg["account_id"]
            return account
    return None
