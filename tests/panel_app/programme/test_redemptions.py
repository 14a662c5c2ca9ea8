"""The spine: price accepted → hold → amount due → confirm → receipt, with the exact postings at its end."""

import dataclasses
from datetime import timedelta

import pytest

import ledger
from ledger import AccountKind, NotEnoughPoints, NotFound, account_id
from panel_app.programme import redemptions
from panel_app.programme.baskets import Order
from panel_app.programme.refusals import (
    InvalidInput,
    OwnAccount,
    RedemptionClosed,
    TendersDoNotAddUp,
    VisitOver,
)
from panel_app.programme.rules import Rule
from panel_app.programme.terms import FulfilmentStatus, RedemptionStatus, TenderType
from tests.conftest import NOON
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import card, cash, create_reward

MIX = 1  # the mug's second option: 600 points and 4.00


def postings(shop: Shop, booking_id: str) -> dict[object, int]:
    """Amounts by account of the one entry with this booking."""
    (entry,) = [row for row in shop.rows("entries") if row["booking_id"] == booking_id]
    return {
        row["account_id"]: row["amount"] for row in shop.rows("postings") if row["entry_id"] == entry["id"]
    }


def test_a_member_code_becomes_a_receipt_with_points_and_cash_in_one_entry(shop: Shop):
    berlin, lena = shop.world.berlin, shop.world.lena
    view = shop.scan(shop.code(lena).text)
    offer = next(offer for offer in view.offers if offer.reward.id == shop.world.mug)
    assert [(option.points, option.cash.amount, option.missing) for option in offer.options] == [
        (1000, 0, 0),
        (600, 400, 0),
    ]

    reserved = shop.reserve(
        Order.one(visit_id=view.visit_id, reward_id=shop.world.mug, option_id=offer.options[MIX].id)
    )

    assert (reserved.points_due, reserved.cash_due.amount, reserved.cash_due.currency) == (600, 400, "EUR")
    assert (reserved.balance_before, reserved.balance_after) == (5000, 4400)
    assert reserved.expires_at == NOON + timedelta(seconds=120)
    assert shop.balance() == (4400, 600)
    assert [row["amount"] for row in shop.rows("postings") if row["asset"] == "EUR"] == []

    shop.later(seconds=8)
    receipt = shop.confirm(reserved.booking_id, cash(400, given=500), shop_receipt="R-77", actor=berlin)

    assert shop.balance() == (4400, 0)
    assert postings(shop, receipt.booking_id) == {
        ledger.member_account_id(lena): -600,
        ledger.REDEEMED: 600,
        account_id(AccountKind.CASH, "EUR", berlin.branch(), "cash"): 400,
        account_id(AccountKind.TAKINGS, "EUR", berlin.branch()): -400,
    }
    (entry,) = [row for row in shop.rows("entries") if row["booking_id"] == receipt.booking_id]
    assert (entry["type"], entry["source"], entry["branch_id"], entry["till_id"], entry["operator_id"]) == (
        "Debit By Redemption",
        "in-store",
        berlin.branch_id,
        berlin.till_id,
        berlin.operator_id,
    )
    (tender,) = receipt.tenders
    assert (tender.type, tender.amount.amount, tender.given.amount, tender.change.amount) == (
        TenderType.CASH,
        400,
        500,
        100,
    )
    assert (receipt.points, receipt.balance_after, receipt.shop_receipt) == (600, 4400, "R-77")
    assert (receipt.place.branch_name, receipt.place.till_code) == ("Berlin Mitte", "1")
    assert (receipt.member_name, receipt.operator, receipt.scanned_by) == (
        "Lena S.",
        "Anna Berg",
        "Anna Berg",
    )
    assert (receipt.opened_at, receipt.completed_at) == (NOON, NOON + timedelta(seconds=8))
    assert [(line.units, line.points, line.status) for line in receipt.lines] == [
        (1, 600, FulfilmentStatus.DELIVERED)
    ]


def test_cash_and_card_are_posted_to_accounts_of_their_own(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))

    shop.confirm(reserved.booking_id, cash(150), card(250, "4711"))

    branch_id = shop.world.berlin.branch()
    posted = postings(shop, reserved.booking_id)
    assert posted[account_id(AccountKind.CASH, "EUR", branch_id, "cash")] == 150
    assert posted[account_id(AccountKind.CASH, "EUR", branch_id, "card")] == 250


def test_a_claim_charged_when_made_is_settled_from_the_claims_account_at_once(shop: Shop):
    made = shop.claim(shop.world.mug)
    assert shop.balance() == (4000, 0)
    view = shop.scan(made.code)
    assert (view.unit_points, [money.amount for money in view.unit_cash]) == ((0,), [0])

    receipt = shop.at_once(Order.one(visit_id=view.visit_id, claim_id=view.claim.id))

    assert postings(shop, receipt.booking_id) == {ledger.CLAIMS: -1000, ledger.REDEEMED: 1000}
    assert (receipt.points, receipt.status) == (1000, RedemptionStatus.COMPLETED)
    assert shop.balance() == (4000, 0)
    assert [(row["status"], row["spent"], row["held_by"]) for row in shop.rows("claims")] == [
        ("redeemed", 1, None)
    ]


