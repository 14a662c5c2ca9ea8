"""verify() against books that somebody with the database alone has altered."""

import pytest
import sqlalchemy as sa

from ledger import Database, Session
from ledger.models import entries, holds, lots
from tests.ledger.books import Books, open_books


@pytest.fixture
def full(session: Session) -> Books:
    """Three entries, a captured, a released and an open hold, two lots."""
    books = open_books(session)
    books.credit(100)
    books.credit(50)
    books.charge(20)
    books.capture(books.hold(110).id)
    books.release(books.hold(5).id)
    books.hold(7)
    assert books.findings() == []
    return books


def alter(database: Database, statement: str) -> None:
    """What the owner of the database can do: triggers, checks and foreign keys off, then anything."""
    raw = database.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if database.engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(statement)
        else:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "SELECT conrelid::regclass, conname FROM pg_constraint"
                " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
            )
            for table, name in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            cursor.execute(statement)
        assert cursor.rowcount > 0
        raw.commit()
    finally:
        raw.invalidate()
        raw.close()


LAST = "SELECT max(number) FROM entries"
CAPTURED = "SELECT id FROM entries WHERE hold_id IS NOT NULL"


@pytest.mark.parametrize(
    ("invariant", "statement"),
    [
        ("I1", "UPDATE balances SET held = posted + 1"),
        ("I1", "UPDATE balances SET held = -1"),
        ("I2", "UPDATE balances SET posted = posted + 1"),
        ("I2", "DELETE FROM balances"),
        ("I3", "UPDATE balances SET held = held - 7"),
        ("I3", "UPDATE holds SET status = 'held' WHERE status = 'released'"),
        ("I4", "UPDATE postings SET amount = amount + 1 WHERE line = 2"),
        ("I4", f"DELETE FROM postings WHERE line = 2 AND entry_id IN ({CAPTURED})"),
        ("I4", f"DELETE FROM postings WHERE entry_id IN ({CAPTURED})"),
        ("I4", f"DELETE FROM entries WHERE id IN ({CAPTURED})"),
        ("I4", "UPDATE postings SET asset = 'USD'"),
        ("I4", f"UPDATE entries SET points = -1 WHERE id IN ({CAPTURED})"),
        ("I5", f"DELETE FROM entries WHERE id IN ({CAPTURED})"),
        ("I5", "UPDATE entries SET hold_id = NULL WHERE hold_id IS NOT NULL"),
        ("I5", "UPDATE holds SET status = 'released' WHERE status = 'captured'"),
        ("I5", "UPDATE holds SET status = 'captured' WHERE status = 'held'"),
        ("I5", "UPDATE holds SET points = points - 1 WHERE status = 'captured'"),
        ("I5", "DELETE FROM hold_events WHERE event = 'captured'"),
        ("I5", "UPDATE hold_events SET event = 'expired' WHERE event = 'released'"),
        ("I7", "UPDATE holds SET expires_at = closed_at WHERE status = 'captured'"),
        ("I8", f"UPDATE entries SET number = 9 WHERE number = ({LAST})"),
        ("I8", "UPDATE entries SET balance_after = balance_after - 1 WHERE number = 2"),
        ("I8", f"DELETE FROM entries WHERE number = ({LAST})"),
        ("I17", "UPDATE postings SET amount = amount * 1000000000000000"),
        ("lots", "UPDATE lots SET remaining = remaining + 1 WHERE remaining = 13"),
        ("lots", "DELETE FROM earmarks WHERE points = 7"),
        ("lots", "DELETE FROM draws"),
        ("lots", "DELETE FROM lots WHERE remaining = 0"),
    ],
)
def test_verify_finds(full: Books, database: Database, invariant: str, statement: str):
    alter(database, statement)

    assert invariant in {finding.invariant for finding in full.findings()}


def test_a_finding_names_the_row(full: Books, database: Database):
    lot = full.read(lambda: full.session.scalars(sa.select(lots.c.id).where(lots.c.remaining > 0)).one())
    entry = full.read(
        lambda: full.session.scalars(sa.select(entries.c.id).where(entries.c.number == 2)).one()
    )
    hold = full.read(
        lambda: full.session.scalars(sa.select(holds.c.id).where(holds.c.status == "released")).one()
    )
    alter(database, "UPDATE lots SET points = points + 1 WHERE remaining > 0")
    alter(database, "UPDATE entries SET balance_after = 1 WHERE number = 2")
    alter(database, "DELETE FROM hold_events WHERE event = 'released'")

    found = {(finding.invariant, finding.id) for finding in full.findings()}

    assert found == {
        ("I5", str(hold)),
        ("I8", str(entry)),
        ("lots", str(lot)),
        ("lots", found_entry(full, lot)),
    }


def found_entry(full: Books, lot_id: object) -> str:
    """The entry that made a lot."""
    return str(
        full.read(lambda: full.session.scalars(sa.select(lots.c.entry_id).where(lots.c.id == lot_id)).one())
    )
