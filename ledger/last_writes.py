"""What a step writes last: rows that nothing in it reads again. Knows no table.

Leaves, audit records, events and the outcome of a key go to the database in one statement, right before the
COMMIT (decision 0017). They are in the same transaction as all else: they commit with it or not at all, and what
was noted after a savepoint is forgotten when the step is undone to it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from ledger.database import Session
from ledger.prepared import Prepared

# A statement is prepared for each mix of rows up to so many; what writes more is no hot path.
ROWS_IN_ONE_STATEMENT_MAX = 12
# SQLAlchemy keeps the bare names of columns for itself.
_SINGLE = "row_"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LastWrite:
    """One kind of row. `build` makes the statement for some rows, whose values are named prefix + column."""

    name: str
    build: Callable[[str, Sequence[str]], sa.Insert | sa.Update]


def note(session: Session, write: LastWrite, row: Row) -> None:
    """Has a row written with the commit, after what the step writes itself."""
    session.last_writes.append((write, row))


def insert_into(table: sa.Table) -> LastWrite:
    """Rows as they are given, with every column of the table."""

    def build(_dialect: str, prefixes: Sequence[str]) -> sa.Insert:
        return rows_into(table, [given(table, list(table.c.keys()), prefix) for prefix in prefixes])

    return LastWrite(name=table.name, build=build)


def given(table: sa.Table, names: Sequence[str], prefix: str) -> dict[str, Any]:
    """Parameters for some columns of a row."""
    return {name: sa.bindparam(prefix + name, type_=table.c[name].type) for name in names}


def rows_into(table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> sa.Insert:
    # A list of one would be another statement, of which SQLAlchemy can't execute many.
    return sa.insert(table).values(rows[0] if len(rows) == 1 else list(rows))


def write(session: Session) -> None:
    """Writes what was noted; RuntimeError when a row that is to be changed is not there."""
    noted: dict[LastWrite, list[Row]] = {}
    for kind, row in session.last_writes:
        noted.setdefault(kind, []).append(row)
    count = len(session.last_writes)
    session.last_writes.clear()
    if session.dialect == "postgresql" and 0 < count <= ROWS_IN_ONE_STATEMENT_MAX:
        _write_together(session, noted)
        return
    for kind, rows in noted.items():
        values = [{f"{_SINGLE}{name}": value for name, value in row.items()} for row in rows]
        counted = {"preserve_rowcount": True}
        done = session.core().execute(_single(session.dialect, kind), values, execution_options=counted)
        _judge(kind, len(rows), done.rowcount)


def _write_together(session: Session, noted: Mapping[LastWrite, Sequence[Row]]) -> None:
    shape = tuple((kind, len(rows)) for kind, rows in noted.items())
    values = {
        f"{kind.name}_{number}_{name}": value
        for kind, rows in noted.items()
        for number, row in enumerate(rows)
        for name, value in row.items()
    }
    (done,) = _together(shape).rows(session, values)
    for kind, rows in noted.items():
        _judge(kind, len(rows), done[kind.name])


def _judge(kind: LastWrite, asked: int, done: int) -> None:
    if asked != done:
        raise RuntimeError(f"{asked} rows of {kind.name} were to be written, and {done} were")


@cache
def _single(dialect: str, kind: LastWrite) -> sa.Executable:
    return kind.build(dialect, [_SINGLE])


@cache
def _together(shape: tuple[tuple[LastWrite, int], ...]) -> Prepared:
    parts = []
    for kind, count in shape:
        prefixes = [f"{kind.name}_{number}_" for number in range(count)]
        written: Any = kind.build("postgresql", prefixes).returning(sa.literal_column("1"))
        parts.append(written.cte(f"written_{kind.name}"))
    counted = [
        sa.select(sa.func.count()).select_from(part).scalar_subquery().label(kind.name)
        for part, (kind, _count) in zip(parts, shape, strict=True)
    ]
    return Prepared(sa.select(*counted))
