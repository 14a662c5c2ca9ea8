"""Seals: a signed Merkle root over every leaf that no seal has yet, chained to the seal before. Knows no records.

On PostgreSQL the leaves are found by snapshot difference: a transaction that was open when the last seal was
made is in no order of ids or times, but it is in no snapshot either, so its leaves are the next seal's. On
SQLite one writer at a time numbers its leaves. Reading, hashing and signing hold no lock; only the insert of the
finished row does, and of two sealers the second finds the number taken and leaves it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ledger import merkle
from ledger.database import Session
from ledger.seal_tables import leaves, seals
from ledger.signing import SealKey
from ledger.transactions import read, transact

VERSION = 1
GENESIS = bytes(32)
ID_BYTES = 16
# Before everything: no transaction has a lower number, no leaf a lower place.
NOTHING = {"postgresql": "1:1:", "sqlite": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    number: int
    era: int
    reach: str
    leaves: int
    leaf_ids: bytes
    root: bytes
    previous: bytes
    sealed_at: datetime
    hash: bytes
    signature: bytes

    def ids(self) -> list[UUID]:
        whole = self.leaf_ids
        return [UUID(bytes=whole[at : at + ID_BYTES]) for at in range(0, len(whole), ID_BYTES)]

    def message(self) -> bytes:
        """What is hashed and signed."""
        return message(
            number=self.number,
            era=self.era,
            reach=self.reach,
            leaves=self.leaves,
            root=self.root,
            previous=self.previous,
            sealed_at=self.sealed_at,
        )


def message(
    *, number: int, era: int, reach: str, leaves: int, root: bytes, previous: bytes, sealed_at: datetime
) -> bytes:
    """The canonical form of a seal, version 1; the root stands for the leaves and their order."""
    fields = {
        "seal": number,
        "version": VERSION,
        "era": era,
        "reach": reach,
        "leaves": leaves,
        "root": root.hex(),
        "previous": previous.hex(),
        "sealed_at": sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return json.dumps(fields, separators=(",", ":")).encode()


def seal_hash(text: bytes) -> bytes:
    """What the next seal and the anchor name this one by: SHA-256 of its message."""
    return hashlib.sha256(text).digest()


def seal_leaves(session: Session, key: SealKey) -> Seal | None:
    """Seals what is committed and not yet sealed; None when there is nothing, or another sealer was faster."""
    with one_snapshot(session):
        head = newest_seal(session)
        era = head.era if head else 0
        found, reach = unsealed(session, head), _reach(session, era)
    return _insert(session, _next(session, key, head, found, reach, era)) if found else None


def seal_restored(session: Session, key: SealKey) -> Seal | None:
    """The first seal after a restore: takes the copy's last leaves, if any, and begins a new era."""
    with one_snapshot(session):
        head = newest_seal(session)
        era = head.era + 1 if head else 1
        found, reach = unsealed(session, head), _reach(session, era)
    return _insert(session, _next(session, key, head, found, reach, era))


def newest_seal(session: Session) -> Seal | None:
    row = session.execute(sa.select(seals).order_by(seals.c.number.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else seal_of(row)


def seals_in_order(session: Session, *, after: int = 0) -> Iterator[Seal]:
    """All seals behind a number, read in portions."""
    query = sa.select(seals).where(seals.c.number > after).order_by(seals.c.number)
    with session.connection().execute(query.execution_options(yield_per=50)) as found:
        yield from (seal_of(row) for row in found.mappings())


def seal_of(row: Mapping[Any, Any]) -> Seal:
    return Seal(**{name: row[name] for name in Seal.__dataclass_fields__})


def unsealed(session: Session, head: Seal | None) -> list[tuple[UUID, bytes]]:
    """Id and MAC of the leaves that the seals up to `head` don't reach, by id."""
    reach = head.reach if head else NOTHING[session.dialect]
    query = _UNSEALED[session.dialect].columns(leaves.c.id, leaves.c.mac)
    rows = session.connection().execute(query, {"era": head.era if head else 0, "reach": reach})
    return [(row.id, bytes(row.mac)) for row in rows]


def unsealed_count(session: Session) -> int:
    """How many leaves wait for the next seal."""
    head = newest_seal(session)
    values = {"era": head.era if head else 0, "reach": head.reach if head else NOTHING[session.dialect]}
    return int(session.connection().execute(_COUNT[session.dialect], values).scalar_one())


def newest_sealed_at(session: Session) -> datetime | None:
    """When the newest seal was made; None while there is none."""
    return session.scalar(sa.select(seals.c.sealed_at).order_by(seals.c.number.desc()).limit(1))


@contextmanager
def one_snapshot(session: Session) -> Iterator[None]:
    """A reading transaction in which every statement sees the same moment."""
    with read(session):
        if session.dialect == "postgresql":
            session.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            session.execute(sa.text("SET LOCAL statement_timeout = 0"))
        yield


def _reach(session: Session, era: int) -> str:
    return str(session.scalar(_REACH[session.dialect], {"era": era}))


def _next(
    session: Session, key: SealKey, head: Seal | None, found: list[tuple[UUID, bytes]], reach: str, era: int
) -> Seal:
    sealed: dict[str, Any] = {
        "number": head.number + 1 if head else 1,
        "era": era,
        "reach": reach,
        "leaves": len(found),
        "root": merkle.root([mac for _id, mac in found]),
        "previous": head.hash if head else GENESIS,
        "sealed_at": session.clock.now(),
    }
    text = message(**sealed)
    ids = b"".join(leaf_id.bytes for leaf_id, _mac in found)
    return Seal(**sealed, leaf_ids=ids, hash=seal_hash(text), signature=key.sign(text))


def _insert(session: Session, made: Seal) -> Seal | None:
    row = {name: getattr(made, name) for name in Seal.__dataclass_fields__}
    free = ~sa.exists().where(seals.c.number == made.number)
    values = sa.select(*(sa.literal(value, seals.c[name].type) for name, value in row.items())).where(free)
    statement: Any = sa.insert(seals).from_select(list(row), values)
    if session.dialect == "postgresql":
        statement = postgresql.insert(seals).from_select(list(row), values).on_conflict_do_nothing()
    inserted = transact(session, lambda: session.execute(statement.returning(seals.c.number)).one_or_none())
    return None if inserted is None else made


_WAITS = {
    "postgresql": """FROM leaves
        WHERE era = :era
          AND place >= CAST(CAST(pg_snapshot_xmin(CAST(:reach AS pg_snapshot)) AS text) AS bigint)
          AND NOT pg_visible_in_snapshot(CAST(CAST(place AS text) AS xid8), CAST(:reach AS pg_snapshot))""",
    "sqlite": "FROM leaves WHERE era = :era AND place > CAST(:reach AS INTEGER)",
}
_UNSEALED = {dialect: sa.text(f"SELECT id, mac {waits} ORDER BY id") for dialect, waits in _WAITS.items()}
_COUNT = {dialect: sa.text(f"SELECT count(*) {waits}") for dialect, waits in _WAITS.items()}
_REACH = {
    "postgresql": sa.text("SELECT CAST(pg_current_snapshot() AS text) WHERE :era >= 0"),
    "sqlite": sa.text("SELECT coalesce(max(place), 0) FROM leaves WHERE era = :era"),
}
