"""The one place that commits, and the savepoint of a step; knows no tables.

transact() runs the step again when the database surely did nothing: serialization failure, deadlock, a lock not
granted within 2 s, a lost connection. A connection lost during COMMIT itself is not tried again, because nobody
knows whether it was done: the caller asks again with the same key.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ledger import last_writes, libpq
from ledger.database import Session, sqlstate

T = TypeVar("T")

ATTEMPTS_MAX = 8
RETRY_SECONDS_MAX = 6.0
UNDONE = {"40001", "40P01", "55P03", libpq.FORGOTTEN}
LOST = {"57P01", "57P02", "57P03"}
_savepoints = count(1)


def transact(session: Session, run: Callable[[], T]) -> T:
    """One writing transaction around `run`, committed; `run` may be called again after a rollback."""
    if session.in_transaction():
        raise RuntimeError("a transaction is already open on this session")
    # Rows loaded in an earlier transaction stay readable after its commit, but this one must not find them old.
    session.expire_all()
    give_up_at = time.monotonic() + RETRY_SECONDS_MAX
    for attempt in range(1, ATTEMPTS_MAX + 1):
        committing = False
        session.last_writes.clear()  # of an attempt that failed, or of a reading transaction
        with session.writing():
            try:
                session.connection(execution_options={"countermark_writes": True})
                result = run()
                # What the ORM still holds is written before the commit: a connection lost here did nothing.
                session.flush()
                last_writes.write(session)
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


class Savepoint:
    """A point in a transaction to which a step is undone: its rows, what it would write last, its objects."""

    def __init__(self, session: Session) -> None:
        session.flush()  # what was done before the savepoint stays
        self._session = session
        self._noted = len(session.last_writes)
        self._loaded = set(session.identity_map.keys())
        # Of two with the same name the database would go back to the later one.
        self._name = f"step_{next(_savepoints)}"
        self._run(f"SAVEPOINT {self._name}")

    def undo(self) -> None:
        """Rows come back as they were; objects that came later leave the session, the others are read anew."""
        session = self._session
        for loaded in (*session.new, *session.identity_map.values()):
            key = sa.inspect(loaded).key
            if key in self._loaded:
                session.expire(loaded)
            else:
                session.expunge(loaded)
        self._run(f"ROLLBACK TO SAVEPOINT {self._name}")
        del session.last_writes[self._noted :]

    def _run(self, sql: str) -> None:
        if self._session.dialect == "sqlite":
            self._session.core().exec_driver_sql(sql)
        else:
            self._session.link().command(sql.encode())
