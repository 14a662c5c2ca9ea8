"""verify() against books that somebody with the database alone has altered."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

import ledger
from ledger import MemberId, Session, triggers
from ledger.models import entries, holds, lots
from tests.conftest import NOON
from tests.ledger.books import CASH, MEMBER, ORIGIN, Books, open_books


@pytest.fixture
def full(session: Session) -> Books:
    """A captured, a released and an open hold, lots, and of all that came later one of each."""
    books = open_books(session)
    books.credit(100)
    books.credit(50)
    books.charge(20)
    books.capture(books.hold(110).id)
    books.release(books.hold(5).id)
    books.hold(7)
    later(books)
    assert books.findings() == []
    return books


def later(books: Books) -> None:
    """A part capture with two tenders, a part of it reversed, an unrecovered earn, pending points, an expiry.

    Another member's, so that what stands above stays easy to name.
    """
    other = MemberId(ledger.new_id())
    books.run(lambda: ledger.open_member(books.session, other))
    theirs = Books(books.session, other)
    earned = theirs.credit(60)
    theirs.credit(9, NOON + timedelta(days=1))
    card = replace(CASH, tender="card", reference="T-9")
    part = theirs.capture(theirs.hold(45).id, CASH, card, points=40)
    theirs.reverse(part.id, 30)
    theirs.charge(50)
    theirs.reverse(earned.id)
    theirs.credit(5, NOON + timedelta(days=1))
    theirs.credit(3, posts_at=NOON + timedelta(days=2))
    books.session.clock.set(NOON + timedelta(days=1))
    books.run(lambda: ledger.expire_lots(books.session, ORIGIN, limit=10))
    books.session.clock.set(NOON)


def alter(books: Books, *statements: str) -> None:
    """What the owner of the database can do: triggers, checks and foreign keys off, then anything."""
    connection = books.session.connection()
    if books.session.dialect == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        triggers.remove(connection)
    else:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        checks = connection.exec_driver_sql(
            "SELECT conrelid::regclass, conname FROM pg_constraint"
            " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
        )
        for table, name in checks.all():
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for statement in statements:
        assert connection.execute(sa.text(statement)).rowcount > 0


def altered(books: Books, *statements: str) -> list[ledger.Finding]:
    """What verify says of it; afterwards everything is as it was."""
    with ledger.read(books.session):
        alter(books, *statements)
        return ledger.verify(books.session)


LAST = f"SELECT max(number) FROM entries WHERE member_id = '{MEMBER}'"
CAPTURED = f"SELECT id FROM entries WHERE hold_id IS NOT NULL AND member_id = '{MEMBER}'"
REVERSAL = "SELECT id FROM entries WHERE type = 'Redemption Reversal'"


ALTERED = [
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
    ("I7", "UPDATE holds SET expires_at = created_at WHERE status = 'released'"),
    ("I7", "DELETE FROM hold_events WHERE event = 'held'"),
    ("I8", f"UPDATE entries SET number = 99 WHERE number = ({LAST})"),
    ("I8", "UPDATE entries SET balance_after = balance_after - 1 WHERE number = 2"),
    ("I8", f"DELETE FROM entries WHERE number = ({LAST})"),
    ("I17", "UPDATE postings SET amount = amount * 1000000000000000"),
    ("lots", "UPDATE lots SET remaining = remaining + 1 WHERE remaining = 13"),
    ("lots", "DELETE FROM earmarks WHERE points = 7"),
    ("lots", "DELETE FROM draws"),
    ("lots", "DELETE FROM lots WHERE remaining = 0"),
    ("I5", "UPDATE hold_events SET points = 6 WHERE event = 'released' AND points = 5"),
    ("I5", "DELETE FROM hold_events WHERE event = 'released' AND points = 5"),
    ("I6", f"UPDATE postings SET amount = 3 * amount WHERE entry_id IN ({REVERSAL})"),
    ("I6", f"UPDATE entries SET reversal_number = 2 WHERE id IN ({REVERSAL})"),
    ("I6", f"UPDATE entries SET reverses_id = id WHERE id IN ({REVERSAL})"),
    ("I6", "UPDATE entries SET unrecovered = unrecovered + 1 WHERE unrecovered IS NOT NULL"),
    ("I9", f"UPDATE entries SET reverses_id = NULL, reversal_number = NULL WHERE id IN ({REVERSAL})"),
    ("I14", "UPDATE entries SET type = 'Earn' WHERE lines = 6"),
    ("I15", "UPDATE entries SET on_behalf = NOT on_behalf WHERE type = 'Debit By Redemption'"),
    ("I15", f"UPDATE entries SET on_behalf = NOT on_behalf WHERE id IN ({REVERSAL})"),
    ("lots", "DELETE FROM givebacks"),
    ("lots", "UPDATE givebacks SET points = points + 1"),
    ("pending", "UPDATE pendings SET status = 'posted'"),
    ("pending", "UPDATE balances SET due_at = NULL WHERE due_at IS NOT NULL"),
]


def test_verify_finds_whatever_was_altered(full: Books, subtests: pytest.Subtests):
    for invariant, statement in ALTERED:
        with subtests.test(statement):
            assert invariant in {finding.invariant for finding in altered(full, statement)}
    assert full.findings() == []


def test_a_finding_names_the_row(full: Books):
    def only(table: sa.Table, *which: sa.ColumnElement[bool]) -> object:
        question = sa.select(table.c.id).where(table.c.member_id == MEMBER, *which)
        return full.read(lambda: full.session.scalars(question).one())

    lot = only(lots, lots.c.remaining > 0)
    entry = only(entries, entries.c.number == 2)
    hold = only(holds, holds.c.status == "released")
    findings = altered(
        full,
        f"UPDATE lots SET points = points + 1 WHERE id = '{lot}'",
        f"UPDATE entries SET balance_after = 1 WHERE id = '{entry}'",
        f"DELETE FROM hold_events WHERE event = 'released' AND hold_id = '{hold}'",
    )

    found = {(finding.invariant, finding.id) for finding in findings}
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


def test_a_hold_ends_at_the_moment_of_its_last_event_and_at_no_later_one(full: Books):
    hold = full.read(
        lambda: full.session.scalars(sa.select(holds.c.id).where(holds.c.status == "held")).one()
    )
    full.extend(ledger.HoldId(hold), NOON + timedelta(minutes=5))
    assert full.findings() == []
    later = "(SELECT max(posts_at) FROM pendings)"

    found = altered(full, f"UPDATE holds SET expires_at = {later} WHERE status = 'held'")

    assert [(finding.invariant, finding.id) for finding in found] == [("I7", str(hold))]


def test_a_hold_long_past_its_expiry_is_found_after_the_grace_of_the_sweep(full: Books):
    hold = full.read(
        lambda: full.session.scalars(sa.select(holds.c.id).where(holds.c.status == "held")).one()
    )
    full.session.clock.set(NOON + timedelta(seconds=120 + 3600) - timedelta(microseconds=1))
    assert full.findings() == []
    full.session.clock.set(NOON + timedelta(seconds=120 + 3600))

    assert [(finding.invariant, finding.id) for finding in full.findings()] == [("I18", str(hold))]
    sooner = full.read(lambda: ledger.verify(full.session, sweep_grace=timedelta(hours=2)))
    assert sooner == []


def test_the_first_broken_place_is_the_oldest(full: Books):
    findings = altered(full, "UPDATE entries SET points = points + 1")

    what = "an entry's points are not its leg on the member's account"
    found = [finding.id for finding in findings if finding.what == what]
    everything = sa.select(entries.c.id).order_by(entries.c.id)
    assert found == [str(key) for key in full.read(lambda: full.session.scalars(everything).all())]


def test_a_cash_reference_counts_once(full: Books):
    card = replace(CASH, tender="card", reference="T-1")
    first, second = full.credit(10), full.settle(0, card)
    assert full.findings() == []

    third = full.settle(0, card)

    assert [(finding.invariant, finding.id) for finding in full.findings()] == [("I14", str(second.id))]
    assert first.id < second.id < third.id
