"""Many at once on one member. Each race has a control: the broken way, which does go wrong."""

import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

import ledger
from ledger import Database, HoldId, Keyring, Origin, Points, Refusal, Request, Session, SystemClock
from ledger.models import balances, entries, hold_events, holds
from tests.ledger.books import MEMBER, ORIGIN, Books, open_books
from tests.ledger.threads import at_once

THREADS = 16
TRIES = 20


def test_sixteen_tills_hold_exactly_what_there_is(database: Database, books: Books):
    for points in range(1, 14):
        books.credit(points)
    books.credit(9)  # fourteen lots, 100 points

    def till(session: Session) -> int:
        granted = 0
        for _try in range(TRIES):
            try:
                Books(session).hold(1)
                granted += 1
            except ledger.NotEnoughPoints:
                pass
        return granted

    granted = at_once(database, [till] * THREADS)

    assert sum(granted) == 100
    assert books.balance() == (0, 100)


def test_control_reading_first_and_writing_then_grants_too_much(database: Database, session: Session):
    open_books(session).credit(100)
    available = sa.select(balances.c.posted - balances.c.held)
    held = sa.select(balances.c.held)

    def till(session: Session) -> int:
        granted = 0
        for _try in range(TRIES):
            with ledger.read(session):
                there, before = session.scalars(available).one(), session.scalars(held).one()
            if there >= 1:
                naive = sa.update(balances).values(held=before + 1)
                ledger.transact(session, lambda naive=naive: session.execute(naive))
                granted += 1
        return granted

    granted = at_once(database, [till] * THREADS)

    assert sum(granted) > 100


def test_twins_of_one_key_do_it_once_and_say_the_same(database: Database, books: Books):
    books.credit(100)
    request = Request(client="till-1", operation="confirm", key="k-1", fingerprint=b"f")

    def confirm(session: Session) -> bytes:
        def step() -> bytes:
            stored = ledger.claim_key(session, request)
            if stored is not None:
                return stored.answer
            entry = ledger.charge_claim(session, ORIGIN, member_id=MEMBER, points=Points(10))
            answer = str(entry.id).encode()
            ledger.remember_success(session, request, answer, MEMBER)
            return answer

        return ledger.transact(session, step)

    answers = at_once(database, [confirm] * 8)

    assert answers == [str(books.entries()[0].id).encode()] * 8
    assert books.balance() == (90, 0)


