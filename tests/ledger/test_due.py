"""Pending points and points that run out: what counts when, swept or not."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

import ledger
from ledger import Balance, EntryType, Expiring, ManualClock, MemberId, Origin, Points
from ledger.models import lots
from tests.conftest import NOON
from tests.ledger.books import MEMBER, ORIGIN, Books
from tests.ledger.test_credits_and_debits import legs, remaining
from tests.ledger.test_holds import events

DAY = timedelta(days=1)
SWEEPER = Origin(client="sweeper", source="system")


def post_due(books: Books, limit: int = 100) -> list[ledger.Entry]:
    return books.run(lambda: ledger.post_due(books.session, SWEEPER, limit=limit))


def expire_lots(books: Books, limit: int = 100) -> list[ledger.Entry]:
    return books.run(lambda: ledger.expire_lots(books.session, SWEEPER, limit=limit))


def kinds(books: Books) -> list[tuple[str, int]]:
    return [(entry.type.value, entry.points) for entry in reversed(books.entries())]


def test_pending_points_count_but_are_not_to_be_spent(books: Books):
    entry = books.credit(100, posts_at=NOON + DAY)

    assert (entry.type, entry.points, entry.number, entry.balance_after) == (EntryType.EARN, 100, None, None)
    assert books.whole_balance() == Balance(
        available=Points(0), held=Points(0), pending=Points(100), expiring=()
    )
    assert books.entries() == []
    assert post_due(books) == []


def test_a_credit_whose_time_has_passed_posts_at_once(books: Books):
    assert books.credit(10, posts_at=NOON).number == 1
    assert books.balance() == (10, 0)


def test_pending_points_post_at_their_time_under_their_id(books: Books, clock: ManualClock):
    promised = books.credit(100, NOON + 9 * DAY, posts_at=NOON + DAY)
    clock.set(NOON + DAY - timedelta(microseconds=1))
    assert post_due(books) == []
    clock.set(NOON + DAY)

    posted = post_due(books)

    assert [
        (entry.id, entry.points, entry.number, entry.balance_after, entry.created_at) for entry in posted
    ] == [(promised.id, 100, 1, 100, NOON + DAY)]
    assert (posted[0].source, posted[0].booking_id) == ("in-store", "B1-1")
    assert legs(books, promised.id) == [("member", "", "PTS", 100), ("issued", "", "PTS", -100)]
    assert books.entries() == posted
    assert books.whole_balance() == Balance(
        available=Points(100),
        held=Points(0),
        pending=Points(0),
        expiring=(Expiring(points=Points(100), expires_at=NOON + 9 * DAY),),
    )
    assert post_due(books) == []


def test_points_that_are_due_count_before_anybody_posts_them(books: Books, clock: ManualClock):
    books.credit(10, posts_at=NOON + DAY)
    books.credit(20, NOON + 5 * DAY, posts_at=NOON + 2 * DAY)
    books.credit(40, NOON + 2 * DAY, posts_at=NOON + DAY)
    books.credit(80, posts_at=NOON + 3 * DAY)
    clock.set(NOON + 2 * DAY)

    assert books.whole_balance() == Balance(
        available=Points(30),
        held=Points(0),
        pending=Points(80),
        expiring=(Expiring(points=Points(20), expires_at=NOON + 5 * DAY),),
    )
    assert books.entries() == []


STEPS: dict[str, Callable[[Books, ledger.Hold], object]] = {
    "credit": lambda books, _hold: books.credit(1),
    "hold": lambda books, _hold: books.hold(1),
    "charge": lambda books, _hold: books.charge(1),
    "capture": lambda books, hold: books.capture(hold.id),
    "part capture": lambda books, hold: books.capture(hold.id, points=1),
    "extend": lambda books, hold: books.extend(hold.id, NOON + 20 * DAY),
    "release": lambda books, hold: books.release(hold.id),
    "reverse": lambda books, _hold: books.reverse(books.entries()[-1].id, 1),
}


@pytest.mark.parametrize("name", STEPS)
def test_any_step_first_posts_and_expires_what_is_due(books: Books, clock: ManualClock, name: str):
    books.credit(10)
    hold = books.hold(4, seconds=10 * 86400)
    books.credit(5, NOON + 2 * DAY)
    books.credit(100, posts_at=NOON + DAY)
    clock.set(NOON + 3 * DAY)

    STEPS[name](books, hold)

    assert kinds(books)[:4] == [("Earn", 10), ("Earn", 5), ("Earn", 100), ("Points Expiry", -5)]
    expiry = books.entries()[-4]
    assert (expiry.source, expiry.booking_id) == ("system", None)
    assert legs(books, expiry.id) == [("member", "", "PTS", -5), ("expired", "", "PTS", 5)]


def test_pending_points_pay_for_a_hold_from_their_moment_on(books: Books, clock: ManualClock):
    books.credit(5)
    books.credit(10, posts_at=NOON + DAY)
    books.credit(10, posts_at=NOON + 2 * DAY)

    with pytest.raises(ledger.PointsNotYetPosted) as early:
        books.hold(20)
    with pytest.raises(ledger.PointsNotYetPosted) as less:
        books.charge(15)
    with pytest.raises(ledger.NotEnoughPoints) as never:
        books.hold(26)

    assert (early.value.missing, early.value.posts_at) == (15, NOON + 2 * DAY)
    assert (less.value.missing, less.value.posts_at) == (10, NOON + DAY)
    assert (never.value.missing, never.value.available) == (21, 5)
    assert (books.balance(), events(books), kinds(books)) == ((5, 0), [], [("Earn", 5)])
    clock.set(early.value.posts_at)
    assert books.hold(20).points == 20
    assert books.balance() == (5, 20)


@pytest.mark.parametrize("swept", ["not swept", "swept"])
def test_what_has_expired_is_never_spent(books: Books, clock: ManualClock, swept: str):
    books.credit(30, NOON + DAY)
    books.credit(20, NOON + 2 * DAY)
    books.credit(5)
    clock.set(NOON + 2 * DAY)
    if swept == "swept":
        assert [entry.points for entry in expire_lots(books)] == [-50]

    with pytest.raises(ledger.NotEnoughPoints) as refused:
        books.hold(6)
    with pytest.raises(ledger.NotEnoughPoints):
        books.charge(6)

    assert (refused.value.missing, refused.value.available) == (1, 5)
    assert books.balance() == (5, 0)
    assert books.charge(5).balance_after == 0
    assert kinds(books)[-2:] == [("Points Expiry", -50), ("Debit By Redemption", -5)]


def test_a_refusal_leaves_what_is_due_for_the_next_step(books: Books, clock: ManualClock):
    books.credit(10, NOON + DAY)
    clock.set(NOON + DAY)

    with pytest.raises(ledger.NotEnoughPoints):
        books.hold(1)

    assert kinds(books) == [("Earn", 10)]
    assert remaining(books) == [10]
    assert [entry.points for entry in expire_lots(books)] == [-10]


def test_points_expire_at_their_moment_and_not_before(books: Books, clock: ManualClock):
    books.credit(30, NOON + DAY)
    clock.set(NOON + DAY - timedelta(microseconds=1))
    assert expire_lots(books) == []
    assert books.balance() == (30, 0)
    clock.set(NOON + DAY)

    expired = expire_lots(books)

    assert [(entry.type, entry.points, entry.balance_after, entry.source) for entry in expired] == [
        (EntryType.POINTS_EXPIRY, -30, 0, "system")
    ]
    assert remaining(books) == [0]
    assert expire_lots(books) == []


def test_what_was_pending_beyond_its_own_expiry_posts_and_expires(books: Books, clock: ManualClock):
    books.credit(30, NOON + 2 * DAY, posts_at=NOON + DAY)
    clock.set(NOON + 3 * DAY)
    assert books.balance() == (0, 0)

    assert [entry.points for entry in post_due(books)] == [30, -30]

    assert books.balance() == (0, 0)


def test_the_sweeps_take_members_in_turn_up_to_their_limit(books: Books, clock: ManualClock):
    others = [MemberId(uuid4()) for _member in range(2)]
    for days, member_id in enumerate(others, start=1):
        books.run(lambda: ledger.open_member(books.session, member_id))  # noqa: B023 - called in this turn
        theirs = Books(books.session, member_id)
        theirs.credit(10, NOON + days * DAY)
        theirs.credit(1, posts_at=NOON + days * DAY)
    clock.set(NOON + 5 * DAY)

    assert [(entry.member_id, entry.points) for entry in expire_lots(books, limit=1)] == [
        (others[0], 1),
        (others[0], -10),
    ]
    assert [(entry.member_id, entry.points) for entry in post_due(books, limit=5)] == [
        (others[1], 1),
        (others[1], -10),
    ]


def test_a_hold_keeps_its_points_from_expiring(books: Books, clock: ManualClock):
    books.credit(30, NOON + DAY)
    hold = books.hold(20, seconds=2 * 86400)
    clock.set(NOON + DAY)
    assert books.balance() == (0, 20)
    assert [entry.points for entry in expire_lots(books)] == [-10]

    assert books.capture(hold.id).points == -20
    assert books.balance() == (0, 0)


@pytest.mark.parametrize("swept", ["swept", "not swept"])
@pytest.mark.parametrize("way", ["released", "expired", "part captured"])
def test_what_a_hold_returns_to_an_expired_lot_expires_at_once(
    books: Books, clock: ManualClock, way: str, swept: str
):
    books.credit(30, NOON + DAY)
    books.credit(5)
    hold = books.hold(20, seconds=2 * 86400)
    clock.set(NOON + DAY)
    before = [("Earn", 30), ("Earn", 5), ("Points Expiry", -10)]
    if swept == "swept":
        expire_lots(books)

    if way == "released":
        books.release(hold.id)
        after = [("Points Expiry", -20)]
    elif way == "expired":
        clock.set(NOON + 2 * DAY)
        assert len(books.expire()) == 1
        after = [("Points Expiry", -20)]
    else:
        books.capture(hold.id, points=12)
        after = [("Debit By Redemption", -12), ("Points Expiry", -8)]

    assert kinds(books) == before + after
    assert books.balance() == (5, 0)
    assert remaining(books) == [0, 5]


def test_a_hold_whose_lot_lives_gives_back_without_an_expiry(books: Books, clock: ManualClock):
    """due_at was moved on while the lot was empty; the release brings it back to the lot's expiry."""
    books.credit(10, NOON + 2 * DAY)
    books.credit(1, NOON + DAY)
    hold = books.hold(11, seconds=5 * 86400)
    clock.set(NOON + DAY)
    expire_lots(books)

    books.release(hold.id)

    assert books.balance() == (10, 0)
    clock.set(NOON + 2 * DAY)
    assert books.balance() == (0, 0)
    assert [entry.points for entry in expire_lots(books)] == [-10]


