"""Statements that go straight to libpq: what is prepared, lost, forgotten, and what must not slip through."""

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, StatementError

import ledger
from ledger import Database, Session, last_writes
from ledger.ids import new_id
from ledger.models import accounts
from ledger.prepared import Prepared
from tests.ledger.books import Books, open_books

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def account(tender: str) -> dict[str, object]:
    return {"id": new_id(), "kind": "cash", "asset": "EUR", "owner_id": new_id(), "tender": tender}


def test_a_pool_full_of_lost_connections_costs_one_more_attempt(database: Database, database_url: str):
    with database.session() as session:
        books = open_books(session)
        books.credit(10)
    connections = [database.engine.connect() for _more_than_attempts in range(12)]
    pids = [connection.scalar(sa.text("SELECT pg_backend_pid()")) for connection in connections]
    for connection in connections:
        connection.close()
    with psycopg.connect(database_url, autocommit=True) as admin:
        for pid in pids:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    tries = []

    with database.session() as session:
        request = ledger.Request(client="c", operation="o", key="k", fingerprint=b"f")

        def step() -> None:
            tries.append(1)
            ledger.claim_key(session, request)
            ledger.remember_success(session, request, b"done", None)

        ledger.transact(session, step)

    assert len(tries) == 2


def test_what_failed_and_was_swallowed_is_not_called_committed(books: Books):
    def step() -> None:
        books.session.execute(sa.insert(accounts).values(account("lost")))
        books.session.flush()
        with pytest.raises(DBAPIError):
            books.session.execute(sa.text("SELECT 1 / 0"))

    with pytest.raises(RuntimeError, match="rolled back"):
        books.run(step)

    lost = sa.select(accounts.c.id).where(accounts.c.tender == "lost")
    assert books.read(lambda: books.session.scalars(lost).all()) == []


def test_a_value_that_is_missing_is_a_fault_and_no_null(session: Session):
    optional = Prepared(sa.select(sa.bindparam("given", type_=sa.Text()).label("given")))

    with ledger.read(session):
        assert optional.rows(session, {"given": None}) == [{"given": None}]
    with ledger.read(session), pytest.raises(KeyError, match="given"):
        optional.rows(session, {"gven": "x"})


def test_a_text_that_postgresql_refuses_is_raised_as_sqlalchemy_does(session: Session):
    text = Prepared(sa.select(sa.bindparam("given", type_=sa.Text()).label("given")))

    with ledger.read(session), pytest.raises(DataError, match="NUL"):
        text.rows(session, {"given": "a\x00b"})
    with ledger.read(session):
        assert text.rows(session, {"given": "ab"}) == [{"given": "ab"}]


def test_what_was_deallocated_is_prepared_again_at_once(books: Books):
    books.credit(10)
    books.charge(1)
    tries = []

    def step() -> None:
        tries.append(1)
        if len(tries) == 1:
            books.session.execute(sa.text("DEALLOCATE ALL"))
        origin = ledger.Origin(client="c", source="s")
        ledger.charge_claim(books.session, origin, member_id=books.member_id, points=ledger.Points(1))

    books.run(step)

    assert (len(tries), books.balance()) == (2, (8, 0))


def test_a_statement_whose_columns_changed_fails_once(session: Session):
    def change(command: str) -> None:
        ledger.transact(session, lambda: session.execute(sa.text(command)))

    change("CREATE TABLE prices (price integer)")
    prices = sa.table("prices", sa.column("price", sa.Integer()))
    with ledger.read(session):
        asked = Prepared(sa.select(prices.c.price))
        assert asked.rows(session, {}) == []
    change("ALTER TABLE prices ALTER price TYPE text")

    with ledger.read(session), pytest.raises(StatementError, match="cached plan must not change result type"):
        asked.rows(session, {})
    with ledger.read(session):
        assert asked.rows(session, {}) == []


def test_what_is_noted_in_a_reading_transaction_is_never_written(session: Session):
    write = last_writes.insert_into(accounts)
    with ledger.read(session):
        last_writes.note(session, write, account("read"))

    ledger.transact(session, lambda: last_writes.note(session, write, account("written")))

    with ledger.read(session):
        assert session.scalars(sa.select(accounts.c.tender)).all() == ["written"]
