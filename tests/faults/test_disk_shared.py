"""Forty writers, a reader that does not end and a backup share one SQLite file: nobody is refused, nobody starves."""

import sqlite3
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import ledger
from ledger import Database, Keyring, ManualClock, Session
from panel_app.programme import redemptions
from panel_app.programme.access import Actor
from panel_app.programme.baskets import Order
from panel_app.programme.redemptions import Payment
from tests.panel_app.programme.presses import Act, outcomes_of, told
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import build

WRITERS = 40
TEA = 300


@pytest.fixture
def database(sqlite_url: str, clock: ManualClock, keyring: Keyring) -> Iterator[Database]:
    opened = Database(sqlite_url, clock=clock, keyring=keyring)
    yield opened
    opened.dispose()


@pytest.fixture
def shop(session: Session, clock: ManualClock) -> Shop:
    return Shop(session, clock, build(session))


def writers(shop: Shop, rounds: int) -> Sequence[Act]:
    """Forty who redeem tea at four tills, all of it Lena's; each gives the seconds of its longest wait."""
    shop.credit(shop.world.lena, WRITERS * rounds * TEA)
    world = shop.world
    tills = [world.berlin, world.berlin_2, world.london, world.london_2]
    orders = [(till, shop.direct(world.tea, actor=till)) for till in tills]
    return [_writer(*orders[number % 4], number, rounds) for number in range(WRITERS)]


def _writer(till: Actor, order: Order, number: int, rounds: int) -> Act:
    def write(session: Session) -> float:
        waits = []
        for turn in range(rounds):
            began = time.monotonic()
            booking_id = redemptions.reserve(session, till, f"{number}-{turn}", order).booking_id
            reserved = time.monotonic()
            redemptions.confirm(session, till, f"{number}-{turn}", Payment(booking_id=booking_id))
            waits += [reserved - began, time.monotonic() - reserved]
        return max(waits)

    return write


@contextmanager
def long_read(file: Path) -> Iterator[None]:
    """One reading transaction from before the first write until after the last: it sees none of them."""
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM entries").fetchone()
        yield
        assert reader.execute("SELECT count(*) FROM entries").fetchone() == before


@contextmanager
def backups(file: Path, folder: Path) -> Iterator[list[Path]]:
    """One whole copy after the other by SQLite's own backup, until the block ends."""
    made: list[Path] = []
    over = threading.Event()

    def copy() -> None:
        while not over.wait(0.05):
            copied = folder / f"backup-{len(made)}.db"
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copied)) as target:
                source.backup(target)
            made.append(copied)

    copying = threading.Thread(target=copy)
    copying.start()
    try:
        yield made
    finally:
        over.set()
        copying.join(30)


def entries_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as copy:
        return int(copy.execute("SELECT count(*) FROM entries WHERE booking_id IS NOT NULL").fetchone()[0])


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.long)])
def test_forty_writers_a_long_reader_and_backups_are_all_served(
    database: Database, shop: Shop, sqlite_url: str, tmp_path: Path, keyring: Keyring, rounds: int
) -> None:
    file, acts = Path(sqlite_url.removeprefix("sqlite:///")), writers(shop, rounds)
    with long_read(file), backups(file, tmp_path) as made:
        waits = outcomes_of(database, acts)

    assert [one for one in waits if isinstance(one, Exception)] == []
    # First in, first out: nobody's longest wait is much longer than another's.
    assert max(waits) < 3 * statistics.median(waits)
    assert shop.balance() == (5000, 0)
    assert entries_in(file) == WRITERS * rounds
    assert shop.findings() == []
    caught = [entries_in(copy) for copy in made]
    assert caught == sorted(caught)
    assert any(0 < entries < WRITERS * rounds for entries in caught)  # copied between two writes
    assert findings_of(made[-1], keyring, shop.clock) == []


def findings_of(file: Path, keyring: Keyring, clock: ManualClock) -> list[ledger.Finding]:
    copied = Database(f"sqlite:///{file}", clock=clock, keyring=keyring)
    with copied.session() as session, ledger.read(session):
        found = ledger.verify(session)
    copied.dispose()
    return found


def test_control_without_the_queue_and_the_busy_time_out_writers_are_refused(
    monkeypatch: pytest.MonkeyPatch, shop: Shop, sqlite_url: str, clock: ManualClock, keyring: Keyring
) -> None:
    acts = writers(shop, 1)
    monkeypatch.setattr("ledger.database.BUSY_TIMEOUT_MS", 0)
    unqueued = Database(sqlite_url, clock=clock, keyring=keyring)
    unqueued._writers = None
    outcomes: list[Any] = outcomes_of(unqueued, acts)
    unqueued.dispose()
    assert told(outcomes)["OperationalError"] > 0
    assert any("database is locked" in str(one) for one in outcomes)