def test_a_pending_credit_may_be_cancelled_until_it_posts(books: Books, clock: ManualClock):
    first, second = books.credit(10, posts_at=NOON + DAY), books.credit(20, posts_at=NOON + DAY)

    books.run(lambda: ledger.cancel_pending(books.session, first.id))

    assert books.whole_balance().pending == 20
    with pytest.raises(ledger.NotFound):
        books.run(lambda: ledger.cancel_pending(books.session, first.id))
    clock.set(NOON + DAY)
    with pytest.raises(ledger.NotFound):
        books.run(lambda: ledger.cancel_pending(books.session, second.id))
    assert [entry.id for entry in post_due(books)] == [second.id]
    assert books.balance() == (20, 0)


def test_a_pending_goodwill_of_a_partner_comes_from_the_partner(books: Books, clock: ManualClock):
    promised = books.run(
        lambda: ledger.goodwill(
            books.session,
            ORIGIN,
            member_id=MEMBER,
            points=Points(7),
            granted_by="Airline",
            posts_at=NOON + DAY,
        )
    )
    clock.set(NOON + DAY)

    posted = post_due(books)

    assert [(entry.id, entry.type, entry.party) for entry in posted] == [
        (promised.id, EntryType.GOODWILL_CREDIT, "Airline")
    ]
    assert legs(books, promised.id) == [("member", "", "PTS", 7), ("partner", "", "PTS", -7)]


def test_a_lot_of_pending_points_has_the_expiry_that_was_promised(books: Books, clock: ManualClock):
    books.credit(7, NOON + 9 * DAY, posts_at=NOON + DAY)
    clock.set(NOON + DAY)
    post_due(books)

    assert books.read(lambda: books.session.scalar(sa.select(lots.c.expires_at))) == NOON + 9 * DAY
