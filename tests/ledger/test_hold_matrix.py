"""Every state of a hold with every transition, and what a known key answers before anything else is looked at.

The rules are those of two-phase transfers: pending, posted, voided, expired, exceeds, exists with different.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import ledger
from ledger import CashLeg, Hold, HoldId, HoldStatus, ManualClock, Minor, Points, Refusal, Request
from tests.conftest import NOON
from tests.ledger.books import BRANCH, ORIGIN, Books
from tests.ledger.test_hold_rules import (
    captured,
    extend,
    log_of,
    nothing,
    of_a_new_member,
    part_captured,
    release,
    released,
    run_out,
    swept,
)
from tests.ledger.test_holds import found

DAY = timedelta(days=1)
EXPIRED = ("hold_expired", {"expired_at": NOON + DAY})
CAPTURED = ("hold_closed", {"status": "captured"})
RELEASED = ("hold_closed", {"status": "released"})
STATES = {
    "held": nothing,
    "captured": captured,
    "captured in part": part_captured,
    "released": released,
    "run out": run_out,
    "expired": swept,
}
TRANSITIONS: dict[str, Callable[[Books, HoldId], object]] = {
    "capture": lambda books, hold_id: books.capture(hold_id),
    "capture a part": lambda books, hold_id: books.capture(hold_id, points=3),
    "release": release,
    "extend": extend,
    "expire": lambda books, hold_id: books.run(lambda: ledger.expire_hold(books.session, ORIGIN, hold_id)),
}
# What becomes of the hold, or the refusal; "expire" refuses nothing, it only closes what has run out.
MATRIX: dict[str, tuple[Any, ...]] = {
    #                    capture       a part        release       extend        expire
    "held": (HoldStatus.CAPTURED, HoldStatus.CAPTURED, HoldStatus.RELEASED, HoldStatus.HELD, HoldStatus.HELD),
    "captured": (CAPTURED, CAPTURED, CAPTURED, CAPTURED, HoldStatus.CAPTURED),
    "captured in part": (CAPTURED, CAPTURED, CAPTURED, CAPTURED, HoldStatus.CAPTURED),
    "released": (RELEASED, RELEASED, RELEASED, RELEASED, HoldStatus.RELEASED),
    "run out": (EXPIRED, EXPIRED, EXPIRED, EXPIRED, HoldStatus.EXPIRED),
    "expired": (EXPIRED, EXPIRED, EXPIRED, EXPIRED, HoldStatus.EXPIRED),
}
PAIRS = [
    (state, transition, MATRIX[state][position])
    for state in STATES
    for position, transition in enumerate(TRANSITIONS)
]


@pytest.mark.parametrize(("state", "transition", "answer"), PAIRS, ids=lambda each: str(each)[:16])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_state_answers_every_transition(
    books: Books, clock: ManualClock, state: str, transition: str, answer: Any
):
    judge_pair(books, clock, state, transition, answer)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_every_state_answers_every_transition_on_postgresql_too(
    books: Books, clock: ManualClock, subtests: pytest.Subtests
):
    for state, transition, answer in PAIRS:
        with subtests.test(f"{state}, {transition}"):
            judge_pair(of_a_new_member(books, clock), clock, state, transition, answer)
    clock.set(NOON)


def judge_pair(books: Books, clock: ManualClock, state: str, transition: str, answer: Any) -> None:
    books.credit(30)
    hold = books.hold(10, seconds=86400)
    STATES[state](books, clock, hold)
    before = (books.balance(), log_of(books, hold.id), books.entries())

    if isinstance(answer, tuple):
        with pytest.raises(Refusal) as refused:
            TRANSITIONS[transition](books, hold.id)
        assert (refused.value.reason, refused.value.data()) == answer
    else:
        TRANSITIONS[transition](books, hold.id)
        assert found(books, hold.id).status is answer

    after = (books.balance(), log_of(books, hold.id), books.entries())
    # Held moves by all but "expire", and what has run out by nothing else.
    moves = transition != "expire" if state == "held" else (state, transition) == ("run out", "expire")
    assert (after != before) is moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a surface sends to confirm; a key is known with all of it."""

    hold_id: HoldId
    points: int | None = None
    claim_points: int = 0
    cash: int = 400
    currency: str = "USD"
    tender: str = "cash"
    reference: str | None = "4711"
    on_behalf: bool = False

    def canonical(self) -> bytes:
        return json.dumps([getattr(self, name) for name in self.__dataclass_fields__], default=str).encode()