def test_a_claim_charged_at_the_counter_takes_the_points_from_the_member_at_confirm(shop: Shop):
    made = shop.claim(shop.world.tea)
    assert shop.balance() == (5000, 0)

    receipt = shop.redeem(made.code)

    assert postings(shop, receipt.booking_id) == {
        ledger.member_account_id(shop.world.lena): -300,
        ledger.REDEEMED: 300,
    }
    assert shop.balance() == (4700, 0)


def test_a_claim_of_five_is_redeemed_two_and_three_each_under_its_own_booking(shop: Shop):
    made = shop.claim(shop.world.tea, quantity=5)
    view = shop.scan(made.code)
    assert view.unit_points == (300, 600, 900, 1200, 1500)

    first = shop.redeem(made.code, units=2)
    shop.later(minutes=1)
    (claim,) = shop.rows("claims")
    assert (claim["status"], claim["spent"]) == ("part_redeemed", 2)
    assert shop.scan(made.code).unit_points == (300, 600, 900)
    second = shop.redeem(made.code, units=3)

    assert (first.points, second.points, first.booking_id == second.booking_id) == (600, 900, False)
    assert [row["status"] for row in shop.rows("claims")] == ["redeemed"]
    assert shop.balance() == (3500, 0)


def test_more_units_than_are_left_are_refused(shop: Shop):
    made = shop.claim(shop.world.tea, quantity=2)
    view = shop.scan(made.code)
    with shop.refused(InvalidInput, field="units", rule=Rule.AT_MOST, high=2):
        shop.reserve(Order.one(visit_id=view.visit_id, claim_id=made.id, units=3))


@pytest.mark.parametrize("units", [0, 21, -1])
def test_units_outside_1_to_20_are_refused(shop: Shop, units: int):
    order = shop.direct(shop.world.tea, units=units)
    with shop.refused(InvalidInput, field="units", rule=Rule.RANGE, low=1, high=20):
        shop.reserve(order)


def test_cancel_gives_points_claim_and_stock_back_and_a_second_time_does_nothing(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX, units=2))
    assert [(row["on_hand"], row["reserved"]) for row in shop.rows("stock_levels")] == [(5, 2)]

    redemptions.cancel(shop.session, shop.world.berlin, reserved.booking_id)

    assert shop.balance() == (5000, 0)
    assert [(row["on_hand"], row["reserved"]) for row in shop.rows("stock_levels")] == [(5, 0)]
    assert [row["status"] for row in shop.rows("redemptions")] == ["cancelled"]
    assert [row["status"] for row in shop.rows("holds")] == ["released"]
    before = shop.facts()
    redemptions.cancel(shop.session, shop.world.berlin, reserved.booking_id)
    assert shop.facts() == before


def test_what_is_confirmed_can_not_be_cancelled(shop: Shop):
    booking_id = shop.redeem(shop.claim(shop.world.tea).code).booking_id
    with shop.refused(RedemptionClosed, booking_id=booking_id, status="completed"):
        redemptions.cancel(shop.session, shop.world.berlin, booking_id)


@pytest.mark.parametrize("end", ["completed", "cancelled"])
def test_what_is_closed_can_not_be_confirmed_with_a_new_key(shop: Shop, end: str):
    reserved = shop.reserve(shop.direct(shop.world.tea))
    if end == "completed":
        shop.confirm(reserved.booking_id)
    else:
        redemptions.cancel(shop.session, shop.world.berlin, reserved.booking_id)
    with shop.refused(RedemptionClosed, booking_id=reserved.booking_id, status=end):
        shop.confirm(reserved.booking_id)


def test_a_hold_is_extended_by_the_open_page_up_to_ten_minutes(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.tea))
    opened = reserved.opened_at
    for seconds in range(100, 600, 100):
        shop.later(seconds=100)
        until = redemptions.renew(shop.session, shop.world.berlin, reserved.booking_id)
        assert until == opened + timedelta(seconds=min(seconds + 120, 600))
    assert [row["expires_at"] for row in shop.rows("holds")] == [opened + timedelta(minutes=10)]

    shop.later(seconds=100)

    with shop.refused(RedemptionClosed, booking_id=reserved.booking_id, status="reserved"):
        redemptions.renew(shop.session, shop.world.berlin, reserved.booking_id)


