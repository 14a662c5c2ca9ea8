"""The rules of a two-phase step, case by case: which refusal comes first, and what a part capture leaves."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

import ledger
from ledger import Hold, HoldId, HoldStatus, ManualClock, Points, Refusal, Request
from ledger.models import entries, hold_events, lots
from tests.conftest import NOON
from tests.ledger.books import CASH, MEMBER, ORIGIN, Books
from tests.ledger.test_credits_and_debits import legs
from tests.ledger.test_holds import events, found

DAY = timedelta(days=1)
MUCH, LATER = 99, NOON + timedelta(days=2)


def nothing(books: Books, clock: ManualClock, hold: Hold) -> None:
    """The hold stays as it was placed."""


def captured(books: Books, clock: ManualClock, hold: Hold) -> None:
    books.capture(hold.id)


def part_captured(books: Books, clock: ManualClock, hold: Hold) -> None:
    books.capture(hold.id, points=4)


def released(books: Books, clock: ManualClock, hold: Hold) -> None:
    books.release(hold.id)


def run_out(books: Books, clock: ManualClock, hold: Hold) -> None:
    clock.set(hold.expires_at)


def swept(books: Books, clock: ManualClock, hold: Hold) -> None:
    clock.set(hold.expires_at)
    sweep = partial(ledger.expire_holds, books.session, ORIGIN, limit=1, member_id=books.member_id)
    assert len(books.run(sweep)) == 1


def captured_long_ago(books: Books, clock: ManualClock, hold: Hold) -> None:
    books.capture(hold.id)
    clock.set(LATER)


def released_long_ago(books: Books, clock: ManualClock, hold: Hold) -> None:
    books.release(hold.id)
    clock.set(LATER)


def capture(points: object) -> Callable[[Books, HoldId], object]:
    return lambda books, hold_id: books.capture(hold_id, CASH, points=points)


def release(books: Books, hold_id: HoldId) -> object:
    return books.release(hold_id)


def extend(books: Books, hold_id: HoldId) -> object:
    return books.extend(hold_id, LATER)


def elsewhere(step: Callable[[Books, HoldId], object]) -> Callable[[Books, HoldId], object]:
    """The step on a hold that is not there."""
    return lambda books, _hold_id: step(books, HoldId(uuid4()))


# Malformed → not found → more than the hold → captured, released → expired.
ORDER = [
    ("malformed before not found", nothing, elsewhere(capture(0)), ValueError, {}),
    ("malformed before more", nothing, capture(-1), ValueError, {}),
    ("malformed before closed", captured, capture(0), ValueError, {}),
    ("malformed before expired", run_out, capture(1.5), TypeError, {}),
    ("not found before more", nothing, elsewhere(capture(MUCH)), ledger.NotFound, {"what": "hold"}),
    ("not found to capture", captured, elsewhere(capture(None)), ledger.NotFound, {"what": "hold"}),
    ("not found to release", run_out, elsewhere(release), ledger.NotFound, {"what": "hold"}),
    ("not found to extend", run_out, elsewhere(extend), ledger.NotFound, {"what": "hold"}),
    ("more than the hold", nothing, capture(11), ledger.MoreThanHold, {"held": 10}),
    ("more before captured", captured, capture(11), ledger.MoreThanHold, {"held": 10}),
    ("more before part captured", part_captured, capture(MUCH), ledger.MoreThanHold, {"held": 10}),
    ("more before released", released, capture(11), ledger.MoreThanHold, {"held": 10}),
    ("more before expired", run_out, capture(11), ledger.MoreThanHold, {"held": 10}),
    ("more before swept", swept, capture(11), ledger.MoreThanHold, {"held": 10}),
    ("captured twice", captured, capture(None), ledger.HoldClosed, {"status": "captured"}),
    ("captured in part twice", part_captured, capture(4), ledger.HoldClosed, {"status": "captured"}),
    ("the rest of a part", part_captured, capture(6), ledger.HoldClosed, {"status": "captured"}),
    ("a part of a captured one", captured, capture(1), ledger.HoldClosed, {"status": "captured"}),
    ("release after capture", captured, release, ledger.HoldClosed, {"status": "captured"}),
    ("release after a part", part_captured, release, ledger.HoldClosed, {"status": "captured"}),
    ("release twice", released, release, ledger.HoldClosed, {"status": "released"}),
    ("capture after release", released, capture(None), ledger.HoldClosed, {"status": "released"}),
    ("a part after release", released, capture(1), ledger.HoldClosed, {"status": "released"}),
    ("extend after capture", captured, extend, ledger.HoldClosed, {"status": "captured"}),
    ("extend after release", released, extend, ledger.HoldClosed, {"status": "released"}),
    ("captured before expired", captured_long_ago, capture(None), ledger.HoldClosed, {"status": "captured"}),
    ("released before expired", released_long_ago, release, ledger.HoldClosed, {"status": "released"}),
    ("run out, capture", run_out, capture(None), ledger.HoldExpired, {"expired_at": NOON + DAY}),
    ("run out, a part", run_out, capture(1), ledger.HoldExpired, {"expired_at": NOON + DAY}),
    ("run out, release", run_out, release, ledger.HoldExpired, {"expired_at": NOON + DAY}),
    ("run out, extend", run_out, extend, ledger.HoldExpired, {"expired_at": NOON + DAY}),
    ("swept, capture", swept, capture(None), ledger.HoldExpired, {"expired_at": NOON + DAY}),
    ("swept, a part", swept, capture(1), ledger.HoldExpired, {"expired_at": NOON + DAY}),
    ("swept, release", swept, release, ledger.HoldExpired, {"expired_at": NOON + DAY}),
    ("swept, extend", swept, extend, ledger.HoldExpired, {"expired_at": NOON + DAY}),
]


def of_a_new_member(books: Books, clock: ManualClock) -> Books:
    """Books of somebody else at noon, so that each row of a table begins with nothing."""
    clock.set(NOON)
    member_id = ledger.MemberId(ledger.new_id())
    books.run(lambda: ledger.open_member(books.session, member_id))
    return Books(books.session, member_id)


def test_the_first_reason_in_the_order_is_the_answer_and_nothing_moves(
    books: Books, clock: ManualClock, subtests: pytest.Subtests
):
    for name, before, step, refusal, data in ORDER:
        with subtests.test(name):
            refuses(of_a_new_member(books, clock), clock, before, step, refusal, data)
    clock.set(NOON)


def refuses(
    books: Books,
    clock: ManualClock,
    before: Callable[[Books, ManualClock, Hold], None],
    step: Callable[[Books, HoldId], object],
    refusal: type[Exception],
    data: dict[str, Any],
) -> None:
    books.credit(30)
    hold = books.hold(10, seconds=86400)
    before(books, clock, hold)

    def state() -> object:
        return (books.balance(), log_of(books, hold.id), books.entries(), found(books, hold.id))

    there = state()

    with pytest.raises(refusal) as refused:
        step(books, hold.id)

    if isinstance(refused.value, Refusal):
        assert refused.value.data() == data
    assert state() == there


def log_of(books: Books, hold_id: HoldId) -> list[tuple[str, int | None]]:
    question = sa.select(hold_events.c.event, hold_events.c.points).where(hold_events.c.hold_id == hold_id)
    rows = books.read(lambda: books.session.execute(question.order_by(hold_events.c.id)).all())
    return [tuple(row) for row in rows]


def test_a_replayed_key_is_answered_before_anything_is_looked_at(books: Books, clock: ManualClock):
    books.credit(10)
    hold = books.hold(10)
    request = Request(client="till-1", operation="confirm", key="k", fingerprint=b"body")

    def confirm(hold_id: HoldId, body: bytes) -> bytes:
        stored = ledger.claim_key(
            books.session, Request(client="till-1", operation="confirm", key="k", fingerprint=body)
        )
        if stored is not None:
            return stored.answer
        answer = str(ledger.capture_hold(books.session, ORIGIN, hold_id).id).encode()
        ledger.remember_success(books.session, request, answer, MEMBER)
        return answer

    first = books.run(lambda: confirm(hold.id, b"body"))
    clock.advance(timedelta(days=1))

    assert books.run(lambda: confirm(HoldId(uuid4()), b"body")) == first
    with pytest.raises(ledger.KeyReused):
        books.run(lambda: confirm(hold.id, b"other body"))
    assert (books.balance(), len(books.entries())) == ((0, 0), 2)


# Held, captured (None: all of it); available and held afterwards, then what is left of the lots of 10 and 20.
PARTS = [
    (30, None, (0, 0), [0, 0]),
    (30, 30, (0, 0), [0, 0]),
    (30, 29, (1, 0), [0, 1]),
    (30, 10, (20, 0), [0, 20]),
    (30, 9, (21, 0), [1, 20]),
    (30, 1, (29, 0), [9, 20]),
    (15, 12, (18, 0), [0, 18]),
    (10, 4, (26, 0), [6, 20]),
]


def test_a_part_is_captured_and_the_rest_released_in_one_step(
    books: Books, clock: ManualClock, subtests: pytest.Subtests
):
    for held, taken, balance, left in PARTS:
        with subtests.test(f"{taken} of {held}"):
            captures(of_a_new_member(books, clock), held, taken, balance, left)


def captures(books: Books, held: int, taken: int | None, balance: tuple[int, int], left: list[int]) -> None:
    books.credit(10, NOON + DAY)
    books.credit(20)
    hold = books.hold(held)

    entry = books.capture(hold.id, CASH, points=taken)

    spent = held if taken is None else taken
    assert (entry.points, entry.hold_id, entry.balance_after) == (-spent, hold.id, 30 - spent)
    assert legs(books, entry.id) == [
        ("member", "", "PTS", -spent),
        ("redeemed", "", "PTS", spent),
        ("cash", "cash", "USD", 400),
        ("takings", "", "USD", -400),
    ]
    mine = sa.select(lots.c.remaining).where(lots.c.member_id == books.member_id).order_by(lots.c.id)
    assert books.read(lambda: books.session.scalars(mine).all()) == left
    assert (books.balance(), found(books, hold.id).status) == (balance, HoldStatus.CAPTURED)
    part = [("captured", spent), ("released", held - spent)]
    assert log_of(books, hold.id) == [("held", None), *([("captured", None)] if spent == held else part)]


# What is there: available, held by another open hold, pending; what is asked; the answer.
EXCEEDS = [
    (10, 0, 0, 10, None),
    (10, 0, 0, 11, ("not_enough_points", {"missing": 1, "available": 10})),
    (10, 4, 0, 10, ("not_enough_points", {"missing": 4, "available": 6})),
    (0, 0, 0, 1, ("not_enough_points", {"missing": 1, "available": 0})),
    (10, 0, 5, 15, ("points_not_yet_posted", {"missing": 5, "posts_at": NOON + DAY})),
    (10, 0, 5, 16, ("not_enough_points", {"missing": 6, "available": 10})),
    (10, 10, 5, 5, ("points_not_yet_posted", {"missing": 5, "posts_at": NOON + DAY})),
    (2**53 - 1, 0, 0, 2**53 - 1, None),
]


def test_nothing_exceeds_what_is_available(books: Books, clock: ManualClock, subtests: pytest.Subtests):
    for there, held, pending, asked, answer in EXCEEDS:
        for way in ("hold", "charge"):
            with subtests.test(f"{way} {asked} of {there} with {held} held and {pending} pending"):
                mine = of_a_new_member(books, clock)
                for points, posts_at in ((there, None), (pending, NOON + DAY)):
                    if points:
                        mine.credit(points, posts_at=posts_at)
                if held:
                    mine.hold(held)
                exceeds(mine, way, there, asked, answer)


def exceeds(
    books: Books, way: str, there: int, asked: int, answer: tuple[str, dict[str, Any]] | None
) -> None:
    step = {"hold": books.hold, "charge": books.charge}[way]
    if answer is None:
        step(asked)
        assert sum(books.balance()) == (there if way == "hold" else there - asked)
        return
    before = (books.whole_balance(), books.entries())
    with pytest.raises(Refusal) as refused:
        step(asked)
    assert (refused.value.reason, refused.value.data()) == answer
    assert (books.whole_balance(), books.entries()) == before


def test_on_not_enough_the_members_own_overdue_holds_make_room(books: Books, clock: ManualClock):
    """What a use case does: the sweep of this member, then one more try, all in one transaction."""
    books.credit(10)
    overdue = books.hold(8)
    clock.set(overdue.expires_at)

    def reserve() -> tuple[list[HoldId], Hold]:
        ttl = timedelta(seconds=120)
        with pytest.raises(ledger.NotEnoughPoints) as refused:
            ledger.place_hold(books.session, ORIGIN, member_id=MEMBER, points=Points(10), ttl=ttl)
        assert (refused.value.missing, refused.value.available) == (8, 2)
        closed = ledger.expire_holds(books.session, ORIGIN, limit=100, member_id=MEMBER)
        fresh = ledger.place_hold(books.session, ORIGIN, member_id=MEMBER, points=Points(10), ttl=ttl)
        return [hold.id for hold in closed], fresh

    closed, fresh = books.run(reserve)

    assert (closed, fresh.points) == ([overdue.id], 10)
    assert books.balance() == (0, 10)
    assert events(books) == ["held", "expired", "held"]


def test_a_capture_has_one_entry_whatever_is_tried(books: Books):
    books.credit(10)
    hold = books.hold(10)
    books.capture(hold.id, points=4)
    for step in (lambda: books.capture(hold.id), lambda: books.capture(hold.id, points=6)):
        with pytest.raises(ledger.HoldClosed):
            step()

    count = sa.select(sa.func.count()).select_from(entries).where(entries.c.hold_id == hold.id)
    assert books.read(lambda: books.session.scalar(count)) == 1
