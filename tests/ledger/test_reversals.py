"""Reversals: what comes back to whom, with which expiry, and what each refusal leaves alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

import ledger
from ledger import CashLeg, Charge, Entry, EntryId, EntryType, ManualClock, Minor, Origin, Points
from ledger.models import accounts, lots, postings
from tests.conftest import NOON
from tests.ledger.books import BRANCH, CASH, GRACE, MEMBER, ORIGIN, Books
from tests.ledger.test_credits_and_debits import legs, remaining

DAY = timedelta(days=1)
CARD = CashLeg(branch_id=BRANCH, tender="card", amount=Minor(101), currency="USD", reference="T-9")


def all_lots(books: Books) -> list[tuple[int, int, object]]:
    """Points, remaining and expiry in days from noon, oldest lot first."""
    question = sa.select(lots.c.points, lots.c.remaining, lots.c.expires_at).order_by(lots.c.id)
    rows = books.read(lambda: books.session.execute(question).all())
    return [
        (row.points, row.remaining, None if row.expires_at is None else (row.expires_at - NOON).days)
        for row in rows
    ]


def everything(books: Books) -> object:
    names = ("entries", "postings", "lots", "balances", "givebacks", "draws")
    return books.read(
        lambda: {
            name: sorted(map(str, books.session.execute(sa.select(ledger.metadata.tables[name])).all()))
            for name in names
        }
    )


def cash_in(books: Books, tender: str) -> int:
    question = (
        sa.select(sa.func.coalesce(sa.func.sum(postings.c.amount), 0))
        .join(accounts, accounts.c.id == postings.c.account_id)
        .where(accounts.c.kind == "cash", accounts.c.tender == tender)
    )
    return int(books.read(lambda: books.session.scalar(question)))


def refused(books: Books, reversal: object, kind: type[ledger.Refusal]) -> ledger.Refusal:
    before = everything(books)
    with pytest.raises(kind) as refusal:
        reversal()
    assert everything(books) == before
    return refusal.value


def test_a_redemption_is_reversed_in_one_entry_with_its_cash(books: Books):
    books.credit(100)
    captured = books.capture(books.hold(30).id, CASH, CARD)

    entry = books.reverse(captured.id)

    assert (entry.type, entry.points, entry.number, entry.balance_after) == (
        EntryType.REDEMPTION_REVERSAL,
        30,
        3,
        100,
    )
    assert (entry.reverses_id, entry.reason, entry.unrecovered) == (captured.id, "wrong reward", None)
    assert books.entries()[0] == entry
    assert legs(books, entry.id) == [
        ("member", "", "PTS", 30),
        ("redeemed", "", "PTS", -30),
        ("cash", "cash", "USD", -400),
        ("takings", "", "USD", 400),
        ("cash", "card", "USD", -101),
        ("takings", "", "USD", 101),
    ]
    references = sa.select(postings.c.reference).where(postings.c.entry_id == entry.id)
    found = books.read(lambda: list(books.session.scalars(references.order_by(postings.c.line))))
    assert found == [None, None, None, None, "T-9", "T-9"]
    assert books.balance() == (100, 0)
    assert remaining(books) == [100]


def test_a_second_full_reversal_is_refused(books: Books):
    books.credit(30)
    captured = books.capture(books.hold(30).id, CASH)
    books.reverse(captured.id)

    refusal = refused(books, lambda: books.reverse(captured.id), ledger.AlreadyReversed)

    assert (refusal.reason, refusal.left) == ("already_reversed", 0)


def test_parts_never_exceed_the_whole_and_the_last_takes_the_remainder(books: Books):
    books.credit(30)
    captured = books.capture(books.hold(30).id, replace(CASH, amount=Minor(100)), CARD)

    back = []
    for points in (7, 11):
        books.reverse(captured.id, points)
        back.append((cash_in(books, "cash"), cash_in(books, "card")))
    refusal = refused(books, lambda: books.reverse(captured.id, 13), ledger.AlreadyReversed)
    last = books.reverse(captured.id)

    # 100 × 7/30 = 23.3, 100 × 18/30 = 60; 101 × 7/30 = 23.6, 101 × 18/30 = 60.6
    assert back == [(100 - 23, 101 - 23), (100 - 60, 101 - 60)]
    assert refusal.left == 12
    assert (last.points, cash_in(books, "cash"), cash_in(books, "card")) == (12, 0, 0)
    assert books.balance() == (30, 0)


def test_points_come_back_with_their_expiry_the_latest_first(books: Books):
    books.credit(10, NOON + DAY)
    books.credit(20, NOON + 9 * DAY)
    books.credit(30)
    captured = books.capture(books.hold(50).id)
    assert all_lots(books) == [(10, 0, 1), (20, 0, 9), (30, 10, None)]

    books.reverse(captured.id, 25)
    assert all_lots(books) == [(10, 0, 1), (20, 5, 9), (30, 30, None)]
    books.reverse(captured.id)

    assert all_lots(books) == [(10, 10, 1), (20, 20, 9), (30, 30, None)]


def test_points_whose_expiry_has_passed_come_back_with_a_grace(books: Books, clock: ManualClock):
    books.credit(10, NOON + DAY)
    books.credit(20, NOON + 9 * DAY)
    charged = books.charge(30)
    clock.set(NOON + DAY)

    books.reverse(charged.id)

    assert all_lots(books) == [(10, 0, 1), (20, 20, 9), (10, 10, 31)]
    clock.set(NOON + DAY + GRACE)
    assert books.balance() == (0, 0)


def test_a_part_capture_is_reversed_up_to_what_it_took(books: Books):
    books.credit(10, NOON + DAY)
    books.credit(50)
    captured = books.capture(books.hold(40).id, points=15)
    assert all_lots(books) == [(10, 0, 1), (50, 45, None)]

    assert refused(books, lambda: books.reverse(captured.id, 16), ledger.AlreadyReversed).left == 15
    assert books.reverse(captured.id).points == 15

    assert all_lots(books) == [(10, 10, 1), (50, 50, None)]


def test_a_settlement_comes_back_to_the_lots_of_its_charge(books: Books):
    books.credit(10, NOON + DAY)
    books.credit(20)
    charged = books.charge(15)
    settled = books.settle(15, CASH)

    entry = books.reverse(settled.id, None, Charge(entry_id=charged.id, points=Points(15)))

    assert (entry.points, entry.reverses_id) == (15, settled.id)
    assert legs(books, entry.id)[:2] == [("member", "", "PTS", 15), ("redeemed", "", "PTS", -15)]
    assert all_lots(books) == [(10, 10, 1), (20, 20, None)]
    assert books.balance() == (30, 0)
    assert refused(books, lambda: books.reverse(charged.id), ledger.AlreadyReversed).left == 0
    assert refused(books, lambda: books.reverse(settled.id), ledger.AlreadyReversed).left == 0


def test_a_settlement_whose_charge_is_not_named_comes_back_with_a_grace(books: Books):
    books.credit(15)
    books.charge(15)
    settled = books.settle(15)

    assert books.reverse(settled.id).points == 15

    assert all_lots(books) == [(15, 0, None), (15, 15, 30)]


def test_a_visit_with_a_claim_gives_back_both_kinds_of_points(books: Books):
    books.credit(50)
    charged = books.charge(20)
    captured = books.capture(books.hold(30).id, CASH, claim_points=20)

    first = books.reverse(captured.id, 40, Charge(entry_id=charged.id, points=Points(20)))
    second = books.reverse(captured.id, 10, Charge(entry_id=charged.id, points=Points(20)))

    assert [legs(books, entry.id) for entry in (first, second)] == [
        [
            ("member", "", "PTS", 40),
            ("redeemed", "", "PTS", -40),
            ("cash", "cash", "USD", -320),
            ("takings", "", "USD", 320),
        ],
        [
            ("member", "", "PTS", 10),
            ("redeemed", "", "PTS", -10),
            ("cash", "cash", "USD", -80),
            ("takings", "", "USD", 80),
        ],
    ]
    assert all_lots(books) == [(50, 50, None)]


def test_an_undo_gives_claim_points_back_to_the_claim(books: Books):
    books.credit(50)
    books.charge(20)
    captured = books.capture(books.hold(30).id, CASH, claim_points=20)

    entry = books.undo(captured.id)

    assert legs(books, entry.id) == [
        ("member", "", "PTS", 30),
        ("redeemed", "", "PTS", -30),
        ("redeemed", "", "PTS", -20),
        ("claims", "", "PTS", 20),
        ("cash", "cash", "USD", -400),
        ("takings", "", "USD", 400),
    ]
    assert books.balance() == (30, 0)
    assert refused(books, lambda: books.undo(captured.id), ledger.AlreadyReversed).left == 0


def test_an_undone_settlement_moves_no_points_of_the_member(books: Books):
    books.credit(20)
    books.charge(20)
    settled = books.settle(20)

    entry = books.undo(settled.id)

    assert (entry.points, entry.number, entry.balance_after) == (0, None, None)
    assert legs(books, entry.id) == [("redeemed", "", "PTS", -20), ("claims", "", "PTS", 20)]
    assert books.balance() == (0, 0)


def test_a_visit_of_cash_alone_is_reversed_once(books: Books):
    settled = books.settle(0, CASH)

    entry = books.reverse(settled.id)

    assert (entry.points, entry.number) == (0, None)
    assert legs(books, entry.id) == [("cash", "cash", "USD", -400), ("takings", "", "USD", 400)]
    assert refused(books, lambda: books.reverse(settled.id), ledger.AlreadyReversed).left == 0


def test_a_reversed_earn_takes_its_own_points_first(books: Books):
    books.credit(10, NOON + DAY)
    earned = books.credit(20)

    entry = books.reverse(earned.id, 15)

    assert (entry.type, entry.points, entry.unrecovered) == (EntryType.ADJUSTMENT_DEBIT, -15, None)
    assert legs(books, entry.id) == [("member", "", "PTS", -15), ("issued", "", "PTS", 15)]
    assert all_lots(books) == [(10, 10, 1), (20, 5, None)]


def test_a_reversed_earn_takes_what_is_there_and_records_the_rest(books: Books):
    earned = books.credit(100)
    books.charge(60)
    books.hold(10)

    entry = books.reverse(earned.id)

    assert (entry.points, entry.unrecovered, entry.balance_after) == (-30, 70, 10)
    assert legs(books, entry.id) == [
        ("member", "", "PTS", -30),
        ("issued", "", "PTS", 100),
        ("unrecovered", "", "PTS", -70),
    ]
    assert books.balance() == (0, 10)
    assert books.entries()[0] == entry
    assert refused(books, lambda: books.reverse(earned.id), ledger.AlreadyReversed).left == 0


def test_an_earn_of_which_nothing_is_left_is_unrecovered_whole(books: Books):
    earned = books.credit(100)
    books.charge(100)

    entry = books.reverse(earned.id)

    assert (entry.points, entry.number, entry.unrecovered) == (0, None, 100)
    assert legs(books, entry.id) == [("issued", "", "PTS", 100), ("unrecovered", "", "PTS", -100)]


def test_a_reversal_of_what_was_on_behalf_is_tagged_so_whoever_makes_it(books: Books):
    books.credit(20)
    desk = Origin(client="desk", source="desk", on_behalf=True)
    behalf = books.run(lambda: ledger.charge_claim(books.session, desk, member_id=MEMBER, points=Points(5)))
    own = books.charge(5)

    assert books.reverse(behalf.id).on_behalf is True
    reversal = books.run(
        lambda: ledger.reverse_entry(
            books.session, replace(desk, booking_id="B1-1"), own.id, reason="no", grace=GRACE
        )
    )
    assert reversal.on_behalf is False


@pytest.mark.parametrize("booking_id", [None, "B1-2"])
def test_an_entry_of_a_booking_is_reversed_only_through_it(books: Books, booking_id: str | None):
    books.credit(20)
    captured = books.capture(books.hold(5).id, CASH)
    elsewhere = replace(ORIGIN, booking_id=booking_id)

    for way in (ledger.reverse_entry, ledger.undo_entry):
        refusal = refused(
            books,
            lambda: books.run(lambda: way(books.session, elsewhere, captured.id, reason="no", grace=GRACE)),  # noqa: B023
            ledger.BelongsToBooking,
        )
        assert refusal.booking_id == "B1-1"


def test_reversals_and_expiries_are_final(books: Books, clock: ManualClock):
    earned = books.credit(20, NOON + DAY)
    back = books.reverse(books.charge(5).id)
    taken = books.reverse(earned.id, 1)
    clock.set(NOON + DAY)
    expired = books.run(lambda: ledger.expire_lots(books.session, ORIGIN, limit=1))[0]

    found = [
        refused(books, lambda: books.reverse(entry.id), ledger.NotReversible).type  # noqa: B023
        for entry in (back, taken, expired)
    ]

    assert found == ["Redemption Reversal", "Adjustment Debit", "Points Expiry"]


def test_nothing_is_reversed_that_is_not_there(books: Books):
    pending = books.credit(5, posts_at=NOON + DAY)

    for entry_id in (EntryId(uuid4()), pending.id):
        assert refused(books, lambda: books.reverse(entry_id), ledger.NotFound).what == "entry"  # noqa: B023


@pytest.mark.parametrize("points", [0, -1, True, 1.5])
def test_a_part_has_whole_points_and_every_reversal_a_reason(books: Books, points: object):
    charged = [books.credit(5), books.charge(5)][1]
    before = everything(books)

    with pytest.raises((ValueError, TypeError)):
        books.reverse(charged.id, points)
    with pytest.raises(ValueError, match="a reason"):
        ledger.reverse_entry(books.session, ORIGIN, charged.id, reason="", grace=GRACE)

    assert everything(books) == before


DEBITS = {
    "debit": lambda books: ledger.debit(books.session, ORIGIN, member_id=MEMBER, points=Points(25)),
    "adjust": lambda books: ledger.adjust_debit(
        books.session, ORIGIN, member_id=MEMBER, points=Points(25), reason="typed twice"
    ),
    "transfer": lambda books: ledger.transfer(
        books.session, ORIGIN, member_id=MEMBER, points=Points(25), partner="Airline"
    ),
}


@pytest.mark.parametrize(
    ("name", "entry_type", "taker", "party", "reason"),
    [
        ("debit", "Debit By Redemption", "redeemed", None, None),
        ("adjust", "Adjustment Debit", "issued", None, "typed twice"),
        ("transfer", "Points Transfer", "partner", "Airline", None),
    ],
)
def test_a_debit_takes_what_expires_first_and_may_be_reversed(
    books: Books, name: str, entry_type: str, taker: str, party: str | None, reason: str | None
):
    books.credit(20)
    books.credit(10, NOON + DAY)

    entry = books.run(lambda: DEBITS[name](books))

    assert (entry.type, entry.points, entry.party, entry.reason) == (entry_type, -25, party, reason)
    assert books.entries()[0] == entry
    assert legs(books, entry.id) == [("member", "", "PTS", -25), (taker, "", "PTS", 25)]
    assert remaining(books) == [5, 0]
    with pytest.raises(ledger.NotEnoughPoints):
        books.run(lambda: DEBITS[name](books))
    assert books.balance() == (5, 0)
    assert books.reverse(entry.id).points == 25
    assert remaining(books) == [20, 10]


def test_a_goodwill_comes_from_who_grants_it(books: Books):
    def grant(granted_by: str | None) -> Entry:
        return books.run(
            lambda: ledger.goodwill(
                books.session, ORIGIN, member_id=MEMBER, points=Points(5), granted_by=granted_by
            )
        )

    own, partners = grant(None), grant("Airline")

    assert [(entry.type, entry.kind, entry.party) for entry in (own, partners)] == [
        (EntryType.GOODWILL_CREDIT, None, None),
        (EntryType.GOODWILL_CREDIT, None, "Airline"),
    ]
    assert legs(books, own.id) == [("member", "", "PTS", 5), ("issued", "", "PTS", -5)]
    assert legs(books, partners.id) == [("member", "", "PTS", 5), ("partner", "", "PTS", -5)]
    assert legs(books, books.reverse(partners.id).id) == [
        ("member", "", "PTS", -5),
        ("partner", "", "PTS", 5),
    ]
