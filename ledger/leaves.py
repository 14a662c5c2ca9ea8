"""A leaf for every record that may not change: its HMAC under a key outside the database. Knows no seals.

The canonical form of a record has a version, and a version's fields never change: a later column begins a new
version, and old leaves are judged by the one they were made with. Personal values never stand in a record.
A leaf commits with its record: what a step notes is written when its savepoint or transaction is committed, and
forgotten when that is rolled back.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from ledger.columns import Instant
from ledger.database import Session
from ledger.keyring import Keyring
from ledger.models import entries, hold_events, lots, postings
from ledger.seal_tables import leaves

Row = Mapping[Any, Any]
PENDING = "leaves to be written"
ROWS_MAX = 100
_ORIGIN = (
    "client",
    "source",
    "branch_id",
    "till_id",
    "operator_id",
    "on_behalf",
    "booking_id",
    "reference",
    "request_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind:
    """A table whose rows have leaves: the fields of each version of its canonical form, in their order.

    `lines` is the table of a record's lines (an entry's postings), by `lines_key` and in the order of `line`.
    """

    name: str
    table: sa.Table
    forms: Mapping[int, tuple[str, ...]]
    lines: sa.Table | None = None
    lines_key: str = ""
    line_forms: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        return max(self.forms)


ENTRY = RecordKind(
    name="entry",
    table=entries,
    forms={
        1: (
            *("id", "type", "kind", "member_id", "points", "number", "balance_after", "lines", "hold_id"),
            *("created_at", *_ORIGIN, "party", "reverses_id", "reversal_number", "unrecovered", "reason"),
        )
    },
    lines=postings,
    lines_key="entry_id",
    line_forms={1: ("line", "account_id", "member_id", "asset", "amount", "reference")},
)
HOLD_EVENT = RecordKind(
    name="hold_event",
    table=hold_events,
    forms={
        1: ("id", "hold_id", "member_id", "event", "expires_at", "created_at", *_ORIGIN, "points", "reason")
    },
)
# What a lot was when it was made; how much of it is left is state, recomputed by check.py.
LOT = RecordKind(name="lot", table=lots, forms={1: ("id", "member_id", "entry_id", "points", "expires_at")})
BOOK_RECORDS = (ENTRY, HOLD_EVENT, LOT)


def canonical(kind: RecordKind, version: int, row: Row, lines: Sequence[Row] = ()) -> str:
    """The one text of a record in a version of its form: JSON, the fields in their order, times in UTC."""
    record = {"record": kind.name, "version": version, **_fields(kind.table, kind.forms[version], row)}
    if kind.lines is not None:
        form = kind.line_forms[version]
        record["postings"] = [list(_fields(kind.lines, form, line).values()) for line in lines]
    return json.dumps(record, separators=(",", ":"))


def record_key(keyring: Keyring, record_id: UUID) -> bytes:
    """One key a record: whoever is shown it can check this record's leaf, and no other."""
    return keyring.mac("leaf", str(record_id))


def mac(key: bytes, text: str) -> bytes:
    """The leaf itself: HMAC-SHA256 of the canonical text under the record's key."""
    return hmac.digest(key, text.encode(), hashlib.sha256)


def note(session: Session, kind: RecordKind, row: Row, lines: Sequence[Row] = ()) -> None:
    """The leaf of a record that was just inserted; it is written with the commit."""
    record_id = _uuid(row["id"])
    leaf = {
        "id": record_id,
        "kind": kind.name,
        "version": kind.newest,
        "member_id": _uuid(row["member_id"]),
        "mac": mac(record_key(session.keyring, record_id), canonical(kind, kind.newest, row, lines)),
    }
    session.info.setdefault(PENDING, []).append((session.get_nested_transaction(), leaf))


def note_step(session: Session, told: Sequence[tuple[sa.Table, Sequence[Any]]]) -> None:
    """The leaves of what a step of the books wrote: its rows by table, as they were stored."""
    lines = [row for table, rows in told if table is postings for row in rows]
    for kind in BOOK_RECORDS:
        for row in (row for table, rows in told if table is kind.table for row in rows):
            own = [line for line in lines if kind is ENTRY and line["entry_id"] == row["id"]]
            note(session, kind, row, sorted(own, key=lambda line: int(line["line"])))


@sa.event.listens_for(Session, "before_commit")
def _write(session: orm.Session) -> None:
    """Writes what was noted; also before a savepoint is released, so that a rollback to it takes all."""
    rows = [leaf for _savepoint, leaf in session.info.pop(PENDING, ())]
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(_INSERT_SQLITE, rows)
        return
    # One statement, as text: SQLAlchemy's own many-rows form costs more than the insert itself.
    for at in range(0, len(rows), ROWS_MAX):
        portion = rows[at : at + ROWS_MAX]
        values = tuple(value for leaf in portion for value in leaf.values())
        connection.exec_driver_sql(_insert_postgresql(len(portion)), values)


@sa.event.listens_for(Session, "after_soft_rollback")
def _forget(session: orm.Session, rolled_back: orm.SessionTransaction) -> None:
    pending = session.info.get(PENDING, [])
    session.info[PENDING] = [noted for noted in pending if rolled_back.nested and noted[0] is not rolled_back]


_ERA = "coalesce((SELECT era FROM seals ORDER BY number DESC LIMIT 1), 0)"
# One writer at a time, so that the next number is the next commit's.
_INSERT_SQLITE = sa.insert(leaves).values(
    era=sa.literal_column(_ERA),
    place=sa.literal_column(f"(SELECT coalesce(max(place), 0) + 1 FROM leaves WHERE era = {_ERA})"),
)


@cache
def _insert_postgresql(count: int) -> str:
    row = f"(%s, %s, %s, %s, %s, {_ERA}, CAST(CAST(pg_current_xact_id() AS text) AS bigint))"
    columns = "id, kind, version, member_id, mac, era, place"
    return f"INSERT INTO leaves ({columns}) VALUES {', '.join([row] * count)}"


def _fields(table: sa.Table, form: Sequence[str], row: Row) -> dict[str, Any]:
    moments = _moments(table)
    return {name: _moment(row[name]) if name in moments else _plain(row[name]) for name in form}


@cache
def _moments(table: sa.Table) -> frozenset[str]:
    return frozenset(column.name for column in table.c if isinstance(column.type, Instant))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _moment(value: datetime | str | None) -> str | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _uuid(value: Any) -> Any:
    return UUID(value) if isinstance(value, str) else value
