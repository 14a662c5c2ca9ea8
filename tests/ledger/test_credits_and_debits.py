"""Credits, charges at the claim and their settlement; knows no holds."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

import ledger
from ledger import CashLeg, Credit, EarnKind, EntryType, Expiring, MemberId, Minor, Origin, Points
from ledger.models import accounts, draws, lots, postings
from tests.conftest import NOON
from tests.ledger.books import BRANCH, CASH, MEMBER, ORIGIN, Books


def legs(books: Books, entry_id: object) -> list[tuple[str, str, str, int]]:
    """Kind, tender, asset and amount of an entry's postings, by line."""
    question = (
        sa.select(accounts.c.kind, accounts.c.tender, postings.c.asset, postings.c.amount)
        .join(accounts, accounts.c.id == postings.c.account_id)
        .where(postings.c.entry_id == entry_id)
        .order_by(postings.c.line)
    )
    return books.read(lambda: [tuple(row) for row in books.session.execute(question)])


def remaining(books: Books) -> list[int]:
    """What is left in each lot, oldest lot first."""
    question = sa.select(lots.c.remaining).order_by(lots.c.id)
    return books.read(lambda: list(books.session.scalars(question)))


def test_a_credit_is_an_earn_from_the_issued_account(books: Books):
    entry = books.credit(100)

    assert (entry.type, entry.kind) == (EntryType.EARN, EarnKind.PROGRAMME_RULE)
    assert (entry.points, entry.number, entry.balance_after) == (100, 1, 100)
    assert (entry.created_at, entry.source, entry.branch_id) == (NOON, "in-store", BRANCH)
    assert legs(books, entry.id) == [("member", "", "PTS", 100), ("issued", "", "PTS", -100)]
    assert books.balance() == (100, 0)
    assert books.entries() == [entry]
    assert books.read(lambda: ledger.entry_by_id(books.session, entry.id)) == entry


def test_a_charge_takes_the_points_that_expire_first(books: Books):
    books.credit(50)
    books.credit(30, NOON + timedelta(days=20))
    books.credit(20, NOON + timedelta(days=10))

    entry = books.charge(45)

    assert (entry.type, entry.points, entry.balance_after) == (EntryType.DEBIT_BY_REDEMPTION, -45, 55)
    assert legs(books, entry.id) == [("member", "", "PTS", -45), ("claims", "", "PTS", 45)]
    assert remaining(books) == [50, 5, 0]
    drawn = books.read(
        lambda: list(books.session.scalars(sa.select(draws.c.points).order_by(draws.c.lot_id)))
    )
    assert drawn == [25, 20]


def test_a_charge_on_behalf_is_named_so(books: Books):
    books.credit(10)
    origin = Origin(client="desk", source="desk", on_behalf=True)

    entry = books.run(lambda: ledger.charge_claim(books.session, origin, member_id=MEMBER, points=Points(10)))

    assert (entry.type, entry.on_behalf) == (EntryType.DEBIT_BY_ON_BEHALF_REDEMPTION, True)


def test_a_charge_beyond_the_balance_is_refused_and_nothing_moves(books: Books):
    books.credit(100)
    books.hold(60)

    with pytest.raises(ledger.NotEnoughPoints) as refused:
        books.charge(41)

    assert (refused.value.missing, refused.value.available) == (1, 40)
    assert books.balance() == (40, 60)
    assert len(books.entries()) == 1
    assert remaining(books) == [40]


