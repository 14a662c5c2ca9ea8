"""What the lines of a report say: entries with their cash, and hold events, by their ids. Names nobody."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger.database import Session
from ledger.models import accounts, entries, hold_events, holds, postings
from ledger.report_terms import LineKey, ReportLine
from ledger.terms import AccountKind, EarnKind, EntryType, HoldEvent, HoldId, MemberId, Minor, Points

_SHARED = ("source", "branch_id", "till_id", "operator_id", "on_behalf", "booking_id", "reference", "reason")


def lines_of(session: Session, keys: Sequence[LineKey]) -> list[ReportLine]:
    """The lines with these keys, in their order; whoever asks has the keys from line_keys()."""
    ids = [key.id for key in keys]
    cash = _cash(session, ids)
    found: dict[UUID, ReportLine] = {}
    for question in (_entries(ids), _hold_events(ids)):
        for row in session.execute(question).mappings():
            found[row["id"]] = _line(row, cash.get(row["id"], ()))
    return [found[key] for key in ids]


def _entries(ids: Sequence[UUID]) -> sa.Select[Any]:
    return sa.select(
        *(entries.c[name] for name in ("id", "member_id", "created_at", "kind", "points", "hold_id")),
        *(entries.c[name] for name in ("balance_after", "reverses_id", *_SHARED)),
        entries.c.type.label("what"),
        sa.func.abs(entries.c.points).label("concerned"),
    ).where(entries.c.id.in_(ids))


def _hold_events(ids: Sequence[UUID]) -> sa.Select[Any]:
    return (
        sa.select(
            *(hold_events.c[name] for name in ("id", "member_id", "created_at", "hold_id", *_SHARED)),
            hold_events.c.event.label("what"),
            sa.func.coalesce(hold_events.c.points, holds.c.points).label("concerned"),
        )
        .join(holds, holds.c.id == hold_events.c.hold_id)
        .where(hold_events.c.id.in_(ids))
    )


def _cash(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, Minor]]]:
    """What each entry moved of each currency, over all tenders."""
    rows = session.execute(
        sa.select(postings.c.entry_id, postings.c.asset, sa.func.sum(postings.c.amount))
        .join(accounts, accounts.c.id == postings.c.account_id)
        .where(postings.c.entry_id.in_(ids), accounts.c.kind == AccountKind.CASH.value)
        .group_by(postings.c.entry_id, postings.c.asset)
        .order_by(postings.c.asset)
    )
    found: dict[UUID, list[tuple[str, Minor]]] = {}
    for entry_id, currency, amount in rows:
        found.setdefault(entry_id, []).append((currency, Minor(int(amount))))
    return found


def _line(row: sa.RowMapping, cash: Sequence[tuple[str, Minor]]) -> ReportLine:
    is_entry = "points" in row
    kind = row.get("kind")
    return ReportLine(
        id=row["id"],
        at=row["created_at"],
        what=EntryType(row["what"]) if is_entry else HoldEvent(row["what"]),
        kind=None if kind is None else EarnKind(kind),
        member_id=MemberId(row["member_id"]),
        points=Points(row.get("points", 0)),
        concerned=Points(row["concerned"]),
        cash=cash,
        balance_after=row.get("balance_after"),
        hold_id=None if row["hold_id"] is None else HoldId(row["hold_id"]),
        reverses_id=row.get("reverses_id"),
        **{name: row[name] for name in _SHARED},
    )
