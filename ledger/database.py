"""Engines, sessions and the one place that commits; knows no tables.

transact() is the only commit. It runs the step again when the database surely did nothing: serialization
failure, deadlock, a lock not granted within 2 s, a lost connection. A connection lost during COMMIT itself is
not tried again, because nobody knows whether it was done: the caller asks again with the same key.
PostgreSQL: READ COMMITTED, lock_timeout 2 s, statement_timeout 30 s. SQLite: WAL, synchronous FULL, one
first-in-first-out queue of writers a process in front of BEGIN IMMEDIATE; reads stay deferred.
A command that writes beside the server warns where has_wal_reset_bug() (sqlite_versions.py).
"""

import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError

from ledger.clock import Clock
from ledger.keyring import Keyring

T = TypeVar("T")

LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "30s"
BUSY_TIMEOUT_MS = 10_000
QUEUE_SECONDS_MAX = 30.0
ATTEMPTS_MAX = 8
RETRY_SECONDS_MAX = 6.0
UNDONE = {"40001", "40P01", "55P03"}
LOST = {"57P01", "57P02", "57P03"}


class Database:
    """One database by its URL, for the life of the process."""

    def __init__(self, url: str, *, clock: Clock, keyring: Keyring) -> None:
        self.clock = clock
        self.keyring = keyring
        self.engine = engine_for(url)
        self._writers = _Writers() if self.engine.dialect.name == "sqlite" else None

    def session(self) -> "Session":
        return Session(self.engine, clock=self.clock, keyring=self.keyring, writers=self._writers)

    def dispose(self) -> None:
        self.engine.dispose()


class Session(orm.Session):
    """A session that carries the clock and the keys; transact() and read() open its transactions."""

    def __init__(
        self, bind: sa.Engine, *, clock: Clock, keyring: Keyring, writers: "_Writers | None"
    ) -> None:
        super().__init__(bind, expire_on_commit=False)
        self.clock = clock
        self.keyring = keyring
        self.dialect = bind.dialect.name
        self._writers = writers

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


def transact(session: Session, run: Callable[[], T]) -> T:
    """One writing transaction around `run`, committed; `run` may be called again after a rollback."""
    if session.in_transaction():
        raise RuntimeError("a transaction is already open on this session")
    # Rows loaded in an earlier transaction stay readable after its commit, but this one must not find them old.
    session.expire_all()
    give_up_at = time.monotonic() + RETRY_SECONDS_MAX
    for attempt in range(1, ATTEMPTS_MAX + 1):
        committing = False
        with session.writing():
            try:
                session.connection(execution_options={"countermark_writes": True})
                result = run()
                # What the ORM still holds is written before the commit: a connection lost here did nothing.
                session.flush()
                committing = True
                session.commit()
            except BaseException as fault:
                session.rollback()
                last = attempt == ATTEMPTS_MAX or time.monotonic() > give_up_at
                if last or not _did_nothing(fault, committing=committing):
                    raise
            else:
                return result
        time.sleep(random.uniform(0.2, 1) * min(0.005 * 2**attempt, 1))  # noqa: S311 - jitter, no secret
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def read(session: Session) -> Iterator[None]:
    """A reading transaction, always rolled back."""
    if session.in_transaction():
        raise RuntimeError("a transaction is already open on this session")
    try:
        yield
    finally:
        session.rollback()


def sqlstate(fault: BaseException) -> str | None:
    """PostgreSQL's five characters for a fault, where there are any."""
    original = fault.orig if isinstance(fault, DBAPIError) else None
    return original.sqlstate if isinstance(original, psycopg.Error) else None


def _did_nothing(fault: BaseException, *, committing: bool) -> bool:
    """Whether the database surely rolled back and may be asked again."""
    if not isinstance(fault, DBAPIError):
        return False
    state = sqlstate(fault)
    if state in UNDONE:
        return True
    lost = state in LOST or fault.connection_invalidated
    # A refused or broken connection has no SQLSTATE.
    lost = lost or (isinstance(fault.orig, psycopg.OperationalError) and state is None)
    return lost and not committing


class _Writers:
    """First in, first out: threads that wait in SQLite's own busy handler starve (measured: p99 1.4 s)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        mine = threading.Event()
        with self._lock:
            self._queue.append(mine)
            if self._queue[0] is mine:
                mine.set()
        try:
            if not mine.wait(QUEUE_SECONDS_MAX):
                raise TimeoutError("another writer has kept the database too long")
            yield
        finally:
            with self._lock:
                self._queue.remove(mine)
                if self._queue:
                    self._queue[0].set()


def engine_for(url: str) -> sa.Engine:
    """An engine with this module's rules, for what needs no session (migrations)."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    options = f"-c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT} -c timezone=UTC"
    return sa.create_engine(
        address,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        pool_size=16,
        max_overflow=16,
        connect_args={"options": options},
    )


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
