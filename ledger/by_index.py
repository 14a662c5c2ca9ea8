"""A table that is read by one of its indexes. Knows no question."""

from typing import Any

import sqlalchemy as sa

from ledger.database import Session


def table_by_index(session: Session, table: sa.Table, index: str) -> Any:
    """What to select from; the columns are named by bare().

    SQLite does not count how often a value occurs, and is told the index; PostgreSQL knows better.
    """
    return sa.text(f"{table.name} INDEXED BY {index}") if session.dialect == "sqlite" else table


def bare(table: sa.Table, name: str) -> sa.ColumnElement[Any]:
    """A column by its name alone: one of the table itself would put the table into the question once more."""
    return sa.column(name, table.c[name].type)
