"""Sliding prices: a minimum of points up to the full price, the rest in cash at a rate, exact to the minor unit."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import NotEnoughPoints, Points
from panel_app.programme.baskets import Order
from panel_app.programme.catalogue import NewOption
from panel_app.programme.refusals import InvalidInput, PriceNotOffered
from panel_app.programme.rules import Rule
from panel_app.programme.sliding import PER_MILLION, RATE_MAX, Slide, rate_of, rest_in_cash
from panel_app.programme.terms import RedemptionType
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import cash, create_reward

FROM_300_TO_900 = NewOption(points=Points(900), min_points=Points(300), rates={"EUR": "0.85"})
points = st.integers(0, 2**53 - 1)
rates = st.integers(1, RATE_MAX)


@pytest.mark.parametrize(
    ("rest", "rate", "minor"),
    [
        (0, "0.85", 0),
        (1, "0.85", 1),
        (100, "0.85", 85),
        (101, "0.85", 86),  # 85.85
        (119, "0.85", 102),  # 101.15
        (120, "0.85", 102),  # exactly 102
        (3, "0.333333", 1),  # 0.999999
        (3, "0.333334", 2),  # 1.000002
        (1, "0.000001", 1),
        (1_000_000, "0.000001", 1),
        (1_000_001, "0.000001", 2),
        (600, "1", 600),
    ],
)
def test_the_rest_is_rounded_up_to_the_whole_minor_unit(rest: int, rate: str, minor: int):
    assert rest_in_cash(rest, rate_of(rate)) == minor


@given(rest=points, rate=rates)
def test_it_is_never_one_too_little_and_less_than_one_too_much(rest: int, rate: int):
    exact = Fraction(rest * rate, PER_MILLION)
    assert 0 <= rest_in_cash(rest, rate) - exact < 1


@given(rest=points, more=points, rate=rates)
def test_who_pays_fewer_points_never_pays_less_cash(rest: int, more: int, rate: int):
    assert rest_in_cash(rest, rate) <= rest_in_cash(rest + more, rate)


@given(rate=rates)
def test_a_rate_is_told_as_the_text_that_it_is_read_from(rate: int):
    told = Slide(min_points=Points(1), per_million=rate).rate
    assert rate_of(told) == rate
    assert Decimal(told) * PER_MILLION == rate


@pytest.mark.parametrize(
    "text", ["", "-1", "1.", ".5", "0.1234567", "1e3", "0,8", "NaN", " 1", "1234567890", "٣"]
)
def test_what_is_no_rate_is_refused(text: str):
    with pytest.raises(ValueError, match="decimal number"):
        rate_of(text)


def sliding(shop: Shop, reward_id: UUID, points: int | None, units: int = 1) -> Order:
    """Lena's order of a reward that has the sliding price above and no other."""
    visit_id, option_id = shop.visit(shop.world.lena), shop.option(reward_id, 0)
    return Order.one(visit_id=visit_id, reward_id=reward_id, option_id=option_id, units=units, points=points)


def test_the_points_that_are_chosen_are_held_and_the_rest_is_due_in_cash(shop: Shop):
    reward_id = create_reward(shop.session, options=[FROM_300_TO_900])
    for chosen, units, due in (
        (None, 1, (900, 0)),
        (900, 1, (900, 0)),
        (899, 1, (899, 1)),
        (611, 1, (611, 246)),  # 289 × 0.85 = 245.65
        (300, 1, (300, 510)),
        (1101, 2, (1101, 595)),  # 699 × 0.85 = 594.15: two units are rounded once
    ):
        before = shop.balance()[0]
        reserved = shop.reserve(sliding(shop, reward_id, chosen, units))
        assert (reserved.points_due, reserved.cash_due.amount) == due
        receipt = shop.confirm(reserved.booking_id, *([cash(due[1])] if due[1] else []))
        assert (receipt.points, receipt.cash.amount, shop.balance()) == (*due, (before - due[0], 0))


def test_other_points_are_refused_with_the_bounds(shop: Shop):
    reward_id = create_reward(shop.session, options=[FROM_300_TO_900])
    for chosen, units, low, high in ((299, 1, 300, 900), (901, 1, 300, 900), (599, 2, 600, 1800)):
        order = sliding(shop, reward_id, chosen, units)
        with shop.refused(InvalidInput, field="points", rule=Rule.RANGE, low=low, high=high):
            shop.reserve(order)


def test_points_are_not_chosen_for_another_price_or_a_claim(shop: Shop):
    made, visit_id = shop.claim(shop.world.mug), shop.visit(shop.world.lena)
    view = shop.scan(made.code)
    for order in (
        Order.one(
            visit_id=visit_id, reward_id=shop.world.mug, option_id=shop.option(shop.world.mug, 1), points=700
        ),
        Order.one(visit_id=view.visit_id, claim_id=made.id, points=500),
    ):
        with shop.refused(InvalidInput, field="points", rule=Rule.SLIDING_ONLY):
            shop.reserve(order)


def test_a_branch_whose_currency_has_no_rate_does_not_offer_it(shop: Shop):
    reward_id = create_reward(shop.session, options=[FROM_300_TO_900])
    view = shop.scan(shop.code(shop.world.lena).text, shop.world.london)
    assert reward_id not in {offer.reward.id for offer in view.offers}
    order = Order.one(visit_id=view.visit_id, reward_id=reward_id, option_id=shop.option(reward_id, 0))
    with shop.refused(PriceNotOffered):
        shop.reserve(order, shop.world.london)


def test_who_is_short_of_points_is_offered_it_from_its_minimum_on(shop: Shop):
    reward_id = create_reward(shop.session, options=[FROM_300_TO_900])
    offered = []
    for available in (611, 299):
        shop.spend_all_but(available)
        view = shop.scan(shop.code(shop.world.lena).text)
        shop.later(seconds=30)
        (offer,) = [offer for offer in view.offers if offer.reward.id == reward_id]
        offered.append((offer.reason, offer.options[0].missing))
    assert offered == [(None, 0), ("not_enough_points", 1)]


def test_a_claim_is_made_at_the_full_points(shop: Shop):
    reward_id = create_reward(shop.session, options=[FROM_300_TO_900], redemption_types=(RedemptionType.QR,))
    assert shop.redeem(shop.claim(reward_id).code).points == 900
    shop.spend_all_but(899)
    with shop.refused(NotEnoughPoints, missing=1, available=899):
        shop.claim(reward_id)


def test_a_sliding_price_whose_parts_do_not_go_together_is_refused(shop: Shop):
    before = shop.rows("rewards")
    for changes in (
        {"rates": {}},
        {"min_points": None},
        {"cash": {"EUR": 1}},
        {"min_points": Points(900)},
        {"min_points": Points(0)},
        {"rates": {"EUR": "0"}},
        {"rates": {"EUR": "1000.000001"}},
        {"rates": {"EUR": "cheap"}},
    ):
        with pytest.raises(InvalidInput):
            create_reward(shop.session, options=[replace(FROM_300_TO_900, **changes)])
        assert shop.rows("rewards") == before