def test_another_till_finds_no_such_booking(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.tea))
    for actor in (shop.world.berlin_2, shop.world.london):
        with shop.refused(NotFound, what="booking"):
            shop.confirm(reserved.booking_id, actor=actor)
        with shop.refused(NotFound, what="booking"):
            redemptions.cancel(shop.session, actor, reserved.booking_id)
        with shop.refused(NotFound, what="booking"):
            redemptions.renew(shop.session, actor, reserved.booking_id)


def test_too_few_points_are_refused_with_how_many_are_missing(shop: Shop):
    order = shop.direct(shop.world.tea)
    shop.spend_all_but(270)
    with shop.refused(NotEnoughPoints, missing=30, available=270):
        shop.reserve(order)


def test_redeeming_at_once_is_refused_when_cash_is_due(shop: Shop):
    order = shop.direct(shop.world.mug, MIX)
    with shop.refused(TendersDoNotAddUp, due=400, given=0, currency="EUR"):
        shop.at_once(order)


def test_the_receipt_says_who_scanned_and_who_confirmed(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.tea))
    ben = dataclasses.replace(shop.world.berlin, operator_id=shop.world.berlin_2.operator_id)

    receipt = shop.confirm(reserved.booking_id, actor=ben)

    assert (receipt.scanned_by, receipt.operator) == ("Anna Berg", "Ben Kaya")


def test_a_claim_needs_a_visit_of_its_member_or_of_its_own_code(shop: Shop):
    lenas, other = shop.claim(shop.world.tea), shop.claim(shop.world.tea)
    omars_visit, others_visit = shop.visit(shop.world.omar), shop.scan(other.code).visit_id
    with shop.refused(VisitOver):
        shop.reserve(Order.one(visit_id=omars_visit, claim_id=lenas.id))
    with shop.refused(VisitOver):
        shop.reserve(Order.one(visit_id=others_visit, claim_id=lenas.id))


def test_a_claims_visit_is_no_proof_for_the_members_balance(shop: Shop):
    visit_id = shop.scan(shop.claim(shop.world.tea).code).visit_id
    option_id = shop.option(shop.world.tea, 0)
    with shop.refused(VisitOver):
        shop.reserve(Order.one(visit_id=visit_id, reward_id=shop.world.tea, option_id=option_id))


def test_whoever_confirms_is_not_the_member(shop: Shop):
    visit_id = shop.visit(shop.world.anna, shop.world.berlin_2)
    option_id = shop.option(shop.world.tea, 0)
    reserved = shop.reserve(
        Order.one(visit_id=visit_id, reward_id=shop.world.tea, option_id=option_id), shop.world.berlin_2
    )
    anna = dataclasses.replace(shop.world.berlin_2, operator_id=shop.world.berlin.operator_id)
    with shop.refused(OwnAccount):
        shop.confirm(reserved.booking_id, actor=anna)


def test_a_shop_receipt_longer_than_40_characters_is_refused(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.tea))
    with shop.refused(InvalidInput, field="shop_receipt", rule=Rule.LENGTH_AT_MOST, high=40):
        shop.confirm(reserved.booking_id, shop_receipt="9" * 41)


def test_the_event_of_a_redemption_exists_exactly_when_the_redemption_does(shop: Shop):
    def events() -> list[dict[str, object]]:
        return [row["payload"] for row in shop.rows("outbox_events") if row["type"] == "redemption.completed"]

    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    with shop.refused(TendersDoNotAddUp, due=400, given=300, currency="EUR"):
        shop.confirm(reserved.booking_id, cash(300))
    assert events() == []

    for _press in range(2):
        shop.confirm(reserved.booking_id, cash(400), key="confirm")
    assert events() == [{"booking_id": reserved.booking_id, "points": 600}]


def test_a_reward_without_a_stock_level_is_not_counted(shop: Shop):
    reward_id = create_reward(shop.session)
    shop.confirm(shop.reserve(shop.direct(reward_id)).booking_id)
    assert [row["reward_id"] for row in shop.rows("stock_movements")] == [shop.world.mug]


def test_an_outcome_says_which_member_it_was_about_also_when_it_is_a_refusal(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.mug, 1))
    with pytest.raises(TendersDoNotAddUp):
        shop.confirm(reserved.booking_id)
    shop.confirm(reserved.booking_id, cash(400))
    made = shop.claim(shop.world.mug)
    shop.at_once(Order.one(visit_id=shop.scan(made.code).visit_id, claim_id=made.id))
    told = sorted((row["operation"], row["status"]) for row in shop.rows("outcomes"))
    assert told == [
        ("claim.make", "success"),
        ("redemption.at_once", "success"),
        ("redemption.confirm", "refusal"),
        ("redemption.confirm", "success"),
        ("redemption.reserve", "success"),
    ]
    assert {row["member_id"] for row in shop.rows("outcomes")} == {shop.world.lena}
    (refused,) = [row for row in shop.rows("audit_records") if row["reason"]]
    assert refused["member_id"] == shop.world.lena