def test_control_looking_for_the_key_first_does_it_more_than_once(database: Database, books: Books):
    books.credit(100)
    looked = threading.Barrier(8)

    def confirm(session: Session) -> None:
        with ledger.read(session):
            done = ledger.by_key(session, "till-1", "confirm", "k-1")
        looked.wait(10)
        if done is None:
            Books(session).charge(10)

    at_once(database, [confirm] * 8)

    assert books.balance() == (20, 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_twin_waits_two_seconds_and_then_says_in_use(database: Database):
    request = Request(client="till-1", operation="confirm", key="k-1", fingerprint=b"f")
    claimed, answered = threading.Event(), threading.Event()

    def slow(session: Session) -> float:
        def step() -> None:
            ledger.claim_key(session, request)
            claimed.set()
            answered.wait(10)
            ledger.remember_success(session, request, b"done", None)

        ledger.transact(session, step)
        return 0.0

    def twin(session: Session) -> float:
        claimed.wait(10)
        began = time.monotonic()
        with pytest.raises(ledger.KeyInUse):
            ledger.transact(session, lambda: ledger.claim_key(session, request))
        answered.set()
        return time.monotonic() - began

    _slow, waited = at_once(database, [slow, twin])

    assert 1.9 < waited < 6


@pytest.fixture
def timed(database_url: str) -> Database:
    """The same database by the real clock: PostgreSQL's own, or the process's on SQLite."""
    opened = Database(database_url, clock=SystemClock(), keyring=Keyring(bytes(32)))
    yield opened
    opened.dispose()


def test_at_its_expiry_a_hold_is_captured_or_expired_and_never_both(timed: Database, books: Books):
    books.credit(40)
    made: list[HoldId] = []
    closed_tills: list[str] = []

    def till(session: Session) -> list[HoldId]:
        captured, mine = [], Books(session)
        try:
            for number in range(20):
                hold = mine.hold(1, seconds=0.1)
                made.append(hold.id)
                early = number % 8 / 100  # from 70 ms before the expiry to the very moment
                time.sleep(max(0.0, (hold.expires_at - datetime.now(UTC)).total_seconds() - early))
                with suppress(ledger.HoldExpired):
                    captured.append(mine.capture(hold.id).hold_id)
        finally:
            closed_tills.append("till")
        return captured

    def sweep(session: Session) -> list[HoldId]:
        expired: list[HoldId] = []
        while len(closed_tills) < 2:
            expired += [hold.id for hold in Books(session).expire(limit=5)]
            time.sleep(0.002)
        return expired

    captured, captured_too, expired, expired_too = at_once(timed, [till, till, sweep, sweep])
    time.sleep(0.1)
    with timed.session() as session:
        last = [hold.id for hold in Books(session).expire()]

    assert len(captured) + len(captured_too) > 0
    assert len(expired) + len(expired_too) > 0
    assert Counter(captured + captured_too + expired + expired_too + last) == dict.fromkeys(made, 1)
    assert books.balance() == (40 - len(captured) - len(captured_too), 0)


def test_control_a_capture_that_looked_before_it_wrote_does_both(database: Database, session: Session):
    books = open_books(session)
    books.credit(10)
    hold = books.hold(10)

    with ledger.read(session):
        seen = ledger.hold_by_id(session, hold.id)
    assert seen.status == "held"
    database.clock.set(hold.expires_at)  # and now the sweep comes between
    assert len(books.expire()) == 1

    def unguarded() -> None:
        closing = {"status": "captured", "closing_entry_id": ledger.new_id(), "closed_at": hold.created_at}
        session.execute(sa.update(holds).where(holds.c.id == hold.id).values(closing))
        event = (
            session.execute(sa.select(hold_events).where(hold_events.c.event == "expired")).mappings().one()
        )
        session.execute(sa.insert(hold_events).values({**event, "id": ledger.new_id(), "event": "captured"}))

    books.run(unguarded)

    assert {finding.invariant for finding in books.findings()} >= {"I5"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_capture_that_waited_past_the_expiry_is_refused(timed: Database, books: Books):
    books.credit(10)
    with timed.session() as session:
        hold = Books(session).hold(10, seconds=1.5)
    locked = threading.Event()

    def holder(session: Session) -> str:
        def step() -> None:
            ledger.lock_member(session, MEMBER)
            locked.set()
            time.sleep((hold.expires_at - datetime.now(UTC)).total_seconds() + 0.1)

        ledger.transact(session, step)
        return "held the lock"

    def capture(session: Session) -> str:
        locked.wait(10)
        assert datetime.now(UTC) < hold.expires_at
        try:
            Books(session).capture(hold.id)
        except Refusal as refusal:
            return refusal.reason
        return "captured"

    assert at_once(timed, [holder, capture]) == ["held the lock", "hold_expired"]
    assert books.balance() == (0, 10)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_capture_that_waited_for_an_extension_sees_it(timed: Database, books: Books):
    books.credit(10)
    with timed.session() as session:
        hold = Books(session).hold(10, seconds=1.5)
    locked = threading.Event()

    def extend(session: Session) -> int:
        def step() -> None:
            ledger.extend_hold(session, ORIGIN, hold.id, until=hold.expires_at + timedelta(minutes=1))
            locked.set()
            time.sleep((hold.expires_at - datetime.now(UTC)).total_seconds() + 0.1)

        ledger.transact(session, step)
        return 0

    def capture(session: Session) -> int:
        locked.wait(10)
        return Books(session).capture(hold.id).points

    assert at_once(timed, [extend, capture]) == [0, -10]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("asked", "swept"), [(None, 0), (MEMBER, 1)], ids=["passed over", "waited for"])
def test_a_busy_member_is(database: Database, books: Books, asked: ledger.MemberId | None, swept: int):
    books.credit(10)
    database.clock.set(books.hold(10).expires_at)
    locked, tried = threading.Event(), threading.Event()

    def busy(session: Session) -> int:
        def step() -> int:
            ledger.lock_member(session, MEMBER)
            locked.set()
            tried.wait(0.3)  # as long as a sweep that passes over takes at most
            return 0

        return ledger.transact(session, step)

    def sweep(session: Session) -> int:
        locked.wait(10)
        expire = partial(ledger.expire_holds, session, ORIGIN, limit=10, member_id=asked)
        found = ledger.transact(session, expire)
        tried.set()
        return len(found)

    assert at_once(database, [busy, sweep]) == [0, swept]


def test_every_step_at_once_on_two_members_keeps_the_books(timed: Database, books: Books):
    other = ledger.MemberId(ledger.new_id())
    books.run(lambda: ledger.open_member(books.session, other))

    def surface(number: int):
        def steps(session: Session) -> Counter[str]:
            done: Counter[str] = Counter()
            for turn in range(12):
                mine = Books(session, (MEMBER, other)[(number + turn) % 2])
                mine.credit(5)
                for name in ("charge", "capture", "release"):
                    try:
                        if name == "charge":
                            mine.charge(2)
                        else:
                            getattr(mine, name)(mine.hold(3).id)
                        done[name] += 1
                    except ledger.NotEnoughPoints:
                        done["not enough"] += 1
                mine.expire()
            return done

        return steps

    done = sum(at_once(timed, [surface(number) for number in range(6)]), Counter())

    assert done["charge"] + done["capture"] + done["release"] + done["not enough"] == 6 * 12 * 3
    left = 6 * 12 * 5 - 2 * done["charge"] - 3 * done["capture"]
    assert books.balance()[0] + Books(books.session, other).balance()[0] == left
    numbers = books.read(
        lambda: books.session.scalars(
            sa.select(entries.c.number).where(entries.c.member_id == other).order_by(entries.c.number)
        ).all()
    )
    assert numbers == list(range(1, len(numbers) + 1))


def test_one_account_of_cash_is_opened_by_many_tills_at_once(database: Database, books: Books):
    books.credit(8)
    made = [books.hold(1).id for _hold in range(8)]
    leg = ledger.CashLeg(branch_id=ledger.new_id(), tender="cash", amount=ledger.Minor(100), currency="USD")

    def till(hold_id: HoldId):
        return lambda session: ledger.transact(
            session, lambda: ledger.capture_hold(session, Origin(client="t", source="s"), hold_id, cash=[leg])
        )

    at_once(database, [till(hold_id) for hold_id in made])

    cash = ledger.account_id(ledger.AccountKind.CASH, "USD", leg.branch_id, "cash")
    total = sa.text("SELECT sum(amount) FROM postings WHERE account_id = :cash").bindparams(
        sa.bindparam("cash", cash, type_=ledger.Key())
    )
    assert books.read(lambda: books.session.scalar(total)) == 800
