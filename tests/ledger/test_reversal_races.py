"""Reversals, part captures and expiring lots, many at once. Each race has a control that does go wrong."""

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

import ledger
from ledger import Database, Keyring, Points, Refusal, Session, SystemClock, reversals
from ledger.models import balances
from tests.ledger.books import MEMBER, ORIGIN, Books, open_books
from tests.ledger.threads import at_once


def outcome(step: object) -> str:
    """What a step came to: "done", or the reason it was refused for."""
    try:
        step()
    except Refusal as refusal:
        return refusal.reason.value
    return "done"


def test_eight_full_reversals_at_once_give_the_points_back_once(database: Database, books: Books):
    books.credit(30)
    captured = books.capture(books.hold(30).id)

    found = at_once(database, [lambda s: outcome(lambda: Books(s).reverse(captured.id))] * 8)

    assert Counter(found) == {"done": 1, "already_reversed": 7}
    assert books.balance() == (30, 0)


def test_partial_reversals_at_once_never_exceed_the_whole(database: Database, books: Books):
    books.credit(30)
    captured = books.capture(books.hold(30).id)

    found = at_once(database, [lambda s: outcome(lambda: Books(s).reverse(captured.id, 8))] * 8)

    assert Counter(found) == {"done": 3, "already_reversed": 5}
    assert books.balance() == (24, 0)


def test_a_settlement_and_its_charge_are_not_both_given_back(database: Database, books: Books):
    books.credit(30)
    charged = books.charge(30)
    settled = books.settle(30)
    charge = ledger.Charge(entry_id=charged.id, points=Points(30))
    jobs = [
        lambda s: outcome(lambda: Books(s).reverse(settled.id, None, charge)),
        lambda s: outcome(lambda: Books(s).reverse(settled.id, None, charge)),
    ]

    assert Counter(at_once(database, jobs)) == {"done": 1, "already_reversed": 1}
    with pytest.raises(ledger.AlreadyReversed):
        books.reverse(charged.id)
    assert books.balance() == (30, 0)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reversals that look at what is left without the member's lock, all at the same moment."""
    looked = threading.Barrier(2)
    past_of = reversals.past_of

    def look(session: Session, entry: ledger.Entry) -> object:
        past = past_of(session, entry)
        looked.wait(10)
        return past

    monkeypatch.setattr(reversals, "settle_member", lambda *_arguments: None)
    monkeypatch.setattr(reversals, "past_of", look)


@pytest.mark.usefixtures("unlocked")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("points", [30, 20], ids=["twice", "exceeding"])
def test_control_without_the_lock_only_the_number_stops_a_second_reversal(
    database: Database, session: Session, points: int
):
    books = open_books(session)
    books.credit(400)
    # The lot would stop it too when it got overfull; this one has room, because more was spent from it.
    books.charge(40)

    def reverse(session: Session, entry_id: ledger.EntryId) -> str:
        try:
            return outcome(lambda: Books(session).reverse(entry_id, points))
        except IntegrityError as fault:
            return fault.orig.diag.constraint_name

    for _try in range(5):  # on a busy machine one of the two may look when the other is done
        captured = books.capture(books.hold(30).id)
        found = Counter(at_once(database, [partial(reverse, entry_id=captured.id)] * 2))
        if "ux_entries_reversal" in found:
            break
    assert found == {"done": 1, "ux_entries_reversal": 1}
    assert books.findings() == []


@pytest.mark.usefixtures("unlocked")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("points", [30, 20], ids=["twice", "exceeding"])
def test_control_without_lock_and_number_too_much_is_given_back(
    database: Database, session: Session, points: int
):
    books = open_books(session)
    books.credit(400)
    books.charge(40)  # room in the lot, as above
    books.run(lambda: session.execute(sa.text("DROP INDEX ux_entries_reversal")))

    def reverse(session: Session, entry_id: ledger.EntryId) -> str:
        return outcome(lambda: Books(session).reverse(entry_id, points))

    for _try in range(5):  # as above
        captured = books.capture(books.hold(30).id)
        before, _held = books.balance()
        found = at_once(database, [partial(reverse, entry_id=captured.id)] * 2)
        if found == ["done", "done"]:
            break
    assert found == ["done", "done"]
    assert books.balance() == (before + 2 * points, 0)
    assert "I6" in {finding.invariant for finding in books.findings()}


def test_a_part_is_captured_once_by_eight_tills(database: Database, books: Books):
    books.credit(10)
    hold = books.hold(10)

    found = at_once(database, [lambda s: outcome(lambda: Books(s).capture(hold.id, points=1))] * 8)

    assert Counter(found) == {"done": 1, "hold_closed": 7}
    assert books.balance() == (9, 0)


def test_control_looking_at_the_hold_first_captures_a_part_again_and_again(
    database: Database, session: Session
):
    books = open_books(session)
    books.credit(10)
    hold = books.hold(1)
    looked = threading.Barrier(8)

    def naive(session: Session) -> None:
        with ledger.read(session):
            seen = ledger.hold_by_id(session, hold.id)
        looked.wait(10)
        if seen.status == "held":
            Books(session).charge(1)

    at_once(database, [naive] * 8)

    assert books.balance() == (1, 1)


@pytest.fixture
def timed(database_url: str) -> Database:
    """The same database by the real clock."""
    opened = Database(database_url, clock=SystemClock(), keyring=Keyring(bytes(32)))
    yield opened
    opened.dispose()


def test_points_in_a_lot_are_held_or_expire_and_never_both(timed: Database, books: Books):
    expires_at = datetime.now(UTC) + timedelta(seconds=1)
    with timed.session() as session:
        Books(session).credit(400, expires_at)

    def till(session: Session) -> list[datetime]:
        placed = []
        while datetime.now(UTC) < expires_at + timedelta(seconds=0.1):
            try:
                placed.append(Books(session).hold(1, seconds=600).created_at)
            except ledger.NotEnoughPoints:
                break
            time.sleep(0.01)
        return placed

    def sweep(session: Session) -> int:
        expired = 0
        while datetime.now(UTC) < expires_at + timedelta(seconds=0.3):
            made = ledger.transact(session, lambda: ledger.expire_lots(session, ORIGIN, limit=5))
            expired -= sum(entry.points for entry in made)
            time.sleep(0.005)
        return expired

    placed, placed_too, expired, expired_too = at_once(timed, [till, till, sweep, sweep])

    held = len(placed) + len(placed_too)
    assert held > 0
    assert max(placed + placed_too) < expires_at
    assert held + expired + expired_too == 400
    with timed.session() as session:
        assert Books(session).balance() == (0, held)


def test_control_a_hold_that_trusts_the_balance_row_spends_what_has_expired(
    database: Database, session: Session
):
    books = open_books(session)
    books.credit(10, database.clock.now() + timedelta(days=1))
    database.clock.advance(timedelta(days=1))
    assert books.balance() == (0, 0)

    naive = (
        sa.update(balances)
        .where(balances.c.member_id == MEMBER, balances.c.posted - balances.c.held >= 10)
        .values(held=balances.c.held + 10)
    )

    assert books.run(lambda: session.execute(naive).rowcount) == 1
