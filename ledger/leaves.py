"""A leaf for every record that may not change: its HMAC under a key outside the database. Knows no seals.

The canonical form of a record has a version, and a version's fields never change: a later column begins a new
version, and old leaves are judged by the one they were made with. Personal values never stand in a record.
A leaf commits with its record: it is one of the step's last writes.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger import last_writes
from ledger.database import Session
from ledger.keyring import Keyring
from ledger.last_writes import LastWrite, given, rows_into
from ledger.models import entries, hold_events, lots, postings
from ledger.seal_tables import leaves

Row = Mapping[Any, Any]
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
    record = {"record": kind.name, "version": version, **_fields(kind.forms[version], row)}
    if kind.lines is not None:
        form = kind.line_forms[version]
        record["postings"] = [list(_fields(form, line).values()) for line in lines]
    return _AS_JSON(record)


def record_key(keyring: Keyring, record_id: UUID) -> bytes:
    """One key a record: whoever is shown it can check this record's leaf, and no other."""
    return keyring.mac("leaf", str(record_id))


def mac(key: bytes, text: str) -> bytes:
    """The leaf itself: HMAC-SHA256 of the canonical text under the record's key."""
    return hmac.digest(key, text.encode(), hashlib.sha256)


def note(session: Session, kind: RecordKind, row: Row, lines: Sequence[Row] = ()) -> None:
    """The leaf of a record of this step; it is written with the commit."""
    record_id: UUID = row["id"]
    leaf = {
        "id": record_id,
        "kind": kind.name,
        "version": kind.newest,
        "member_id": row["member_id"],
        "mac": mac(record_key(session.keyring, record_id), canonical(kind, kind.newest, row, lines)),
    }
    last_writes.note(session, LEAF, leaf)


def note_step(session: Session, told: Sequence[tuple[sa.Table, Sequence[Any]]]) -> None:
    """The leaves of what a step of the books wrote: its rows by table, as they were stored."""
    lines = [row for table, rows in told if table is postings for row in rows]
    for kind in BOOK_RECORDS:
        for row in (row for table, rows in told if table is kind.table for row in rows):
            own = [line for line in lines if kind is ENTRY and line["entry_id"] == row["id"]]
            note(session, kind, row, sorted(own, key=lambda line: int(line["line"])))


def _insert(dialect: str, prefixes: Sequence[str]) -> sa.Insert:
    """Leaves with their place: SQLite's in the order of the rows, PostgreSQL's by transaction (seals.py)."""
    place = _PLACE_SQLITE if dialect == "sqlite" else _PLACE_POSTGRESQL
    where: dict[str, Any] = {"era": sa.literal_column(_ERA), "place": sa.literal_column(place)}
    return rows_into(leaves, [given(leaves, _GIVEN, prefix) | where for prefix in prefixes])


_GIVEN = ("id", "kind", "version", "member_id", "mac")
_ERA = "coalesce((SELECT era FROM seals ORDER BY number DESC LIMIT 1), 0)"
# One writer at a time, so that the next number is the next commit's.
_PLACE_SQLITE = f"(SELECT coalesce(max(place), 0) + 1 FROM leaves WHERE era = {_ERA})"
_PLACE_POSTGRESQL = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
LEAF = LastWrite("leaves", _insert)


def _fields(form: Sequence[str], row: Row) -> dict[str, Any]:
    return {name: row[name] for name in form}


def _plain(value: UUID | datetime) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)


# Made once: the module's own dumps() makes one a call.
_AS_JSON = json.JSONEncoder(separators=(",", ":"), default=_plain).encode