def test_a_settlement_has_its_cash_and_no_leg_of_the_member(books: Books):
    books.credit(30)
    books.charge(30)
    card = CashLeg(branch_id=BRANCH, tender="card", amount=Minor(150), currency="USD", reference="T-9")

    entry = books.run(
        lambda: ledger.settle_claim(
            books.session, ORIGIN, member_id=MEMBER, points=Points(30), cash=[CASH, card]
        )
    )

    assert (entry.points, entry.number, entry.balance_after) == (0, None, None)
    assert legs(books, entry.id) == [
        ("claims", "", "PTS", -30),
        ("redeemed", "", "PTS", 30),
        ("cash", "cash", "USD", 400),
        ("takings", "", "USD", -400),
        ("cash", "card", "USD", 150),
        ("takings", "", "USD", -150),
    ]
    references = sa.select(postings.c.reference).where(postings.c.entry_id == entry.id)
    assert books.read(lambda: list(books.session.scalars(references.order_by(postings.c.line))))[-1] == "T-9"
    assert books.balance() == (0, 0)
    assert len(books.entries()) == 2


def test_a_settlement_may_be_cash_only(books: Books):
    entry = books.run(
        lambda: ledger.settle_claim(books.session, ORIGIN, member_id=MEMBER, points=Points(0), cash=[CASH])
    )

    assert legs(books, entry.id) == [("cash", "cash", "USD", 400), ("takings", "", "USD", -400)]


def test_an_unknown_member_is_not_found_and_nothing_is_posted(books: Books):
    nobody = MemberId(uuid4())
    given = Credit(member_id=nobody, points=Points(1), kind=EarnKind.PROGRAMME_RULE)
    steps = [
        lambda: ledger.credit(books.session, ORIGIN, given),
        lambda: ledger.charge_claim(books.session, ORIGIN, member_id=nobody, points=Points(1)),
        lambda: ledger.settle_claim(books.session, ORIGIN, member_id=nobody, points=Points(1), cash=[]),
        lambda: ledger.place_hold(
            books.session, ORIGIN, member_id=nobody, points=Points(1), ttl=timedelta(seconds=1)
        ),
        lambda: ledger.balance_of(books.session, nobody),
    ]

    for step in steps:
        with pytest.raises(ledger.NotFound):
            books.run(step)

    assert books.read(lambda: books.session.scalar(sa.select(sa.func.count()).select_from(postings))) == 0


@pytest.mark.parametrize("points", [0, -1, True, 1.5, 2**53])
def test_points_are_whole_and_more_than_none(books: Books, points: object):
    with pytest.raises((ValueError, TypeError)):
        books.credit(points)
    with pytest.raises((ValueError, TypeError)):
        books.charge(points)

    assert books.balance() == (0, 0)


def test_a_balance_tells_what_expires_within_ninety_days_by_moment(books: Books):
    books.credit(10)
    books.credit(20, NOON + timedelta(days=90))
    books.credit(30, NOON + timedelta(days=91))
    books.credit(5, NOON + timedelta(days=1))
    books.credit(6, NOON + timedelta(days=1))

    balance = books.read(lambda: ledger.balance_of(books.session, MEMBER))

    assert balance == ledger.Balance(
        available=Points(71),
        held=Points(0),
        pending=Points(0),
        expiring=(
            Expiring(points=Points(11), expires_at=NOON + timedelta(days=1)),
            Expiring(points=Points(20), expires_at=NOON + timedelta(days=90)),
        ),
    )


def test_entries_come_newest_first_and_page_by_their_number(books: Books):
    for points in range(1, 6):
        books.credit(points)

    first = books.read(lambda: ledger.entries_of(books.session, MEMBER, limit=2))
    second = books.read(lambda: ledger.entries_of(books.session, MEMBER, before=first[-1].number, limit=2))

    assert [(entry.number, entry.points) for entry in first + second] == [(5, 5), (4, 4), (3, 3), (2, 2)]


def test_opening_the_house_and_a_branch_again_changes_nothing(books: Books):
    before = books.read(lambda: books.session.scalar(sa.select(sa.func.count()).select_from(accounts)))

    books.run(lambda: ledger.open_house(books.session))
    books.run(lambda: ledger.open_branch(books.session, BRANCH, "USD"))

    after = books.read(lambda: books.session.scalar(sa.select(sa.func.count()).select_from(accounts)))
    assert (before, after) == (7, 7)
