"""How often a member may have a reward in the programme's day, which is Berlin's."""

from datetime import UTC, datetime

from panel_app.programme import claiming, redemptions
from panel_app.programme.refusals import LimitReached
from panel_app.programme.terms import ChargeAt
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, create_reward


def test_claims_and_direct_redemptions_count_together(shop: Shop):
    reward_id = create_reward(shop.session, daily_limit=3)
    shop.claim(reward_id, quantity=2)
    third, fourth = shop.direct(reward_id), shop.direct(reward_id)
    shop.reserve(third)
    with shop.refused(LimitReached, limit=3):
        shop.reserve(fourth)
    with shop.refused(LimitReached, limit=3):
        shop.claim(reward_id)
    shop.claim(reward_id, quantity=3, member_id=shop.world.omar)


def test_what_was_cancelled_or_ran_out_does_not_count(shop: Shop):
    reward_id = create_reward(shop.session, daily_limit=1, charge_at=ChargeAt.COUNTER)
    claiming.cancel_claim(shop.session, SEED, shop.claim(reward_id).id)
    reserved = shop.reserve(shop.direct(reward_id))
    redemptions.cancel(shop.session, shop.world.berlin, reserved.booking_id)
    shop.reserve(shop.direct(reward_id))
    shop.later(seconds=130)
    shop.sweep()
    shop.confirm(shop.reserve(shop.direct(reward_id)).booking_id)
    order = shop.direct(reward_id)
    with shop.refused(LimitReached, limit=1):
        shop.reserve(order)


def test_the_day_ends_at_the_programmes_midnight_also_in_london(shop: Shop):
    reward_id = create_reward(shop.session, daily_limit=1)
    london = shop.world.london
    shop.clock.set(datetime(2026, 3, 2, 22, 58, tzinfo=UTC))  # 23:58 in Berlin
    shop.reserve(shop.direct(reward_id, actor=london), london)
    late = shop.direct(reward_id, actor=london)
    with shop.refused(LimitReached, limit=1):
        shop.reserve(late, london)
    shop.clock.set(datetime(2026, 3, 2, 23, 1, tzinfo=UTC))  # 00:01 in Berlin, 23:01 in London
    shop.reserve(shop.direct(reward_id, actor=london), london)


def test_redeeming_a_claim_counts_on_the_day_it_was_made_and_not_again(shop: Shop):
    reward_id = create_reward(shop.session, daily_limit=1)
    made = shop.claim(reward_id)
    shop.later(days=1)
    shop.redeem(made.code)
    shop.reserve(shop.direct(reward_id))
