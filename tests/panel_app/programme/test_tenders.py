"""How the cash part is paid, and every way in which it may be wrong."""

import pytest

from panel_app.programme import branches
from panel_app.programme.baskets import Order
from panel_app.programme.catalogue import NewOption
from panel_app.programme.refusals import (
    InvalidInput,
    TenderNotAccepted,
    TenderReferenceNeeded,
    TenderReferenceUsed,
    TendersDoNotAddUp,
)
from panel_app.programme.rules import Rule
from panel_app.programme.terms import TenderGiven, TenderType
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, card, cash, create_reward

MIX = 1


@pytest.fixture
def booking_id(shop: Shop) -> str:
    """A reservation with 4.00 EUR to pay."""
    return shop.reserve(shop.direct(shop.world.mug, MIX)).booking_id


@pytest.mark.parametrize(
    ("tenders", "given"),
    [((), 0), ((cash(399),), 399), ((cash(401),), 401), ((cash(200), card(100, "7")), 300)],
    ids=["nothing", "a cent less", "a cent more", "split and short"],
)
def test_tenders_that_do_not_add_up_are_refused(
    shop: Shop, booking_id: str, tenders: tuple[TenderGiven, ...], given: int
):
    with shop.refused(TendersDoNotAddUp, due=400, given=given, currency="EUR"):
        shop.confirm(booking_id, *tenders)


def test_money_for_what_costs_points_only_is_refused(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.tea))
    with shop.refused(TendersDoNotAddUp, due=0, given=100, currency="EUR"):
        shop.confirm(reserved.booking_id, cash(100))


NUL = "47\x0011"


@pytest.mark.parametrize(
    ("tender", "field", "rule"),
    [
        (cash(400, given=399), "given", {"rule": Rule.AT_LEAST_THE_AMOUNT}),
        (
            TenderGiven(type=TenderType.CASH, amount=400, given=2**63),
            "given",
            {"rule": Rule.AT_MOST, "high": 9007199254740991},
        ),
        (
            TenderGiven(type=TenderType.CARD, amount=400, given=400, reference="7"),
            "given",
            {"rule": Rule.CASH_ONLY},
        ),
        (cash(0), "amount", {"rule": Rule.MORE_THAN_ZERO}),
        (cash(-400), "amount", {"rule": Rule.MORE_THAN_ZERO}),
        (card(400, "7" * 65), "reference", {"rule": Rule.LENGTH_AT_MOST, "high": 64}),
        (
            TenderGiven(type=TenderType.CASH, amount=400, reference="7" * 65),
            "reference",
            {"rule": Rule.LENGTH_AT_MOST, "high": 64},
        ),
        (card(400, NUL), "reference", {"rule": Rule.LENGTH_AT_MOST, "high": 64}),
    ],
    ids=[
        "less cash than due",
        "more cash than there is",
        "change for a card",
        "nothing",
        "less than nothing",
        "a long card reference",
        "a long cash reference",
        "a reference with NUL",
    ],
)
def test_a_tender_of_the_wrong_form_is_refused(
    shop: Shop, booking_id: str, tender: TenderGiven, field: str, rule: dict
):
    with shop.refused(InvalidInput, field=field, **rule):
        shop.confirm(booking_id, tender)


def test_more_than_eight_tenders_are_refused(shop: Shop, booking_id: str):
    with shop.refused(InvalidInput, field="tenders", rule=Rule.AT_MOST, high=8):
        shop.confirm(booking_id, *[cash(40)] * 9)


@pytest.mark.parametrize("reference", [None, ""])
def test_a_card_needs_the_reference_of_its_slip(shop: Shop, booking_id: str, reference: str | None):
    with shop.refused(TenderReferenceNeeded, tender="card"):
        shop.confirm(booking_id, TenderGiven(type=TenderType.CARD, amount=400, reference=reference))


def test_a_tender_that_the_branch_does_not_take_is_refused(shop: Shop, booking_id: str):
    branches.configure_branch(
        shop.session,
        SEED,
        shop.world.berlin.branch(),
        direct_redemption=True,
        tender_types=[TenderType.CASH],
    )
    with shop.refused(TenderNotAccepted, tender="card"):
        shop.confirm(booking_id, card(400, "4711"))


def test_a_card_reference_counts_once_at_a_branch(shop: Shop, booking_id: str):
    shop.confirm(booking_id, card(400, "4711"))
    second = shop.reserve(shop.direct(shop.world.mug, MIX)).booking_id
    with shop.refused(TenderReferenceUsed, tender="card"):
        shop.confirm(second, card(400, "4711"))
    assert shop.confirm(second, card(400, "4712")).tenders[0].reference == "4712"


def test_a_card_reference_counts_once_within_one_payment(shop: Shop, booking_id: str):
    with shop.refused(TenderReferenceUsed, tender="card"):
        shop.confirm(booking_id, card(200, "4711"), card(200, "4711"))


def test_the_same_reference_at_another_branch_is_another_payment(shop: Shop, booking_id: str):
    shop.confirm(booking_id, card(400, "4711"))
    london = shop.world.london
    reward_id = create_reward(shop.session, options=[NewOption(points=600, cash={"GBP": 350})])
    order = shop.direct(reward_id, actor=london)
    reserved = shop.reserve(order, london)

    receipt = shop.confirm(reserved.booking_id, card(350, "4711"), actor=london)

    assert (receipt.cash.amount, receipt.cash.currency) == (350, "GBP")


def test_a_refused_payment_leaves_its_reference_free(shop: Shop, booking_id: str):
    with shop.refused(TendersDoNotAddUp, due=400, given=300, currency="EUR"):
        shop.confirm(booking_id, card(300, "4711"))
    assert shop.confirm(booking_id, card(400, "4711")).tenders[0].amount.amount == 400


def test_two_units_of_a_claim_with_cash_are_paid_unit_by_unit(shop: Shop):
    reward_id = create_reward(shop.session, options=[NewOption(points=600, cash={"EUR": 400, "GBP": 350})])
    made = shop.claim(reward_id, quantity=3)
    view = shop.scan(made.code)
    assert [money.amount for money in view.unit_cash] == [400, 800, 1200]

    reserved = shop.reserve(Order.one(visit_id=view.visit_id, claim_id=made.id, units=2))

    assert shop.confirm(reserved.booking_id, cash(800, given=1000)).tenders[0].change.amount == 200
