"""A deterministic simulator of the books: surfaces, a bad network, a server that is killed, a clock that steps back.

    python -m tests.ledger.simulator SEED… [--steps N]     replays on SQLite; one seed prints its trace

Everything that happens is drawn from the seed, ids included, so the same seed gives the same trace, byte for byte.
"""

import argparse
import hashlib
import itertools
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

import alembic.command

import ledger
from ledger import EntryType, HoldStatus, ManualClock, Origin, Session
from ledger.models import holds
from tests.conftest import NOON, alembic_config
from tests.ledger.simulated_judge import Judge
from tests.ledger.simulated_server import KilledError, Point, Server
from tests.ledger.simulated_wishes import MEMBERS, Known, Wish, think_of
from tests.sealing import leaf_findings

STEPS = 150
SURFACES = ("till-1", "till-2", "kiosk", "shop")
SYSTEM = Origin(client="system", source="system")
CHECKED_EVERY = 40
LOST, KILLED = 0.12, 0.1
LONG = timedelta(days=1000)


class SimulationError(AssertionError):
    """A run that broke a rule; it says how to see it again."""


@dataclass(slots=True)
class Simulation:
    """One run. What is on the wire arrives in any order, late, twice or never."""

    seed: int
    server: Server
    random: random.Random
    judge: Judge = field(default_factory=Judge)
    known: Known = field(default_factory=lambda: Known(holds=[], entries=[]))
    wire: list[Wish] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)

    def run(self, steps: int) -> None:
        self.server.do(_open_accounts)
        acts: dict[Callable[[], None], int] = {
            self._ask: 34,
            self._deliver: 45,
            self._repeat_an_old_one: 5,
            self._repeat_with_another_body: 4,
            self._tick: 6,
            self._step_back: 2,
            self._sweep: 5,
            self._restart: 2,
        }
        for step in range(1, steps + 1):
            self.random.choices(list(acts), list(acts.values()))[0]()
            if step % CHECKED_EVERY == 0:
                self._check()
        self._settle()
        self._end()

    def _ask(self) -> None:
        key = f"k{len(self.judge.asked) + 1}"
        wish = think_of(self.random, self.random.choice(SURFACES), key, self.known)
        self.judge.asked[key] = wish
        self.wire.append(wish)
        self._note("asks", wish)

    def _deliver(self) -> None:
        if not self.wire:
            return
        wish = self.wire.pop(self.random.randrange(len(self.wire)))
        if self.random.random() < LOST:
            self.wire.append(wish)  # arrives twice
        die_at = self.random.choice(list(Point)) if self.random.random() < KILLED else None
        answer = self._answer(wish, die_at)
        if answer is None or self.random.random() < LOST:
            self._note("is told nothing", wish)
            self.wire.append(wish)
            return
        self._hear(wish, answer)

    def _answer(self, wish: Wish, die_at: Point | None = None) -> bytes | None:
        try:
            return self.server.answer(wish, die_at)
        except KilledError:
            self._note(f"server killed {die_at}", wish)
            self.server.reopen()
            return None

    def _hear(self, wish: Wish, answer: bytes) -> None:
        first = wish.key not in self.judge.answers
        self.judge.hear(wish, answer)
        self._note(answer.decode(), wish)
        told = json.loads(answer)
        if first and "refused" not in told:
            if wish.operation == "hold":
                self.known.holds.append((told["id"], wish.member_id))
            if wish.operation in {"earn", "goodwill", "charge", "capture"}:
                self.known.entries.append((told["id"], wish.member_id))

    def _repeat_an_old_one(self) -> None:
        if self.judge.answers:
            self.wire.append(self.judge.asked[self.random.choice(list(self.judge.answers))])

    def _repeat_with_another_body(self) -> None:
        if not self.judge.answers:
            return
        wish = self.judge.asked[self.random.choice(list(self.judge.answers))].altered()
        try:
            self.server.answer(wish)
        except ledger.KeyReused:
            self._note("another body is refused", wish)
        else:
            raise AssertionError(f"{wish.key} took another body")

    def _tick(self) -> None:
        self.server.clock.advance(timedelta(hours=self.random.randint(1, 2)))

    def _step_back(self) -> None:
        self.server.clock.advance(timedelta(hours=-1))

    def _sweep(self) -> None:
        sweep = self.random.choice((ledger.expire_holds, ledger.post_due, ledger.expire_lots))
        limit = self.random.choice((1, 100))
        die_at = self.random.choice((None, None, None, Point.BEFORE_COMMIT, Point.AFTER_COMMIT))
        try:
            done = self.server.do(lambda session: sweep(session, SYSTEM, limit=limit), die_at)
        except KilledError:
            self.server.reopen()
            done = []
        self.trace.append(f"{sweep.__name__}: {[str(one.id) for one in done]}")

    def _restart(self) -> None:
        self.trace.append("restarts")
        self.server.reopen()

    def _check(self) -> None:
        self.judge.judge()
        self.server.read(self._what_was_told_is_there)
        self.server.read(partial(_nothing_is_broken, grace=LONG))

    def _what_was_told_is_there(self, session: Session) -> None:
        for key, answer in self.judge.answers.items():
            wish = self.judge.asked[key]
            stored = ledger.by_key(session, wish.surface, wish.operation, key)
            assert stored is not None, f"the answer to {key} is gone"
            assert stored.answer == answer, key

    def _settle(self) -> None:
        """The network is good again: every open request is asked until it is answered."""
        self.wire.clear()
        for key, wish in self.judge.asked.items():
            answer = self._answer(wish)
            assert answer is not None, key
            self._hear(wish, answer)

    def _end(self) -> None:
        """Long afterwards, when everything ran out and was swept once."""
        self.server.clock.advance(LONG)
        for sweep in (ledger.expire_holds, ledger.post_due, ledger.expire_lots):
            self.server.do(partial(sweep, origin=SYSTEM, limit=10_000))
        self._check()
        self.server.read(partial(_nothing_is_broken, grace=timedelta(0)))
        self.server.read(_every_hold_ended)
        with self.server.database.session() as session:
            assert not (found := leaf_findings(session)), found
        for member_id in MEMBERS:
            self.server.read(partial(self._books_are_what_was_told, member_id=member_id))

    def _books_are_what_was_told(self, session: Session, member_id: ledger.MemberId) -> None:
        booked = ledger.entries_of(session, member_id, limit=10_000)
        expired = sum(entry.points for entry in booked if entry.type is EntryType.POINTS_EXPIRY)
        there = {str(entry.id): entry.points for entry in booked if entry.type is not EntryType.POINTS_EXPIRY}
        told = self.judge.entries(member_id)
        assert there == told, f"booked and told differ in {there.items() ^ told.items()}"
        balance = ledger.balance_of(session, member_id)
        left = self.judge.balance(member_id) + expired
        assert (balance.available, balance.held) == (left, 0), f"{balance} where {left} must be left"
        self.trace.append(f"{member_id} has {balance.available} of {len(booked)} entries")

    def _note(self, what: str, wish: Wish) -> None:
        body = wish.canonical().decode()
        at = self.server.clock.now().isoformat()
        self.trace.append(f"{at} {wish.surface} {wish.operation} {wish.key} {body}: {what}")

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()


