"""What the database itself refuses, whoever asks: changed, deleted, replaced and unbalanced records."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

import ledger
from ledger import SealKey, triggers
from ledger.ids import new_id
from ledger.models import entries, metadata, origin, postings
from ledger.seals import seal_leaves
from tests.conftest import NOON
from tests.ledger.books import MEMBER, Books

KEPT = ("entries", "postings", "hold_events", "earmarks", "draws", "givebacks", "leaves", "seals")
PROGRAMME = ("audit_records", "stock_movements")  # the panel's, kept by the same triggers
GUARDED = ("outcomes", "pendings")
EVERY = (*KEPT, *PROGRAMME, *GUARDED)
SQLITE = sorted(
    [f"{table}.{table}_{name}" for table in EVERY for name in ("no_update", "no_delete", "no_replace")]
    + ["entries.entries_balance", "postings.postings_closed"]
)
POSTGRESQL = sorted(
    [f"{table}.{table}_{name}" for table in EVERY for name in ("no_change", "no_truncate")]
    + [f"{table}.{table}_no_update" for table in GUARDED]
    + ["entries.entries_balance", "postings.postings_balance"]
)


@pytest.fixture
def full(books: Books) -> Books:
    """Books with at least one row in every table that is kept."""
    books.credit(100)
    books.charge(20)
    captured = books.capture(books.hold(30).id)
    books.reverse(captured.id, 10)
    books.credit(5, posts_at=NOON + timedelta(days=1))
    request = ledger.Request(client="c", operation="o", key="k", fingerprint=b"f")

    def remember() -> None:
        ledger.claim_key(books.session, request)
        ledger.remember_success(books.session, request, b"answer", MEMBER)

    books.run(remember)
    seal_leaves(books.session, SealKey(ledger.new_seal_key()))
    return books


def refused(books: Books, statement: str | sa.Executable) -> str:
    """What the database says to a statement; an error when it obeys."""
    command = sa.text(statement) if isinstance(statement, str) else statement
    with pytest.raises(DatabaseError) as refusal:
        books.run(lambda: books.session.execute(command))
    return str(refusal.value.orig)


def contents(books: Books) -> dict[str, list[object]]:
    tables = [*KEPT, *GUARDED]
    return books.read(
        lambda: {
            name: [tuple(row) for row in books.session.execute(sa.select(metadata.tables[name]))]
            for name in tables
        }
    )


def test_the_triggers_are_on_after_the_migration(session: ledger.Session):
    with ledger.read(session):
        found = triggers.names(session.connection())

    assert found == (SQLITE if session.dialect == "sqlite" else POSTGRESQL)


def test_installing_them_again_changes_nothing(session: ledger.Session):
    ledger.transact(session, lambda: triggers.install(session.connection()))

    test_the_triggers_are_on_after_the_migration(session)


def test_records_are_never_changed_or_deleted(full: Books):
    before = contents(full)

    for table in KEPT:
        first = next(iter(metadata.tables[table].primary_key)).name
        assert f"{table} are never changed or deleted" in refused(
            full, f"UPDATE {table} SET {first} = {first}"
        )
        assert f"{table} are never changed or deleted" in refused(full, f"DELETE FROM {table}")
    refused(full, "UPDATE outcomes SET status = 'refusal'")
    refused(full, "DELETE FROM outcomes")
    refused(full, "DELETE FROM pendings")
    for column in ("points = points + 1", "posts_at = created_at", "type = 'Goodwill Credit'"):
        refused(full, f"UPDATE pendings SET {column}")
    for column in origin():
        other = "NOT on_behalf" if column.name == "on_behalf" else "member_id"
        if full.session.dialect == "sqlite":
            other = "1 - on_behalf" if column.name == "on_behalf" else "'another'"
        elif isinstance(column.type, sa.Text):
            other = "'another'"
        refused(full, f"UPDATE pendings SET {column.name} = {other}")

    assert contents(full) == before


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_tables_are_never_emptied(full: Books):
    before = contents(full)

    for table in (*KEPT, *GUARDED):
        assert f"{table} are never changed or deleted" in refused(full, f"TRUNCATE {table} CASCADE")

    assert contents(full) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_record_is_never_replaced_over_any_of_its_keys(full: Books):
    before = contents(full)

    for name in (*KEPT, *GUARDED):
        table = metadata.tables[name]
        row = full.read(lambda: full.session.execute(sa.select(table).limit(1)).mappings().one())  # noqa: B023
        refused(full, sa.insert(table).prefix_with("OR REPLACE").values(dict(row)))
    assert contents(full) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("free", [{"hold_id": None}, {"number": 99}], ids=["its number", "its hold"])
def test_an_entry_is_never_replaced_by_a_balanced_one(full: Books, free: dict[str, object]):
    before = contents(full)
    captured = full.read(
        lambda: (
            full.session.execute(sa.select(entries).where(entries.c.hold_id.is_not(None))).mappings().one()
        )
    )
    own = sa.select(postings).where(postings.c.entry_id == captured["id"])
    lines = full.read(lambda: full.session.execute(own).mappings().all())
    forged = {**captured, "id": new_id(), **free}

    def forge() -> None:
        full.session.execute(sa.insert(postings), [{**line, "entry_id": forged["id"]} for line in lines])
        full.session.execute(sa.insert(entries).prefix_with("OR REPLACE").values(forged))

    with pytest.raises(DatabaseError, match="entries are never changed or deleted"):
        full.run(forge)

    assert contents(full) == before


@pytest.mark.parametrize("amounts", [[-30, 31], [-30], []], ids=["unequal", "one leg", "no leg"])
def test_an_entry_that_does_not_balance_is_refused(full: Books, amounts: list[int]):
    before = contents(full)
    entry = full.read(lambda: full.session.execute(sa.select(entries).limit(1)).mappings().one())
    posting = full.read(lambda: full.session.execute(sa.select(postings).limit(1)).mappings().one())
    forged = {**entry, "id": new_id(), "number": 5, "lines": 2}

    def forge() -> None:
        for line, amount in enumerate(amounts, start=1):
            row = {**posting, "entry_id": forged["id"], "line": line, "amount": amount}
            full.session.execute(sa.insert(postings).values(row))
        full.session.execute(sa.insert(entries).values(forged))

    with pytest.raises(DatabaseError, match="the entry does not balance"):
        full.run(forge)

    assert contents(full) == before


def test_no_posting_is_added_to_an_entry_later(full: Books):
    before = contents(full)
    posting = full.read(lambda: full.session.execute(sa.select(postings).limit(1)).mappings().one())

    def add() -> None:
        for line, amount in ((8, 5), (9, -5)):
            row = {**posting, "line": line, "amount": amount}
            full.session.execute(sa.insert(postings).values(row))

    with pytest.raises(DatabaseError, match=r"the entry is closed|the entry does not balance"):
        full.run(add)

    assert contents(full) == before


def test_the_tables_themselves_refuse_what_breaks_the_books(full: Books):
    before = (full.balance(), contents(full))

    refused(full, "UPDATE balances SET held = posted + 1")
    refused(full, "UPDATE balances SET held = -1")
    refused(full, "UPDATE lots SET remaining = points + 1")
    refused(full, "UPDATE holds SET status = 'lost'")
    refused(full, "UPDATE holds SET expires_at = closed_at")
    refused(full, "UPDATE holds SET closing_entry_id = NULL")
    refused(full, "UPDATE accounts SET asset = 'USD' WHERE kind = 'member'")

    assert (full.balance(), contents(full)) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tables_are_strict_so_that_a_fraction_is_refused(full: Books):
    assert "cannot store REAL value in INTEGER column" in refused(full, "UPDATE balances SET posted = 99.5")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_posting_comes_from_a_transaction_beside_that_of_its_entry(full: Books, database: ledger.Database):
    """Neither check sees what the other transaction has not committed, and the foreign key does at the commit."""
    entry = full.read(lambda: full.session.execute(sa.select(entries).limit(1)).mappings().one())
    own = sa.select(postings).where(postings.c.entry_id == entry["id"])
    lines = full.read(lambda: full.session.execute(own).mappings().all())
    twin = {**entry, "id": new_id(), "number": 99}
    legs = [{**line, "entry_id": twin["id"]} for line in lines]
    whole = sa.insert(entries).values(twin).add_cte(sa.insert(postings).values(legs).cte("legs"))

    with database.engine.connect() as one, database.engine.connect() as other:
        one.execute(whole)

        def add() -> None:
            other.execute(sa.insert(postings).values({**legs[0], "line": 8, "amount": 1000}))
            one.commit()
            other.commit()

        with pytest.raises(DatabaseError, match="the entry does not balance"):
            add()
        one.rollback()
