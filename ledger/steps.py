"""One step of the books, written once: on PostgreSQL a single statement, on SQLite its parts in turn.

SQLite has no data-modifying WITH. A Step is therefore a list of parts that refer to each other's answers: on
PostgreSQL they become the WITH of one statement (measured: a third faster than one by one), on SQLite each
runs by itself and its answer is bound into the next. Statements are built once and reused, because
building them costs Python more than the database needs to run them. Knows no table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import UpdateBase

from ledger.columns import Instant
from ledger.database import Session
from ledger.leaves import note_step
from ledger.outbox import tell_step
from ledger.prepared import Prepared

Values = Mapping[str, Any]


def argument(name: str, column: sa.ColumnElement[Any]) -> sa.BindParameter[Any]:
    """A value given to run(), with the type of the column it is meant for."""
    # The prefix keeps it apart from column names, which SQLAlchemy reserves in INSERT and UPDATE.
    return sa.bindparam(f"arg_{name}", type_=column.type)


class Answer:
    """The one row that an earlier part answered: columns of a WITH, or values bound afterwards."""

    def __init__(self, columns: Mapping[str, sa.ColumnElement[Any]], source: sa.CTE | None) -> None:
        self.names = list(columns)
        self.source = source
        self._columns = columns

    def __getitem__(self, name: str) -> sa.ColumnElement[Any]:
        return self._columns[name]


class Plan:
    """The parts of one step for one database, in order."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.parts: list[tuple[str, sa.Executable]] = []
        self.answers: dict[str, Answer] = {}
        self.told: list[_Told] = []
        self.computed: dict[str, sa.ColumnElement[Any]] = {}
        self._ctes: list[sa.CTE] = []

    def now(self) -> sa.ColumnElement[datetime]:
        """The clock, read where it stands: after the locks of the parts before it."""
        bound = sa.bindparam("arg_now", type_=Instant())
        if self.dialect == "sqlite":
            return bound
        return sa.func.coalesce(bound, sa.func.clock_timestamp(), type_=Instant())

    def ask(self, name: str, statement: Any) -> Answer:
        """A part that answers one row; when it answers none, the step ends there and did nothing."""
        self.parts.append((name, statement))
        names = list(statement.exported_columns.keys())
        if self.dialect == "sqlite":
            columns = {
                key: sa.bindparam(f"{name}__{key}", type_=statement.exported_columns[key].type)
                for key in names
            }
            answer = Answer(columns, None)
        else:
            cte = statement.cte(name)
            self._ctes.append(cte)
            answer = Answer({key: cte.c[key] for key in names}, cte)
        self.answers[name] = answer
        return answer

    def write(self, name: str, statement: UpdateBase) -> None:
        """A part whose answer nobody needs; it must refer to an earlier answer that it depends on."""
        self.parts.append((name, statement))
        if self.dialect != "sqlite":
            self._ctes.append(statement.cte(name))

    def insert(self, name: str, table: sa.Table, after: Answer, *rows: Mapping[str, Any]) -> None:
        """Rows for a table, once `after` has answered."""
        self.write(name, _rows_into(table, after, rows))

    def record(self, table: sa.Table, after: Answer, *rows: Mapping[str, Any]) -> None:
        """Rows as by insert(), whose values the step tells afterwards: leaves are made of them."""
        self.insert(f"stored_{len(self.told)}", table, after, *rows)
        sources = [
            [(column.name, self._source(row.get(column.name, sa.null()))) for column in table.c]
            for row in rows
        ]
        self.told.append(_Told(table, sources))

    def _source(self, value: Any) -> "_Source":
        """Where run() finds a value: among its arguments and the answers, or it is asked for as well."""
        if isinstance(value, sa.BindParameter):
            return _Source(value.key, None) if value.required else _Source("", value.value)
        if isinstance(value, sa.Null):
            return _Source("", None)
        for name, answer in self.answers.items():
            for key in answer.names:
                if answer[key] is value:
                    return _Source(f"{name}__{key}", None)
        name = f"computed__{len(self.computed)}"
        self.computed[name] = value
        return _Source(name, None)

    def whole(self) -> sa.Select[Any]:
        """All of it as one statement, for PostgreSQL; its row has every answer's columns as name__column."""
        labels = [
            answer[key].label(f"{name}__{key}")
            for name, answer in self.answers.items()
            for key in answer.names
        ]
        labels += [value.label(name) for name, value in self.computed.items()]
        rows = [answer.source for answer in self.answers.values() if answer.source is not None]
        joined: Any = rows[0]
        for row in rows[1:]:
            joined = joined.join(row, sa.true())
        return sa.select(*labels).select_from(joined).add_cte(*self._ctes)


class Step:
    """A step by its builder, which is called once a database."""

    def __init__(self, build: Callable[[Plan], None]) -> None:
        self._build = build
        self._plans: dict[str, tuple[Plan, Prepared | None]] = {}

    def run(self, session: Session, **arguments: object) -> Values | None:
        """The answers as name__column, or None when a part that had to answer did not."""
        plan, whole = self._plan(session.dialect)
        values: dict[str, Any] = {f"arg_{name}": value for name, value in arguments.items()}
        values["arg_now"] = session.clock.bound(session.dialect)
        answers = _by_parts(session, plan, values) if whole is None else _at_once(session, whole, values)
        if answers is not None:
            values |= answers
            written = [(told.table, told.rows(values)) for told in plan.told]
            note_step(session, written)
            tell_step(session, written)
        return answers

    def _plan(self, dialect: str) -> tuple[Plan, Prepared | None]:
        # Two threads may build the same plan at the same time; either is good.
        if dialect not in self._plans:
            plan = Plan(dialect)
            self._build(plan)
            self._plans[dialect] = (plan, None if dialect == "sqlite" else Prepared(plan.whole()))
        return self._plans[dialect]


@dataclass(frozen=True, slots=True)
class _Source:
    """A value of a stored row: by its name among what a run knows, or always the same."""

    name: str
    constant: Any


@dataclass(frozen=True, slots=True)
class _Told:
    table: sa.Table
    sources: Sequence[Sequence[tuple[str, _Source]]]

    def rows(self, values: Values) -> list[Values]:
        return [
            {column: values[source.name] if source.name else source.constant for column, source in row}
            for row in self.sources
        ]


def _at_once(session: Session, whole: Prepared, values: Values) -> Values | None:
    rows = whole.rows(session, values)
    return rows[0] if rows else None


def _by_parts(session: Session, plan: Plan, values: Values) -> Values | None:
    # The ORM's own execute adds a third to the cost and nothing that Core tables need.
    connection = session.core()
    known = dict(values)
    for name, statement in plan.parts:
        result = connection.execute(statement, known)
        if name in plan.answers:
            answer = result.mappings().one_or_none()
            if answer is None:
                return None
            known |= {f"{name}__{key}": value for key, value in answer.items()}
    if plan.computed:
        asked = sa.select(*(value.label(name) for name, value in plan.computed.items()))
        known |= connection.execute(asked, known).mappings().one()
    return known


def _rows_into(table: sa.Table, after: Answer, rows: Sequence[Mapping[str, Any]]) -> sa.Insert:
    selects = [_select(table, row, after) for row in rows]
    source = selects[0] if len(selects) == 1 else sa.union_all(*selects)
    return sa.insert(table).from_select(list(rows[0]), source)


def _select(table: sa.Table, row: Mapping[str, Any], after: Answer) -> sa.Select[Any]:
    columns = [sa.type_coerce(value, table.c[key].type).label(key) for key, value in row.items()]
    chosen = sa.select(*columns)
    return chosen if after.source is None else chosen.select_from(after.source)