def _open_accounts(session: Session) -> None:
    ledger.open_house(session)
    for member_id in MEMBERS:
        ledger.open_member(session, member_id)


def _nothing_is_broken(session: Session, grace: timedelta) -> None:
    found = ledger.verify(session, sweep_grace=grace)
    assert not found, found


def _every_hold_ended(session: Session) -> None:
    still = session.query(holds.c.id).where(holds.c.status == HoldStatus.HELD.value).all()
    assert not still, still


def simulate(url: str, seed: int, steps: int = STEPS) -> Simulation:
    """One run on a migrated, empty database. Raises SimulationError."""
    server = Server(url, ManualClock(NOON))
    simulation = Simulation(seed, server, random.Random(seed))
    with patch("ledger.ids.uuid7", partial(next, _ids(seed))):
        try:
            simulation.run(steps)
        except Exception as fault:
            last = "\n".join(simulation.trace[-8:])
            again = f"python -m tests.ledger.simulator {seed} --steps {steps}"
            raise SimulationError(f"seed {seed}: {fault!r}\n{last}\nSee it again: {again}") from fault
        finally:
            server.close()
    return simulation


def _ids(seed: int) -> Iterator[UUID]:
    """Ids in the order of their making, as UUIDv7 has them; from the seed alone."""
    source = random.Random(f"ids of {seed}")
    for number in itertools.count(1):
        yield UUID(int=(0x019C_0000_0000 + number) << 80 | 0x7000_8 << 60 | source.getrandbits(60))


@contextmanager
def empty_books() -> Iterator[str]:
    """The URL of a migrated SQLite database, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'books.db'}"
        alembic.command.upgrade(alembic_config(url), "head")
        yield url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.ledger.simulator")
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--steps", type=int, default=STEPS)
    chosen = parser.parse_args()
    for seed in chosen.seeds:
        with empty_books() as url:
            simulation = simulate(url, seed, chosen.steps)
        lines = simulation.trace if len(chosen.seeds) == 1 else []
        sys.stdout.write("\n".join([*lines, f"seed {seed}: {simulation.digest()}", ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
