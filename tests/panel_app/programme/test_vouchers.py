"""Vouchers at the amount due: what one pays, when it is locked, spent and given back, and each way to be refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger import NotFound, Refusal
from panel_app.programme import branches, importing, redemptions, reversals, voucher_tenders
from panel_app.programme.code_refusals import (
    VoucherExpired,
    VoucherNotNeeded,
    VoucherOtherCurrency,
    VoucherUnknown,
    VoucherUsed,
)
from panel_app.programme.csv_lists import LineFault
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.refusals import (
    HeldElsewhere,
    InvalidInput,
    RedemptionClosed,
    TenderNotAccepted,
    TendersDoNotAddUp,
    TooManyAttempts,
)
from panel_app.programme.rules import Rule
from panel_app.programme.terms import Receipt, Reservation, TenderGiven, TenderType
from tests.panel_app.programme.shop import MUST_NOT_MOVE, Shop
from tests.panel_app.world import SEED, cash

MIX = 1  # the mug for 600 points and 4.00 EUR
THREE, FIVE, TEN, POUNDS, LAST_WEEK = "PAPER-03", "PAPER-05", "PAPER-10", "PAPER-GBP", "PAPER-OLD"
LIST = f"""code,amount,currency,last_day
{THREE},3.00,EUR,2026-12-31
{FIVE},5,EUR,2026-03-02
{TEN},10.00,EUR,2026-12-31
{POUNDS},4.00,GBP,2026-12-31
{LAST_WEEK},4.00,EUR,2026-03-01
"""


@pytest.fixture(autouse=True)
def _vouchers(shop: Shop) -> None:
    for actor in (shop.world.berlin, shop.world.london):
        branches.configure_branch(
            shop.session, SEED, actor.branch(), direct_redemption=True, tender_types=list(TenderType)
        )
    assert importing.import_vouchers(shop.session, SEED, LIST.encode()).taken == 5


@pytest.fixture
def due(shop: Shop) -> str:
    """A reservation with 4.00 EUR to pay."""
    return shop.reserve(shop.direct(shop.world.mug, MIX)).booking_id


def add(shop: Shop, booking_id: str, code: str, actor: Any = None) -> Reservation:
    return voucher_tenders.add(shop.session, actor or shop.world.berlin, booking_id, code)


def paid(receipt: Receipt) -> list[tuple[str, int]]:
    return [(tender.type.value, tender.amount.amount) for tender in receipt.tenders]


def reverse(shop: Shop, booking_id: str) -> Receipt:
    wanted = reversals.Reversal(
        booking_id=booking_id, reason=ReversalReason.WRONG_REWARD, goods=Goods.RETURNED
    )
    return reversals.reverse(shop.session, shop.world.manager, shop.key(), wanted)


def at_second_till(shop: Shop) -> str:
    actor = shop.world.berlin_2
    return shop.reserve(shop.direct(shop.world.mug, MIX, actor=actor), actor).booking_id


def test_a_voucher_pays_a_part_and_cash_the_rest(shop: Shop, due: str):
    held = add(shop, due, f" {THREE} ").vouchers
    assert [(one.amount, one.taken) for one in held] == [(300, 300)]
    receipt = shop.confirm(due, cash(100))
    assert paid(receipt) == [("cash", 100), ("voucher", 300)]
    assert receipt.tenders[1].reference == f"{held[0].number} {due}"
    legs = [(row["asset"], row["amount"]) for row in shop.rows("postings") if row["asset"] == "EUR"]
    assert sorted(legs) == [("EUR", -300), ("EUR", -100), ("EUR", 100), ("EUR", 300)]


def test_a_voucher_above_what_is_due_pays_all_of_it_and_gives_no_change(shop: Shop, due: str):
    held = add(shop, due, TEN).vouchers
    assert [(one.amount, one.taken) for one in held] == [(1000, 400)]
    receipt = shop.confirm(due)
    assert paid(receipt) == [("voucher", 400)]
    assert (receipt.tenders[0].given, receipt.tenders[0].change) == (None, None)
    second = shop.reserve(shop.direct(shop.world.mug, MIX)).booking_id
    with shop.refused(VoucherUsed, used_at=receipt.completed_at, branch="Berlin Mitte"):
        add(shop, second, TEN)


def test_two_vouchers_pay_in_the_order_in_which_they_came(shop: Shop, due: str):
    add(shop, due, THREE)
    assert sorted(one.taken for one in add(shop, due, TEN).vouchers) == [100, 300]
    with shop.refused(VoucherNotNeeded):
        add(shop, due, FIVE)
    assert sorted(paid(shop.confirm(due))) == [("voucher", 100), ("voucher", 300)]


def test_money_beside_a_voucher_that_pays_all_does_not_add_up(shop: Shop, due: str):
    add(shop, due, TEN)
    with shop.refused(TendersDoNotAddUp, due=400, given=500, currency="EUR"):
        shop.confirm(due, cash(100))
    assert [row["spent_at"] for row in shop.rows("vouchers")] == [None] * 5


def test_a_voucher_that_is_taken_off_is_free_and_the_others_pay_more(shop: Shop, due: str):
    (three,) = add(shop, due, THREE).vouchers
    add(shop, due, TEN)
    after = voucher_tenders.take_off(shop.session, shop.world.berlin, due, three.id)
    assert [(one.amount, one.taken) for one in after.vouchers] == [(1000, 400)]
    assert len(add(shop, at_second_till(shop), THREE, shop.world.berlin_2).vouchers) == 1


def test_putting_it_on_again_changes_nothing(shop: Shop, due: str):
    assert add(shop, due, TEN) == add(shop, due, TEN)


def test_while_one_redemption_is_open_the_other_till_is_told_where_the_voucher_is(shop: Shop, due: str):
    add(shop, due, THREE)
    second = at_second_till(shop)
    seconds = redemptions.renew(shop.session, shop.world.berlin, due) - shop.clock.now()
    with shop.refused(
        HeldElsewhere, branch="Berlin Mitte", till="1", seconds_left=int(seconds.total_seconds())
    ):
        add(shop, second, THREE, shop.world.berlin_2)


def cancelled(shop: Shop, booking_id: str) -> None:
    redemptions.cancel(shop.session, shop.world.berlin, booking_id)


def run_out(shop: Shop, booking_id: str) -> None:
    """Not swept: the time decides, not the sweeper."""
    shop.later(seconds=121)


def swept(shop: Shop, booking_id: str) -> None:
    shop.later(seconds=121)
    shop.sweep()


def reversed_(shop: Shop, booking_id: str) -> None:
    shop.confirm(booking_id, cash(100))
    reverse(shop, booking_id)


def undone(shop: Shop, booking_id: str) -> None:
    shop.confirm(booking_id, cash(100))
    undo = reversals.Undo(booking_id=booking_id)
    reversals.undo(shop.session, shop.world.berlin, shop.key(), undo)


@pytest.mark.parametrize("end", [cancelled, run_out, swept, reversed_, undone])
def test_a_redemption_that_comes_to_nothing_gives_the_voucher_back(
    shop: Shop, due: str, end: Callable[[Shop, str], None]
):
    add(shop, due, THREE)
    end(shop, due)
    second = at_second_till(shop)
    assert len(add(shop, second, THREE, shop.world.berlin_2).vouchers) == 1
    receipt = shop.confirm(second, cash(100), actor=shop.world.berlin_2)
    assert paid(receipt) == [("cash", 100), ("voucher", 300)]


def test_a_confirm_after_the_sweeper_still_takes_the_voucher_that_nobody_took(shop: Shop, due: str):
    add(shop, due, THREE)
    swept(shop, due)
    assert paid(shop.confirm(due, cash(100))) == [("cash", 100), ("voucher", 300)]


def test_a_confirm_whose_voucher_went_elsewhere_meanwhile_does_not_add_up(shop: Shop, due: str):
    add(shop, due, THREE)
    run_out(shop, due)
    add(shop, at_second_till(shop), THREE, shop.world.berlin_2)
    with shop.refused(TendersDoNotAddUp, due=400, given=100, currency="EUR"):
        shop.confirm(due, cash(100))


@pytest.mark.parametrize(
    ("code", "refusal", "told"),
    [
        ("PAPER-0", VoucherUnknown, {}),
        ("paper-3", VoucherUnknown, {}),
        (LAST_WEEK, VoucherExpired, {"last_day": date(2026, 3, 1)}),
        (POUNDS, VoucherOtherCurrency, {"currency": "GBP"}),
    ],
)
def test_a_voucher_that_is_not_good_here_is_refused(
    shop: Shop, due: str, code: str, refusal: type[Refusal], told: dict[str, Any]
):
    before = shop.rows("vouchers")
    with shop.refused(refusal, **told):
        add(shop, due, code)
    assert shop.rows("vouchers") == before


def test_a_voucher_is_good_until_the_branchs_midnight_of_its_last_day(shop: Shop):
    shop.clock.set(datetime(2026, 3, 2, 22, 58, tzinfo=UTC))
    booking_id = shop.reserve(shop.direct(shop.world.mug, MIX)).booking_id
    (held,) = add(shop, booking_id, FIVE).vouchers
    voucher_tenders.take_off(shop.session, shop.world.berlin, booking_id, held.id)
    shop.clock.set(datetime(2026, 3, 2, 23, 0, tzinfo=UTC))
    with shop.refused(VoucherExpired, last_day=date(2026, 3, 2)):
        add(shop, booking_id, FIVE)


def test_a_branch_without_vouchers_takes_none(shop: Shop, due: str):
    branches.configure_branch(
        shop.session,
        SEED,
        shop.world.berlin.branch(),
        direct_redemption=True,
        tender_types=[TenderType.CASH],
    )
    with shop.refused(TenderNotAccepted, tender="voucher"):
        add(shop, due, THREE)


def test_a_voucher_is_put_on_by_its_code_only(shop: Shop, due: str):
    made_up = TenderGiven(type=TenderType.VOUCHER, amount=400, reference=THREE)
    with shop.refused(InvalidInput, field="type", rule=Rule.CHOICE):
        shop.confirm(due, made_up)


def test_what_is_closed_or_another_tills_takes_no_voucher(shop: Shop, due: str):
    with shop.refused(NotFound, what="booking"):
        add(shop, due, THREE, shop.world.berlin_2)
    cancelled(shop, due)
    with shop.refused(RedemptionClosed, booking_id=due, status="cancelled"):
        add(shop, due, THREE)


def test_five_unknown_vouchers_lock_typing_at_the_till(shop: Shop, due: str):
    for number in range(5):
        with shop.refused(VoucherUnknown):
            add(shop, due, f"PAPER-{number}{number}")
    with shop.refused(TooManyAttempts, seconds_left=300):
        add(shop, due, THREE)


def test_codes_stand_neither_in_the_books_nor_in_the_records(shop: Shop, due: str):
    add(shop, due, THREE)
    shop.confirm(due, cash(100))
    for table in (*MUST_NOT_MOVE, "postings", "audit_records", "vouchers"):
        assert THREE not in str(shop.rows(table))


def test_the_report_of_a_list_names_each_line_that_was_not_taken(shop: Shop):
    lines = [
        "PAPER-20,20.00,EUR,2026-12-31",
        "PAPER-21,20.005,EUR,2026-12-31",
        "PAPER-22,0,EUR,2026-12-31",
        "PAPER-23,-1,EUR,2026-12-31",
        'PAPER-24,"20,00",EUR,2026-12-31',
        "PAPER-25,10000000.01,EUR,2026-12-31",
        "PAPER-26,20.00,JPY,2026-12-31",
        "PAPER-27,20.00,EUR,31.12.2026",
        f"{THREE},3.00,EUR,2026-12-31",
        "PAPER-20,3.00,EUR,2026-12-31",
        "PAPER-28,20.00",
    ]
    data = "\n".join(["code,amount,currency,last_day", *lines]).encode()
    report = importing.import_vouchers(shop.session, SEED, data)
    assert report.taken == 1
    assert [(one.line, one.fault) for one in report.not_taken] == [
        *((line, LineFault.AMOUNT) for line in range(3, 8)),
        (8, LineFault.CURRENCY),
        (9, LineFault.DATE),
        (10, LineFault.ALREADY_THERE),
        (11, LineFault.TWICE_IN_FILE),
        (12, LineFault.UNREADABLE),
    ]
