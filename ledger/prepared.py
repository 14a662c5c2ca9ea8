"""A statement that is built in Core once and run very often; knows no table.

On PostgreSQL it is compiled once a process and prepared once a connection (libpq.py); on SQLite it runs
through SQLAlchemy, like everything else.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.adapt import PyFormat
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect

from ledger import libpq
from ledger.columns import Flag, Key, Whole
from ledger.database import Session

Row = Mapping[Any, Any]
_DIALECT: Dialect = PGDialect_psycopg(dbapi=psycopg, paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_BOOLEAN, _INTERVAL = (psycopg.adapters.types[name].oid for name in ("bool", "interval"))
# Only SQLite needs to be told how these are stored.
_AS_THEY_ARE = (Flag, Key, Whole)
_names = count(1)


class Prepared:
    """`statement` has its values as named parameters; a literal in it keeps its own."""

    def __init__(self, statement: sa.Executable) -> None:
        self._statement = statement

    def rows(self, session: Session, values: Row) -> Sequence[Row]:
        """What it returns, by column; nothing for a statement that returns nothing."""
        if session.dialect == "sqlite":
            result = session.core().execute(self._statement, values)
            return result.mappings().all() if result.returns_rows else ()
        return self._compiled.rows(session.link(), values)

    @cached_property
    def _compiled(self) -> "_Compiled":
        return _Compiled(self._statement)


class _Compiled:
    """The statement as PostgreSQL is given it, and how its values go there and come back."""

    def __init__(self, statement: Any) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        names: list[str] = compiled.positiontup
        binds = [compiled.binds[name] for name in names]
        # No null in place of a value that was not given.
        self._literals = {
            name: bind.effective_value for name, bind in zip(names, binds, strict=True) if not bind.required
        }
        self._names = names
        self._into = [(at, turn) for at, bind in enumerate(binds) if (turn := _into(bind.type)) is not None]
        self._statement = libpq.Statement(
            name=b"countermark_%d" % next(_names),
            sql=str(compiled).encode(),
            types=[_oid(bind.type) for bind in binds],
            formats=[_format(bind.type) for bind in binds],
        )
        columns = list(statement.exported_columns.items()) if hasattr(statement, "exported_columns") else []
        self._columns = [key for key, _column in columns]
        self._out = [(key, turn) for key, column in columns if (turn := _out(column.type)) is not None]

    def rows(self, link: libpq.Link, values: Row) -> list[Row]:
        literals = self._literals
        given = [values[name] if name in values else literals[name] for name in self._names]
        for at, turn in self._into:
            given[at] = turn(given[at])
        found = link.rows(self._statement, given)
        return [self._row(row) for row in found]

    def _row(self, values: tuple[Any, ...]) -> Row:
        row = dict(zip(self._columns, values, strict=True))
        for key, turn in self._out:
            row[key] = turn(row[key])
        return row


def _into(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, _AS_THEY_ARE):
        return None
    return kind.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _out(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, _AS_THEY_ARE):
        return None
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None)


def _oid(kind: sa.types.TypeEngine[Any]) -> int:
    """The types that SQLAlchemy does not write as a cast; 0 leaves it to PostgreSQL."""
    if isinstance(kind.dialect_impl(_DIALECT), sa.Boolean) or kind.python_type is bool:
        return _BOOLEAN
    return _INTERVAL if isinstance(kind, sa.Interval) else 0


def _format(kind: sa.types.TypeEngine[Any]) -> PyFormat:
    # As text a number has no width: the statement's cast says what it is.
    return PyFormat.BINARY if isinstance(kind, sa.LargeBinary) else PyFormat.TEXT