def confirm(books: Books, body: Body) -> bytes:
    """A confirmation with one key, as a use case does it."""
    request = Request(
        client="till-1",
        operation="confirm",
        key="k",
        fingerprint=ledger.fingerprint(books.session.keyring, body.canonical()),
    )

    def step() -> bytes:
        stored = ledger.claim_key(books.session, request)
        if stored is not None:
            return stored.answer
        cash = CashLeg(
            branch_id=BRANCH,
            tender=body.tender,
            amount=Minor(body.cash),
            currency=body.currency,
            reference=body.reference,
        )
        part = None if body.points is None else Points(body.points)
        entry = ledger.capture_hold(books.session, ORIGIN, body.hold_id, cash=(cash,), points=part)
        answer = str(entry.id).encode()
        ledger.remember_success(books.session, request, answer, books.member_id)
        return answer

    return books.run(step)


OTHERWISE: dict[str, object] = {
    "hold_id": HoldId(uuid4()),
    "points": 9,
    "claim_points": 1,
    "cash": 401,
    "currency": "EUR",
    "tender": "card",
    "reference": None,
    "on_behalf": True,
}


@pytest.mark.parametrize("field", list(Body.__dataclass_fields__))
def test_a_known_key_with_one_field_different_is_refused_and_nothing_is_written(books: Books, field: str):
    books.credit(30)
    hold, other = books.hold(10), books.hold(5)
    body = Body(hold_id=hold.id)
    first = confirm(books, body)
    before = (books.balance(), books.entries())
    changed = {name: getattr(body, name) for name in Body.__dataclass_fields__} | {field: OTHERWISE[field]}
    if field == "hold_id":
        changed["hold_id"] = other.id  # one that could be captured: it is the key that says no

    with pytest.raises(ledger.KeyReused):
        confirm(books, Body(**changed))

    assert (books.balance(), books.entries()) == before
    assert confirm(books, body) == first
    assert found(books, other.id).status is HoldStatus.HELD


def later(books: Books, clock: ManualClock, hold: Hold) -> None:
    clock.set(hold.expires_at + DAY)


def emptied(books: Books, clock: ManualClock, hold: Hold) -> None:
    books.charge(20)


def reversed_again(books: Books, clock: ManualClock, hold: Hold) -> None:
    books.reverse(books.entries()[0].id)


# What would be refused if it were looked at again, after the key had its answer.
AFTERWARDS = {
    "already captured": nothing,
    "expired": later,
    "not enough": emptied,
    "reversed": reversed_again,
}


@pytest.mark.parametrize("afterwards", list(AFTERWARDS))
def test_a_replayed_key_comes_before_every_other_check(books: Books, clock: ManualClock, afterwards: str):
    books.credit(30)
    hold = books.hold(10, seconds=86400)
    body = Body(hold_id=hold.id)
    first = confirm(books, body)
    AFTERWARDS[afterwards](books, clock, hold)
    before = (books.balance(), books.entries())

    assert confirm(books, body) == first
    assert (books.balance(), books.entries()) == before


# On a hold that is to be placed: malformed → not found → not enough.
PLACED = [
    ("malformed before not found", 0, 120, uuid4(), ValueError),
    ("malformed before not enough", -1, 120, None, ValueError),
    ("malformed time before not found", 1, 0, uuid4(), ValueError),
    ("malformed time before not enough", 99, 0, None, ValueError),
    ("a fraction before not enough", 99.5, 120, None, TypeError),
    ("not found before not enough", 99, 120, uuid4(), ledger.NotFound),
    ("not enough", 99, 120, None, ledger.NotEnoughPoints),
]


@pytest.mark.parametrize(("points", "seconds", "member_id", "refusal"), [row[1:] for row in PLACED],
                         ids=[row[0] for row in PLACED])  # fmt: skip
def test_placing_a_hold_has_the_same_order(
    books: Books, points: Any, seconds: float, member_id: Any, refusal: type[Exception]
):
    books.credit(5)
    asked = Books(books.session, member_id or books.member_id)

    with pytest.raises(refusal):
        asked.hold(points, seconds)

    assert books.balance() == (5, 0)
