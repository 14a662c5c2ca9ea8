"""The shortest way to PostgreSQL: commands and prepared statements given straight to libpq. Knows no table.

The statements of a redemption cost more in the cursors of SQLAlchemy and psycopg than in the server (decision
0017), so the few of the hot path come this way, on the same connection and in the same transaction as the rest.
psycopg still turns values into PostgreSQL's and back. Errors are raised as SQLAlchemy raises the driver's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy.exc import DBAPIError

BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED"
# What was prepared is gone, because somebody deallocated it: transact() tries again, and all is prepared anew.
FORGOTTEN = "26000"
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL with $1 …, the name it is prepared under, and the type of each value where no cast in it says so."""

    name: bytes
    sql: bytes
    types: Sequence[int]
    formats: Sequence[PyFormat]


class Link:
    """One connection, as libpq has it, with what is prepared on it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        driver: Any = connection.connection.driver_connection
        self._driver: psycopg.Connection[Any] = driver
        self._pgconn: PGconn = driver.pgconn
        # It lives as long as the connection does, rollbacks included.
        self._prepared: dict[bytes, Any] = connection.info.setdefault("countermark_prepared", {})

    def command(self, sql: bytes) -> None:
        """Runs a command without values, such as SAVEPOINT; begins the transaction if need be."""
        self._begin()
        self._judge(self._pgconn.exec_(sql), sql)

    def commit(self) -> None:
        """RuntimeError when a fault was swallowed on the way: the server then rolls back, and calls it no error."""
        if self._pgconn.transaction_status == TransactionStatus.IDLE:
            return
        result = self._pgconn.exec_(b"COMMIT")
        self._judge(result, b"COMMIT")
        if result.command_status == b"ROLLBACK":
            raise RuntimeError("the transaction had failed before its commit and was rolled back")

    def rollback(self) -> None:
        """Psycopg's own would have the connection forget what was prepared on it, ours included."""
        status = self._pgconn.transaction_status
        if status == TransactionStatus.INTRANS:
            self._pgconn.exec_(b"ROLLBACK")
        elif status == TransactionStatus.INERROR:
            self._forget()

    def _forget(self) -> None:
        """After a fault everything is prepared anew: what failed may be a statement whose tables have changed."""
        try:
            self._driver.rollback()
        except psycopg.Error as fault:
            raise self._raised(fault, b"ROLLBACK") from fault
        self._judge(self._pgconn.exec_(b"DEALLOCATE ALL"), b"DEALLOCATE ALL")
        self._prepared.clear()

    def _begin(self) -> None:
        if self._pgconn.transaction_status == TransactionStatus.IDLE:
            self._judge(self._pgconn.exec_(BEGIN), BEGIN)

    def rows(self, statement: Statement, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Runs a statement, prepared at its first use, and gives its rows; begins the transaction if need be."""
        self._begin()
        adapter = self._prepared.get(statement.name) or self._prepare(statement)
        try:
            given = adapter.dump_sequence(values, statement.formats)
        except psycopg.Error as fault:  # a text with a NUL, before the server has seen anything
            raise self._raised(fault, statement.sql) from fault
        result = self._pgconn.exec_prepared(statement.name, given, adapter.formats)
        self._judge(result, statement.sql)
        adapter.set_pgresult(result)
        rows: list[tuple[Any, ...]] = adapter.load_rows(0, result.ntuples, tuple)
        return rows

    def _prepare(self, statement: Statement) -> Any:
        self._judge(self._pgconn.prepare(statement.name, statement.sql, statement.types), statement.sql)
        adapter = self._prepared[statement.name] = Transformer(self._driver)
        return adapter

    def _judge(self, result: PGresult, sql: bytes) -> None:
        if result.status in _DONE:
            return
        lost = self._pgconn.status == ConnStatus.BAD
        fault = psycopg.OperationalError(result.get_error_message()) if lost else error_from_result(result)
        if lost:
            # As SQLAlchemy does: after a restart of the server a retry must not go through the whole pool.
            self._connection.engine.pool._invalidate(self._connection.connection, fault, _checkin=False)  # noqa: SLF001
            self._connection.invalidate(fault)
        raise self._raised(fault, sql, lost=lost)

    def _raised(self, fault: psycopg.Error, sql: bytes, *, lost: bool = False) -> Any:
        return DBAPIError.instance(
            sql.decode(),
            None,
            fault,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=self._connection.dialect,
        )
