"""Any order of steps on one member, beside a model of a few lines; Hypothesis looks for a bad order."""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import ledger
from ledger import CashLeg, Database, HoldId, Keyring, ManualClock, Minor, Request
from tests.conftest import NOON
from tests.ledger.books import BRANCH, MEMBER, Books, open_books


@dataclass
class ModelHold:
    points: int
    expires_at: object
    status: str = "held"


@dataclass
class Model:
    """What the books should say."""

    posted: int = 0
    cash: int = 0
    entries: list[int] = field(default_factory=list)
    holds: dict[HoldId, ModelHold] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)

    @property
    def held(self) -> int:
        return sum(hold.points for hold in self.holds.values() if hold.status == "held")

    def refusal(self, hold_id: HoldId, now: object) -> type[ledger.Refusal] | None:
        hold = self.holds[hold_id]
        if hold.status in {"captured", "released"}:
            return ledger.HoldClosed
        if hold.status == "expired" or hold.expires_at <= now:
            return ledger.HoldExpired
        return None

    def post(self, points: int) -> None:
        self.posted += points
        self.entries.append(points)


class BooksMachine(RuleBasedStateMachine):
    template: ClassVar[Path]
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        copy = Path(self.folder.name) / "books.db"
        shutil.copyfile(self.template, copy)
        self.clock = ManualClock(NOON)
        self.database = Database(f"sqlite:///{copy}", clock=self.clock, keyring=Keyring(bytes(32)))
        self.books: Books = open_books(self.database.session())
        self.model = Model()

    def teardown(self) -> None:
        self.books.session.close()
        self.database.dispose()
        self.folder.cleanup()

    @rule(points=st.integers(1, 50), days=st.none() | st.integers(1, 9))
    def credit(self, points: int, days: int | None) -> None:
        expires_at = None if days is None else self.clock.now() + timedelta(days=days)
        assert self.books.credit(points, expires_at).balance_after == self.model.posted + points
        self.model.post(points)

    @rule(target=holds, points=st.integers(1, 60), seconds=st.integers(1, 120))
    def hold(self, points: int, seconds: int) -> HoldId | None:
        missing = points - (self.model.posted - self.model.held)
        if missing > 0:
            with pytest.raises(ledger.NotEnoughPoints) as refused:
                self.books.hold(points, seconds)
            assert refused.value.missing == missing
            return None
        hold = self.books.hold(points, seconds)
        self.model.holds[hold.id] = ModelHold(points, self.clock.now() + timedelta(seconds=seconds))
        return hold.id

    @rule(points=st.integers(1, 60))
    def charge(self, points: int) -> None:
        if points > self.model.posted - self.model.held:
            with pytest.raises(ledger.NotEnoughPoints):
                self.books.charge(points)
        else:
            self.books.charge(points)
            self.model.post(-points)

    @rule(hold_id=holds, cash=st.none() | st.integers(1, 500))
    def capture(self, hold_id: HoldId | None, cash: int | None) -> None:
        if hold_id is None:
            return
        legs = (
            []
            if cash is None
            else [CashLeg(branch_id=BRANCH, tender="cash", amount=Minor(cash), currency="USD")]
        )
        refusal = self.model.refusal(hold_id, self.clock.now())
        if refusal is not None:
            with pytest.raises(refusal):
                self.books.capture(hold_id, *legs)
            return
        self.books.capture(hold_id, *legs)
        self.model.holds[hold_id].status = "captured"
        self.model.post(-self.model.holds[hold_id].points)
        self.model.cash += cash or 0

    @rule(hold_id=holds)
    def release(self, hold_id: HoldId | None) -> None:
        if hold_id is None:
            return
        refusal = self.model.refusal(hold_id, self.clock.now())
        if refusal is not None:
            with pytest.raises(refusal):
                self.books.release(hold_id)
            return
        self.books.release(hold_id)
        self.model.holds[hold_id].status = "released"

    @rule(hold_id=holds, seconds=st.integers(-60, 600))
    def extend(self, hold_id: HoldId | None, seconds: int) -> None:
        if hold_id is None:
            return
        until = self.clock.now() + timedelta(seconds=seconds)
        refusal = self.model.refusal(hold_id, self.clock.now())
        if refusal is not None:
            with pytest.raises(refusal):
                self.books.extend(hold_id, until)
            return
        hold = self.model.holds[hold_id]
        hold.expires_at = max(hold.expires_at, until)
        assert self.books.extend(hold_id, until).expires_at == hold.expires_at

    @rule(seconds=st.integers(1, 60))
    def tick(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def expire(self) -> None:
        now = self.clock.now()
        due = {
            key for key, hold in self.model.holds.items() if hold.status == "held" and hold.expires_at <= now
        }
        assert {hold.id for hold in self.books.expire(limit=1000)} == due
        for key in due:
            self.model.holds[key].status = "expired"

    @rule(key=st.sampled_from(["k1", "k2"]), points=st.integers(1, 3))
    def replay(self, key: str, points: int) -> None:
        """A credit with a key: the second time it is the first answer and moves nothing."""
        session = self.books.session
        request = Request(client="c", operation="credit", key=key, fingerprint=b"same")

        def step() -> bytes:
            stored = ledger.claim_key(session, request)
            if stored is not None:
                return stored.answer
            given = ledger.Credit(
                member_id=MEMBER, points=ledger.Points(points), kind=ledger.EarnKind.MILESTONE_AWARD
            )
            entry = ledger.credit(session, ledger.Origin(client="c", source="api"), given)
            ledger.remember_success(session, request, str(entry.id).encode(), MEMBER)
            return str(entry.id).encode()

        answer = self.books.run(step)
        if key not in self.model.answers:
            self.model.answers[key] = answer
            self.model.post(points)
        assert answer == self.model.answers[key]

    @invariant()
    def the_books_say_what_the_model_says(self) -> None:
        assert self.books.balance() == (self.model.posted - self.model.held, self.model.held)
        entries = self.books.entries()
        assert [entry.points for entry in reversed(entries)] == self.model.entries
        assert self.books.findings() == []


def test_the_books_follow_their_model_in_any_order(sqlite_template: Path):
    machine = type("Machine", (BooksMachine,), {"template": sqlite_template})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
