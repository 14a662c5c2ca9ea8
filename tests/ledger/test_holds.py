"""Holds one after the other: what each transition moves, and what each refusal leaves alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

import ledger
from ledger import EntryType, HoldId, HoldStatus, ManualClock, Origin, Points
from ledger.models import earmarks, hold_events
from tests.conftest import NOON
from tests.ledger.books import BRANCH, CASH, MEMBER, ORIGIN, TILL, Books
from tests.ledger.test_credits_and_debits import legs, remaining


def events(books: Books) -> list[str]:
    question = sa.select(hold_events.c.event).order_by(hold_events.c.id)
    return books.read(lambda: list(books.session.scalars(question)))


def found(books: Books, hold_id: HoldId) -> ledger.Hold:
    return books.read(lambda: ledger.hold_by_id(books.session, hold_id))


def test_a_hold_reserves_and_posts_nothing(books: Books):
    books.credit(100)

    hold = books.hold(30)

    assert hold == ledger.Hold(
        id=hold.id,
        member_id=MEMBER,
        points=Points(30),
        status=HoldStatus.HELD,
        created_at=NOON,
        expires_at=NOON + timedelta(seconds=120),
        closed_at=None,
        closing_entry_id=None,
        booking_id="B1-1",
        branch_id=BRANCH,
        till_id=TILL,
    )
    assert found(books, hold.id) == hold
    assert books.balance() == (70, 30)
    assert len(books.entries()) == 1
    assert events(books) == ["held"]


def test_a_hold_earmarks_the_lots_that_expire_first(books: Books):
    books.credit(50)
    books.credit(30, NOON + timedelta(days=20))
    books.credit(20, NOON + timedelta(days=10))

    books.hold(25)
    books.hold(40)

    assert remaining(books) == [35, 0, 0]
    taken = sa.select(earmarks.c.points).order_by(earmarks.c.hold_id, earmarks.c.lot_id)
    assert books.read(lambda: list(books.session.scalars(taken))) == [5, 20, 15, 25]


def test_a_capture_posts_points_and_cash_and_claim_points_in_one_entry(books: Books):
    books.credit(100)
    books.charge(20)
    hold = books.hold(30)

    entry = books.capture(hold.id, CASH, claim_points=20)

    assert (entry.type, entry.points, entry.number, entry.balance_after) == (
        EntryType.DEBIT_BY_REDEMPTION,
        -30,
        3,
        50,
    )
    assert (entry.hold_id, entry.booking_id, entry.created_at) == (hold.id, "B1-1", NOON)
    assert books.entries()[0] == entry
    assert legs(books, entry.id) == [
        ("member", "", "PTS", -30),
        ("redeemed", "", "PTS", 30),
        ("claims", "", "PTS", -20),
        ("redeemed", "", "PTS", 20),
        ("cash", "cash", "USD", 400),
        ("takings", "", "USD", -400),
    ]
    closed = found(books, hold.id)
    assert (closed.status, closed.closed_at, closed.closing_entry_id) == (HoldStatus.CAPTURED, NOON, entry.id)
    assert books.balance() == (50, 0)
    assert remaining(books) == [50]
    assert events(books) == ["held", "captured"]


def test_a_capture_on_behalf_is_named_so(books: Books):
    books.credit(10)
    hold = books.hold(10)
    origin = Origin(client="desk", source="desk", on_behalf=True)

    entry = books.run(lambda: ledger.capture_hold(books.session, origin, hold.id))

    assert (entry.type, entry.on_behalf) == (EntryType.DEBIT_BY_ON_BEHALF_REDEMPTION, True)


def test_a_release_gives_each_lot_its_points_back(books: Books):
    books.credit(10)
    books.credit(20, NOON + timedelta(days=10))
    hold = books.hold(25)

    released = books.release(hold.id)

    assert (released.status, released.closed_at, released.closing_entry_id) == (
        HoldStatus.RELEASED,
        NOON,
        None,
    )
    assert books.balance() == (30, 0)
    assert remaining(books) == [10, 20]
    assert len(books.entries()) == 2
    assert events(books) == ["held", "released"]


def test_extending_moves_the_expiry_and_never_back(books: Books, clock: ManualClock):
    books.credit(10)
    hold = books.hold(10)
    later = NOON + timedelta(hours=24)

    assert books.extend(hold.id, later).expires_at == later
    assert books.extend(hold.id, NOON + timedelta(seconds=240)).expires_at == later
    clock.set(later - timedelta(microseconds=1))
    assert books.capture(hold.id).points == -10
    assert events(books) == ["held", "extended", "extended", "captured"]


@pytest.mark.parametrize("swept", ["not swept", "swept"])
def test_a_hold_is_over_at_its_expiry_whether_swept_or_not(books: Books, clock: ManualClock, swept: str):
    books.credit(10)
    hold = books.hold(10)
    clock.set(hold.expires_at)
    if swept == "swept":
        assert [expired.id for expired in books.expire()] == [hold.id]
    before = (books.balance(), events(books), remaining(books))

    for step in (
        lambda: books.capture(hold.id, CASH),
        lambda: books.release(hold.id),
        lambda: books.extend(hold.id, NOON + timedelta(hours=1)),
    ):
        with pytest.raises(ledger.HoldExpired) as refused:
            step()
        assert refused.value.expired_at == hold.expires_at

    assert (books.balance(), events(books), remaining(books)) == before
    assert len(books.entries()) == 1


@pytest.mark.parametrize(
    "later", [timedelta(0), timedelta(hours=1)], ids=["in time", "closed before expired"]
)
def test_a_closed_hold_stays_closed(books: Books, clock: ManualClock, later: timedelta):
    books.credit(20)
    captured, released = books.hold(5), books.hold(6)
    books.capture(captured.id)
    books.release(released.id)
    clock.advance(later)
    before = (books.balance(), events(books))

    for hold, status in ((captured, "captured"), (released, "released")):
        for step in (
            lambda: books.capture(hold.id, CASH),  # noqa: B023 - called in this turn of the loop
            lambda: books.release(hold.id),  # noqa: B023 - called in this turn of the loop
            lambda: books.extend(hold.id, NOON + timedelta(days=1)),  # noqa: B023 - called in this turn
        ):
            with pytest.raises(ledger.HoldClosed) as refused:
                step()
            assert refused.value.status == status

    assert books.expire() == []
    assert (books.balance(), events(books)) == before
    assert len(books.entries()) == 2


def test_an_unknown_hold_is_not_found(books: Books):
    nothing = HoldId(uuid4())

    for step in (
        lambda: books.capture(nothing, CASH),
        lambda: books.release(nothing),
        lambda: books.extend(nothing, NOON + timedelta(hours=1)),
        lambda: found(books, nothing),
    ):
        with pytest.raises(ledger.NotFound) as refused:
            step()
        assert refused.value.what == "hold"

    assert events(books) == []


def test_a_hold_beyond_what_is_available_is_refused_and_nothing_moves(books: Books):
    books.credit(100)
    books.hold(70)

    with pytest.raises(ledger.NotEnoughPoints) as refused:
        books.hold(31)

    assert (refused.value.missing, refused.value.available) == (1, 30)
    assert books.balance() == (30, 70)
    assert events(books) == ["held"]
    assert remaining(books) == [30]


def test_the_sweep_closes_the_oldest_first_up_to_its_limit(books: Books, clock: ManualClock):
    books.credit(100)
    holds = [books.hold(10, seconds) for seconds in (30, 10, 20, 40)]
    clock.advance(timedelta(seconds=30))

    assert [hold.id for hold in books.expire(limit=2)] == [holds[1].id, holds[2].id]
    last = books.expire(limit=2)
    assert [(hold.id, hold.status, hold.closed_at) for hold in last] == [
        (holds[0].id, HoldStatus.EXPIRED, clock.now())
    ]
    assert books.balance() == (90, 10)
    assert remaining(books) == [90]


def test_the_sweep_of_one_member_leaves_others_alone(books: Books, clock: ManualClock):
    other = ledger.MemberId(uuid4())
    books.run(lambda: ledger.open_member(books.session, other))
    theirs = Books(books.session, other)
    for each in (books, theirs):
        each.credit(10)
        each.hold(10)
    clock.advance(timedelta(seconds=120))

    swept = books.run(lambda: ledger.expire_holds(books.session, ORIGIN, limit=10, member_id=other))

    assert [hold.member_id for hold in swept] == [other]
    assert (books.balance(), theirs.balance()) == ((0, 10), (10, 0))


@pytest.mark.parametrize("points", [0, -5, True, 2.0])
def test_a_hold_has_whole_points_and_some_time(books: Books, points: object):
    books.credit(10)

    with pytest.raises((ValueError, TypeError)):
        books.hold(points)
    with pytest.raises(ValueError, match="some time"):
        books.hold(1, seconds=0)

    assert books.balance() == (10, 0)


def test_a_hold_is_taken_for_a_partner_as_a_transfer_and_comes_back_to_its_lot(books: Books):
    books.credit(100, NOON + timedelta(days=10))
    hold = books.hold(30)

    entry = books.run(lambda: ledger.transfer_hold(books.session, ORIGIN, hold.id, partner="Sky Miles"))

    assert (entry.type, entry.points, entry.party, entry.hold_id) == (
        *(EntryType.POINTS_TRANSFER, -30, "Sky Miles", hold.id),
    )
    assert found(books, hold.id).closing_entry_id == entry.id
    assert [(leg[0], leg[3]) for leg in legs(books, entry.id)] == [("member", -30), ("partner", 30)]
    assert (books.balance(), remaining(books), events(books)) == ((70, 0), [70], ["held", "captured"])
    books.run(
        lambda: ledger.reverse_entry(
            books.session, ORIGIN, entry.id, reason="partner_refused", grace=timedelta(days=1)
        )
    )
    assert (books.balance(), remaining(books)) == ((100, 0), [100])


@pytest.mark.parametrize("end", ["released", "expired"])
def test_a_hold_that_has_ended_is_not_transferred(books: Books, clock: ManualClock, end: str):
    books.credit(100)
    hold = books.hold(30)
    if end == "released":
        books.run(lambda: ledger.release_hold(books.session, ORIGIN, hold.id))
    else:
        clock.advance(timedelta(seconds=120))
    before = books.entries()
    with pytest.raises(ledger.HoldClosed if end == "released" else ledger.HoldExpired):
        books.run(lambda: ledger.transfer_hold(books.session, ORIGIN, hold.id, partner="Sky Miles"))
    assert books.entries() == before
