"""transact() and read(): what is tried again, what isn't, and whose turn it is."""

import sqlite3
import threading
import time

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

import ledger
from ledger import Database, Session
from ledger.models import balances
from ledger.writers import Writers
from tests.ledger.books import Books
from tests.ledger.threads import at_once


def test_a_step_that_raises_leaves_nothing(books: Books):
    def step() -> None:
        ledger.open_member(books.session, ledger.MemberId(ledger.new_id()))
        raise ledger.NotFound(what="reward")

    with pytest.raises(ledger.NotFound):
        books.run(step)

    assert books.read(lambda: books.session.scalar(sa.text("SELECT count(*) FROM balances"))) == 1


def test_a_transaction_inside_another_is_a_fault(session: Session):
    with pytest.raises(RuntimeError, match="already open"):
        ledger.transact(session, lambda: ledger.transact(session, lambda: None))
    with ledger.read(session):
        session.connection()
        with pytest.raises(RuntimeError, match="already open"):
            ledger.transact(session, lambda: None)


def test_reading_leaves_nothing_behind(books: Books):
    with ledger.read(books.session):
        books.session.execute(sa.text("DELETE FROM balances"))

    assert books.balance() == (0, 0)


class BalanceRow:
    """A row as the ORM keeps it."""


def test_a_row_from_an_earlier_transaction_is_not_found_old(database: Database, books: Books):
    registry = sa.orm.registry()
    registry.map_imperatively(BalanceRow, balances)
    kept = books.run(lambda: books.session.get(BalanceRow, books.member_id))
    assert kept.posted == 0
    with database.session() as other:
        Books(other).credit(5)

    assert books.run(lambda: books.session.get(BalanceRow, books.member_id).posted) == 5
    registry.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "57P01"])
def test_what_the_database_undid_is_tried_again(books: Books, sqlstate: str):
    tries = []

    def step() -> int:
        tries.append(ledger.open_member(books.session, ledger.MemberId(ledger.new_id())))
        if len(tries) < 3:
            books.session.execute(
                sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END $$")
            )
        return len(tries)

    assert books.run(step) == 3
    assert books.read(lambda: books.session.scalar(sa.text("SELECT count(*) FROM balances"))) == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_the_database_refused_is_not_tried_again(books: Books):
    tries = []

    def step() -> None:
        tries.append(1)
        books.session.execute(sa.text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError):
        books.run(step)

    assert tries == [1]


def cut(url: str, pid: int) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [pid])
        while admin.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            time.sleep(0.01)


def backend(session: Session) -> int:
    return session.scalar(sa.text("SELECT pg_backend_pid()"))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_lost_on_the_way_is_replaced_and_the_step_done_once(books: Books, database_url: str):
    books.credit(10)
    tries = []

    def step() -> None:
        tries.append(ledger.charge_claim(books.session, ledger.Origin(client="t", source="s"),
                                         member_id=books.member_id, points=ledger.Points(1)))  # fmt: skip
        if len(tries) == 1:
            cut(database_url, backend(books.session))
            books.session.execute(sa.text("SELECT 1"))

    books.run(step)

    assert len(tries) == 2
    assert books.balance() == (9, 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_lost_in_the_commit_is_not_guessed_about(books: Books, database_url: str):
    books.credit(10)
    tries = []

    def step() -> None:
        tries.append(ledger.charge_claim(books.session, ledger.Origin(client="t", source="s"),
                                         member_id=books.member_id, points=ledger.Points(1)))  # fmt: skip
        pid = backend(books.session)
        sa.event.listen(books.session, "before_commit", lambda _session: cut(database_url, pid), once=True)

    with pytest.raises(OperationalError):
        books.run(step)

    assert len(tries) == 1
    assert books.balance() == (10, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_is_durable_and_reads_do_not_wait_for_a_writer(database: Database, books: Books):
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    found = books.read(lambda: [books.session.scalar(sa.text(f"PRAGMA {name}")) for name in pragmas])
    assert found == ["wal", 2, 1, 10_000]

    def step() -> tuple[int, int]:
        ledger.open_member(books.session, ledger.MemberId(ledger.new_id()))
        with database.session() as reader:
            return Books(reader).balance()

    assert books.run(step) == (0, 0)


def test_writers_go_in_the_order_they_came():
    writers, order, waiting = Writers(), [], []
    with writers.turn():
        for number in range(8):

            def wait(number: int = number) -> None:
                with writers.turn():
                    order.append(number)

            waiting.append(threading.Thread(target=wait))
            waiting[-1].start()
            while len(writers._queue) < number + 2:
                time.sleep(0.001)
    for thread in waiting:
        thread.join(5)

    assert order == list(range(8))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_process_writing_makes_us_wait_and_not_fail(database: Database, books: Books):
    other = database.engine.raw_connection()
    other.cursor().execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.rollback).start()

    began = time.monotonic()
    books.credit(1)

    assert time.monotonic() - began > 0.2
    assert books.balance() == (1, 0)
    other.close()


def test_a_slow_reader_does_not_stop_writers(database: Database, books: Books):
    read_it = threading.Event()

    def reader(session: Session) -> tuple[int, int]:
        with ledger.read(session):
            first = ledger.balance_of(session, books.member_id).available
            read_it.wait(10)
            return first, 0

    def writer(session: Session) -> tuple[int, int]:
        try:
            return Books(session).credit(5).points, 0
        finally:
            read_it.set()

    assert at_once(database, [reader, writer])[1] == (5, 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_every_transaction_is_read_committed_whatever_the_server_defaults_to(
    database: Database, database_url: str, session: Session
):
    with psycopg.connect(database_url, autocommit=True) as admin:
        name = database_url.rpartition("/")[2]
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
        admin.execute(f"ALTER DATABASE {name} SET lock_timeout = '1h'")
    database.engine.dispose()
    asked = ("transaction_isolation", "lock_timeout", "statement_timeout", "TimeZone", "synchronous_commit")

    def found() -> list[str]:
        return [session.scalar(sa.text(f"SHOW {name}")) for name in asked]

    with ledger.read(session):
        reading = found()
    assert reading == ledger.transact(session, found) == ["read committed", "2s", "30s", "UTC", "on"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_control_a_plain_connection_has_the_servers_isolation(database_url: str):
    with psycopg.connect(database_url, autocommit=True) as admin:
        name = database_url.rpartition("/")[2]
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    with psycopg.connect(database_url) as plain:
        assert plain.execute("SHOW transaction_isolation").fetchone() == ("serializable",)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_sqlite_a_writer_has_the_write_lock_from_its_first_word(database: Database, session: Session):
    beside = database.engine.raw_connection()
    beside.cursor().execute("PRAGMA busy_timeout = 0")

    def step() -> str:
        with pytest.raises(sqlite3.OperationalError) as refused:
            beside.cursor().execute("BEGIN IMMEDIATE")
        return str(refused.value)

    assert ledger.transact(session, step) == "database is locked"
    with ledger.read(session):
        session.scalar(sa.text("SELECT count(*) FROM balances"))
        beside.cursor().execute("BEGIN IMMEDIATE")
        beside.rollback()
    beside.close()


@pytest.mark.parametrize(
    ("version", "buggy"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_versions_with_the_wal_reset_bug_are_known(version: tuple[int, int, int], buggy: bool):  # noqa: FBT001
    assert ledger.has_wal_reset_bug(version) is buggy
