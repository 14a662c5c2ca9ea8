"""The one source of time; everything that compares with now takes it from here."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from ledger.columns import Instant


class Clock(Protocol):
    """Now as a value, and as an SQL expression that guarded statements compare with."""

    def now(self) -> datetime: ...

    def bound(self, dialect: str) -> datetime | None:
        """The value that statements built once are given; None where the database reads its own clock."""
        ...

    def sql(self, dialect: str) -> sa.ColumnElement[datetime]: ...


class SystemClock:
    """The database's clock on PostgreSQL, the process's on SQLite (which lives in this process anyway)."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def bound(self, dialect: str) -> datetime | None:
        return None if dialect == "postgresql" else self.now()

    def sql(self, dialect: str) -> sa.ColumnElement[datetime]:
        if dialect == "postgresql":
            # Not now(): that stands still for the whole transaction, also while it waits for a lock.
            return sa.func.clock_timestamp(type_=Instant())
        return sa.literal(self.now(), Instant())


class ManualClock:
    """A clock that tests and the demo data's history move by hand; safe to read from many threads."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def bound(self, dialect: str) -> datetime | None:
        del dialect
        return self.now()

    def sql(self, dialect: str) -> sa.ColumnElement[datetime]:
        del dialect
        return sa.literal(self.now(), Instant())

    def advance(self, step: timedelta) -> None:
        with self._lock:
            self._now += step

    def set(self, moment: datetime) -> None:
        with self._lock:
            self._now = moment
