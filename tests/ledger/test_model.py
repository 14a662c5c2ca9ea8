"""Any order of steps on one member, beside the model of model.py; Hypothesis looks for a bad order.

Nothing sweeps between the steps but the rules that say so, and time passes only by tick.
"""

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import ledger
from ledger import CashLeg, Database, EntryId, HoldId, Keyring, ManualClock, Minor, Refusal, Request
from ledger.models import accounts, postings
from tests.conftest import NOON
from tests.ledger.books import BRANCH, MEMBER, ORIGIN, Books, open_books
from tests.ledger.model import Model, ModelHold, Spent

HOURS = st.integers(1, 96)
LONG = timedelta(days=1000)


class CrashError(Exception):
    """The process ends in the middle of a step."""


class BooksMachine(RuleBasedStateMachine):
    template: ClassVar[Path]
    holds = Bundle("holds")
    spent = Bundle("spent")
    earned = Bundle("earned")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{self.folder.name}/books.db"
        shutil.copyfile(self.template, Path(self.folder.name) / "books.db")
        self.clock = ManualClock(NOON)
        self.database = Database(self.url, clock=self.clock, keyring=Keyring(bytes(32)))
        self.books: Books = open_books(self.database.session())
        self.model = Model(NOON)
        self.answers: dict[str, bytes] = {}

    def teardown(self) -> None:
        self.books.session.close()
        self.database.dispose()
        self.folder.cleanup()

    def later(self, hours: int | None) -> datetime | None:
        return None if hours is None else self.model.now + timedelta(hours=hours)

    def refused(self, reason: str, step: Callable[[], object]) -> dict[str, object]:
        with pytest.raises(Refusal) as refusal:
            step()
        assert refusal.value.reason == reason
        return refusal.value.data()

    def short_of(self, points: int, step: Callable[[], object]) -> bool:
        """Whether there are too few points; then the step is refused with the right reason."""
        missing = points - self.model.available()
        if missing <= 0:
            return False
        waiting, posts_at = 0, None
        for at, pending, _expiry in sorted(self.model.pending, key=lambda each: each[0]):
            if at > self.model.now and waiting < missing:
                waiting, posts_at = waiting + pending, at
        data = self.refused("points_not_yet_posted" if waiting >= missing else "not_enough_points", step)
        assert data["missing"] == missing
        assert data.get("posts_at", posts_at) == posts_at
        return True

    @rule(target=earned, points=st.integers(1, 50), hours=st.none() | HOURS)
    def earn(self, points: int, hours: int | None) -> EntryId:
        entry = self.books.credit(points, self.later(hours))
        self.model.settle()
        self.model.earned[entry.id] = (self.model.give(points, self.later(hours)), points)
        return entry.id

    @rule(points=st.integers(1, 50), posts=HOURS, hours=st.none() | HOURS)
    def promise(self, points: int, posts: int, hours: int | None) -> None:
        self.books.credit(points, self.later(hours), posts_at=self.later(posts))
        self.model.pending.append((self.later(posts), points, self.later(hours)))

    @rule(target=holds, points=st.integers(1, 60), hours=HOURS)
    def hold(self, points: int, hours: int) -> HoldId | None:
        if self.short_of(points, lambda: self.books.hold(points, hours * 3600)):
            return None
        hold = self.books.hold(points, hours * 3600)
        self.model.settle()
        takes = self.model.take(points)
        self.model.holds[hold.id] = ModelHold(points, self.later(hours), takes)
        return hold.id

    @rule(target=spent, points=st.integers(1, 60))
    def charge(self, points: int) -> EntryId | None:
        if self.short_of(points, lambda: self.books.charge(points)):
            return None
        entry = self.books.charge(points)
        self.model.settle()
        self.model.spent[entry.id] = Spent(self.model.take(points), points)
        self.model.entries.append(-points)
        return entry.id

    @rule(target=spent, hold_id=holds, part=st.none() | st.integers(1, 61), cash=st.integers(0, 500))
    def capture(self, hold_id: HoldId | None, part: int | None, cash: int) -> EntryId | None:
        if hold_id is None:
            return None
        leg = CashLeg(branch_id=BRANCH, tender="cash", amount=Minor(cash), currency="USD")
        legs = [leg] if cash else []
        hold = self.model.holds[hold_id]
        more = part is not None and part > hold.points
        reason = "more_than_hold" if more else self.model.refusal(hold)
        if reason is not None:
            self.refused(reason, lambda: self.books.capture(hold_id, *legs, points=part))
            return None
        entry = self.books.capture(hold_id, *legs, points=part)
        self.model.spent[entry.id] = self.model.capture(hold, part or hold.points, cash)
        return entry.id

    @rule(hold_id=holds)
    def release(self, hold_id: HoldId | None) -> None:
        if hold_id is None:
            return
        hold = self.model.holds[hold_id]
        reason = self.model.refusal(hold)
        if reason is not None:
            self.refused(reason, lambda: self.books.release(hold_id))
            return
        self.books.release(hold_id)
        self.model.close(hold, "released")

    @rule(hold_id=holds, hours=st.integers(-5, 48))
    def extend(self, hold_id: HoldId | None, hours: int) -> None:
        if hold_id is None:
            return
        hold, until = self.model.holds[hold_id], self.later(hours)
        reason = self.model.refusal(hold)
        if reason is not None:
            self.refused(reason, lambda: self.books.extend(hold_id, until))
            return
        hold.expires_at = max(hold.expires_at, until)
        self.model.settle()
        assert self.books.extend(hold_id, until).expires_at == hold.expires_at

    @rule(entry_id=spent, part=st.none() | st.integers(1, 40))
    def reverse(self, entry_id: EntryId | None, part: int | None) -> None:
        if entry_id is None:
            return
        spent = self.model.spent[entry_id]
        left = spent.points - spent.back
        if left == 0 or (part or 0) > left:
            data = self.refused("already_reversed", lambda: self.books.reverse(entry_id, part))
            assert data == {"left": left}
            return
        assert self.books.reverse(entry_id, part).points == (part or left)
        self.model.reverse(spent, part or left)

    @rule(entry_id=earned)
    def take_back(self, entry_id: EntryId) -> None:
        lot, points = self.model.earned[entry_id]
        if points == 0:
            self.refused("already_reversed", lambda: self.books.reverse(entry_id))
            return
        taken = min(points, self.model.available())
        assert self.books.reverse(entry_id).unrecovered == (points - taken or None)
        self.model.settle()
        self.model.take(taken, first=lot)
        self.model.earned[entry_id] = (lot, 0)
        self.model.entries += [-taken] if taken else []

    @rule(hours=HOURS)
    def tick(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        self.model.now = self.clock.now()

    @rule()
    def sweep_holds(self) -> None:
        overdue = [
            (key, hold)
            for key, hold in self.model.holds.items()
            if hold.status == "held" and self.model.over(hold.expires_at)
        ]
        overdue.sort(key=lambda each: (each[1].expires_at, each[0]))
        assert [hold.id for hold in self.books.expire(limit=1000)] == [key for key, _hold in overdue]
        for _key, hold in overdue:
            self.model.close(hold, "expired")

    @rule(sweep=st.sampled_from([ledger.post_due, ledger.expire_lots]))
    def sweep_members(self, sweep: Callable[..., list[ledger.Entry]]) -> None:
        written = len(self.model.entries)
        made = self.books.run(lambda: sweep(self.books.session, ORIGIN, limit=10))
        if made:
            self.model.settle()
        assert [entry.points for entry in made] == self.model.entries[written:]

    @rule(key=st.sampled_from(["k1", "k2"]), points=st.integers(1, 3), body=st.sampled_from([b"one", b"two"]))
    def replay(self, key: str, points: int, body: bytes) -> None:
        """A credit with a key: the second time the first answer; with another body refused. Nothing moves."""
        request = Request(client="c", operation="credit", key=key, fingerprint=body)

        def step() -> bytes:
            session = self.books.session
            stored = ledger.claim_key(session, request)
            if stored is not None:
                return stored.answer
            given = ledger.Credit(
                member_id=MEMBER, points=ledger.Points(points), kind=ledger.EarnKind.MILESTONE_AWARD
            )
            answer = str(ledger.credit(session, ledger.Origin(client="c", source="api"), given).id).encode()
            ledger.remember_success(session, request, answer, MEMBER)
            return answer

        known = self.answers.get(key)
        if known is not None and known[:3] != body:
            self.refused("key_reused", lambda: self.books.run(step))
            return
        answer = body + self.books.run(step)
        if known is None:
            self.model.settle()
            self.model.give(points, None)
        assert answer == self.answers.setdefault(key, answer)

    @rule(points=st.integers(1, 20))
    def crash_and_reopen(self, points: int) -> None:
        """In the middle of a hold, before its commit; then the database is opened anew."""

        def step() -> None:
            self.books.session.connection()
            try:
                ledger.place_hold(
                    self.books.session,
                    ORIGIN,
                    member_id=MEMBER,
                    points=ledger.Points(points),
                    ttl=timedelta(hours=1),
                )
            finally:
                raise CrashError

        with pytest.raises(CrashError):
            self.books.run(step)
        self.books.session.close()
        self.database.dispose()
        self.database = Database(self.url, clock=self.clock, keyring=Keyring(bytes(32)))
        self.books = Books(self.database.session())

    @invariant()
    def the_books_say_what_the_model_says(self) -> None:
        model = self.model
        held = sum(hold.points for hold in model.holds.values() if hold.status == "held")
        balance = self.books.whole_balance()
        assert (balance.available, balance.held) == (model.available(), held)
        assert balance.pending == sum(points for at, points, _expiry in model.pending if at > model.now)
        assert [entry.points for entry in reversed(self.books.entries())] == model.entries
        cash = sa.select(sa.func.coalesce(sa.func.sum(postings.c.amount), 0)).where(
            postings.c.account_id == accounts.c.id, accounts.c.kind == "cash"
        )
        there = self.books.read(lambda: self.books.session.scalar(cash))
        assert there == sum(spent.cash - spent.cash_back for spent in model.spent.values())
        assert self.books.read(lambda: ledger.verify(self.books.session, sweep_grace=LONG)) == []


def test_the_books_follow_their_model_in_any_order(sqlite_template: Path):
    machine = type("Machine", (BooksMachine,), {"template": sqlite_template})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.long
def test_the_books_follow_their_model_for_a_long_time(sqlite_template: Path):
    machine = type("Machine", (BooksMachine,), {"template": sqlite_template})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=150,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
