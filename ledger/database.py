"""Engines and sessions, and the rules of each database; knows no tables.

PostgreSQL: READ COMMITTED, lock_timeout 2 s, statement_timeout 30 s. SQLite: WAL, synchronous FULL, one
first-in-first-out queue of writers a process in front of BEGIN IMMEDIATE; reads stay deferred.
A command that writes beside the server warns where has_wal_reset_bug() (sqlite_versions.py).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError

from ledger.asked import Asked
from ledger.clock import Clock
from ledger.keyring import Keyring
from ledger.libpq import Link
from ledger.writers import Writers

LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "30s"
BUSY_TIMEOUT_MS = 10_000


class Database:
    """One database by its URL, for the life of the process."""

    def __init__(self, url: str, *, clock: Clock, keyring: Keyring) -> None:
        self.clock = clock
        self.keyring = keyring
        self.asked = Asked()
        self.engine = engine_for(url)
        self._writers = Writers() if self.engine.dialect.name == "sqlite" else None

    def session(self) -> "Session":
        session = Session(self.engine, clock=self.clock, keyring=self.keyring, writers=self._writers)
        session.asked = self.asked
        return session

    def dispose(self) -> None:
        self.engine.dispose()


class Session(orm.Session):
    """A session that carries the clock and the keys; transact() and read() open its transactions."""

    def __init__(self, bind: sa.Engine, *, clock: Clock, keyring: Keyring, writers: Writers | None) -> None:
        super().__init__(bind, expire_on_commit=False)
        self.clock = clock
        self.keyring = keyring
        self.dialect = bind.dialect.name
        self._writers = writers
        self.asked = Asked()
        self._core: sa.Connection | None = None
        self._link: Link | None = None
        # Of last_writes.py: noted while a step runs, written with its commit.
        self.last_writes: list[tuple[Any, Mapping[str, Any]]] = []

    def core(self) -> sa.Connection:
        """The connection of the transaction; the session's own way there costs as much as a statement."""
        if self._core is None or not self._core.in_transaction():
            self._core = self.connection()
            self._link = None
        return self._core

    def link(self) -> Link:
        """The same as libpq has it, on PostgreSQL."""
        core = self.core()
        if self._link is None:
            self._link = Link(core)
        return self._link

    def now_sql(self) -> sa.ColumnElement[datetime]:
        return self.clock.sql(self.dialect)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The right to write: on SQLite this thread's turn in the queue; then the transaction is begun."""
        if self._writers is None:
            yield
            return
        with self._writers.turn():
            yield


def sqlstate(fault: BaseException) -> str | None:
    """PostgreSQL's five characters for a fault, where there are any."""
    original = fault.orig if isinstance(fault, DBAPIError) else None
    return original.sqlstate if isinstance(original, psycopg.Error) else None


def engine_for(url: str) -> sa.Engine:
    """An engine with this module's rules, for what needs no session (migrations)."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    options = f"-c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT} -c timezone=UTC"
    engine = sa.create_engine(
        address,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        pool_size=16,
        max_overflow=16,
        connect_args={"options": options},
    )
    # Before psycopg's own, which then find nothing left to do: they cost more than the database's.
    sa.event.listen(engine, "commit", _commit_postgresql)
    sa.event.listen(engine, "rollback", _rollback_postgresql)
    return engine


def _commit_postgresql(connection: sa.Connection) -> None:
    Link(connection).commit()


def _rollback_postgresql(connection: sa.Connection) -> None:
    if not connection.invalidated:
        Link(connection).rollback()


def _sqlite(address: sa.URL) -> sa.Engine:
    engine = sa.create_engine(address, pool_size=16, max_overflow=48, hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own would be deferred and late
    # The time-out first: switching to WAL can meet another process that is doing the same.
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("countermark_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
