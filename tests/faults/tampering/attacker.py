"""Somebody who owns the database and nothing else: no trigger, check or key stands in the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ledger import Database


@contextmanager
def owner(database: Database) -> Iterator[Any]:
    """A cursor for which every guard inside the database is off; committed in the end."""
    raw = database.engine.raw_connection()
    cursor = raw.cursor()
    try:
        if database.engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "SELECT conrelid::regclass, conname FROM pg_constraint"
                " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
            )
            for table, name in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield cursor
        raw.commit()
    finally:
        raw.invalidate()
        raw.close()
