"""How a claim begins and ends."""

from datetime import date

import pytest

from ledger import NotEnoughPoints, NotFound, new_id
from panel_app.programme import catalogue, claiming, suspension
from panel_app.programme.claiming import ClaimOrder
from panel_app.programme.refusals import (
    InvalidInput,
    MemberSuspended,
    PriceNotOffered,
    RewardWithdrawn,
)
from panel_app.programme.rules import Rule
from panel_app.programme.terms import EntryMode
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, member_actor


def test_a_claim_takes_its_points_when_it_is_made_with_an_event_and_a_date(shop: Shop):
    made = shop.claim(shop.world.mug, quantity=2)
    (claim,) = shop.rows("claims")
    assert (claim["status"], claim["quantity"], claim["points"], claim["charged"]) == (
        "issued",
        2,
        2000,
        True,
    )
    assert claim["valid_until"] == date(2026, 5, 31)
    assert shop.balance() == (3000, 0)
    events = [
        (row["type"], row["payload"])
        for row in shop.rows("outbox_events")
        if row["type"].startswith("claim.")
    ]
    assert events == [("claim.issued", {"claim": str(made.id), "quantity": 2})]


def test_a_claim_for_which_the_points_are_missing_leaves_nothing(shop: Shop):
    shop.spend_all_but(900)
    with shop.refused(NotEnoughPoints, missing=100, available=900):
        shop.claim(shop.world.mug)


@pytest.mark.parametrize("quantity", [0, 21])
def test_a_claim_has_1_to_20_units(shop: Shop, quantity: int):
    with shop.refused(InvalidInput, field="quantity", rule=Rule.RANGE, low=1, high=20):
        shop.claim(shop.world.tea, quantity=quantity)


def test_what_can_not_be_claimed_is_refused(shop: Shop):
    with shop.refused(NotFound, what="reward"):
        shop.claim(new_id())
    other_price = ClaimOrder(
        member_id=shop.world.lena, reward_id=shop.world.tea, option_id=shop.option(shop.world.mug, 0)
    )
    with shop.refused(PriceNotOffered):
        claiming.make_claim(shop.session, member_actor(shop.world.lena), "k", other_price)
    catalogue.withdraw_reward(shop.session, SEED, shop.world.tea)
    with shop.refused(RewardWithdrawn):
        shop.claim(shop.world.tea)
    suspension.suspend(shop.session, SEED, shop.world.lena)
    with shop.refused(MemberSuspended):
        shop.claim(shop.world.mug)


def test_a_replaced_code_is_dead_and_the_new_one_good_typed_as_well(shop: Shop):
    old = shop.claim(shop.world.tea, quantity=2)
    new = claiming.replace_claim(shop.session, SEED, old.id)
    assert shop.scan(new.short_code, mode=EntryMode.TYPED).claim.remaining == 2
    assert {row["status"] for row in shop.rows("claims")} == {"replaced", "issued"}
    with shop.refused(NotFound, what="unused claim"):
        claiming.replace_claim(shop.session, SEED, old.id)


def test_a_charged_claim_can_not_be_cancelled_here(shop: Shop):
    made = shop.claim(shop.world.mug)
    with shop.refused(NotFound, what="uncharged claim"):
        claiming.cancel_claim(shop.session, SEED, made.id)
