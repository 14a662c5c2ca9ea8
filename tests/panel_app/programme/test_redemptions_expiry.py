"""When the time of a reservation runs out: the sweeper, and Confirm that comes after the expiry."""

import pytest

import ledger
from ledger import NotFound, Points
from panel_app.programme import access, catalogue, redemptions, suspension
from panel_app.programme.baskets import Order
from panel_app.programme.catalogue import NewOption
from panel_app.programme.refusals import MemberSuspended, NotAllowed, RedemptionExpired
from panel_app.programme.terms import RedemptionStatus, Reservation
from tests.conftest import NOON
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, cash, create_reward

pytestmark = pytest.mark.both_kinds

MIX = 1
SWEPT = pytest.mark.parametrize("sweeper", ["was here", "is late"])


def reserved_mix(shop: Shop) -> Reservation:
    return shop.reserve(shop.direct(shop.world.mug, MIX))


def run_out(shop: Shop, seconds: float, sweeper: str) -> None:
    shop.later(seconds=seconds)
    if sweeper == "was here":
        assert shop.sweep() == 1


def test_the_sweeper_gives_back_points_stock_and_claim_when_the_time_is_over_and_not_before(shop: Shop):
    reserved_mix(shop)
    code = shop.claim(shop.world.tea).code
    view = shop.scan(code)
    shop.reserve(Order.one(visit_id=view.visit_id, claim_id=view.claim.id))
    assert shop.balance() == (4100, 900)

    shop.later(seconds=119)
    assert shop.sweep() == 0
    shop.later(seconds=1)

    assert shop.sweep() == 2
    assert shop.balance() == (5000, 0)
    assert [(row["on_hand"], row["reserved"]) for row in shop.rows("stock_levels")] == [(5, 0)]
    assert [row["status"] for row in shop.rows("redemptions")] == ["expired", "expired"]
    assert [row["status"] for row in shop.rows("holds")] == ["expired", "expired"]
    assert [row["held_by"] for row in shop.rows("claims")] == [None]
    assert {row["status"] for row in shop.rows("claims")} == {"issued"}
    assert shop.sweep() == 0


def test_the_release_stands_in_the_audit_trail_with_its_booking(shop: Shop):
    reserved = reserved_mix(shop)
    run_out(shop, 120, "was here")
    (record,) = [row for row in shop.rows("audit_records") if row["action"] == "redemption.expired"]
    assert (record["client"], record["booking_id"], record["details"]) == (
        "system:sweeper",
        reserved.booking_id,
        {"points": 600},
    )


@SWEPT
def test_confirm_after_the_expiry_takes_a_fresh_hold(shop: Shop, sweeper: str):
    reserved = reserved_mix(shop)
    run_out(shop, 130, sweeper)

    receipt = shop.confirm(reserved.booking_id, cash(400))

    assert receipt.status is RedemptionStatus.COMPLETED
    assert shop.balance() == (4400, 0)
    assert sorted(row["status"] for row in shop.rows("holds")) == ["captured", "expired"]
    assert [(row["on_hand"], row["reserved"]) for row in shop.rows("stock_levels")] == [(4, 0)]


def test_confirm_after_the_expiry_with_the_points_gone_says_to_give_the_cash_back(shop: Shop):
    reserved = reserved_mix(shop)
    run_out(shop, 130, "was here")
    shop.spend_all_but(599)
    with shop.refused(RedemptionExpired, booking_id=reserved.booking_id):
        shop.confirm(reserved.booking_id, cash(400))


def test_confirm_of_an_unswept_hold_with_the_points_gone_says_the_same(shop: Shop):
    reserved = reserved_mix(shop)
    shop.later(seconds=130)
    # Other surfaces see the points again as soon as anybody expires the hold.
    origin = access.system("sweeper").origin()
    ledger.transact(shop.session, lambda: ledger.expire_holds(shop.session, origin, limit=100))
    shop.spend_all_but(599)
    with shop.refused(RedemptionExpired, booking_id=reserved.booking_id):
        shop.confirm(reserved.booking_id, cash(400))


@SWEPT
def test_confirm_within_ten_minutes_after_the_expiry_is_taken_up_again(shop: Shop, sweeper: str):
    reserved = reserved_mix(shop)
    run_out(shop, 120 + 600, sweeper)
    assert shop.confirm(reserved.booking_id, cash(400)).status is RedemptionStatus.COMPLETED


@SWEPT
def test_confirm_more_than_ten_minutes_after_the_expiry_is_refused(shop: Shop, sweeper: str):
    reserved = reserved_mix(shop)
    run_out(shop, 120 + 601, sweeper)
    with shop.refused(RedemptionExpired, booking_id=reserved.booking_id):
        shop.confirm(reserved.booking_id, cash(400))


@SWEPT
def test_a_charged_claim_with_cash_to_pay_runs_out_as_everything_else_does(shop: Shop, sweeper: str):
    reward_id = create_reward(shop.session, options=[NewOption(points=Points(600), cash={"EUR": 400})])
    made = shop.claim(reward_id)
    view = shop.scan(made.code)
    reserved = shop.reserve(Order.one(visit_id=view.visit_id, claim_id=made.id))
    assert (reserved.points_due, reserved.cash_due.amount) == (0, 400)
    run_out(shop, 120 + 601, sweeper)
    with shop.refused(RedemptionExpired, booking_id=reserved.booking_id):
        shop.confirm(reserved.booking_id, cash(400))


def test_stock_that_went_to_somebody_else_meanwhile_says_to_give_the_cash_back(shop: Shop):
    first = shop.reserve(shop.direct(shop.world.mug, MIX))
    run_out(shop, 130, "was here")
    shop.reserve(shop.direct(shop.world.mug, MIX, units=5))
    with shop.refused(RedemptionExpired, booking_id=first.booking_id):
        shop.confirm(first.booking_id, cash(400))


def test_a_claim_that_another_till_has_meanwhile_says_to_give_the_cash_back(shop: Shop):
    made = shop.claim(shop.world.tea)
    here = shop.scan(made.code)
    reserved = shop.reserve(Order.one(visit_id=here.visit_id, claim_id=made.id))
    shop.later(seconds=121)
    there = shop.scan(made.code, shop.world.london)
    shop.reserve(Order.one(visit_id=there.visit_id, claim_id=made.id), shop.world.london)
    with shop.refused(RedemptionExpired, booking_id=reserved.booking_id):
        shop.confirm(reserved.booking_id)


def test_a_claim_that_was_redeemed_elsewhere_meanwhile_says_to_give_the_cash_back(shop: Shop):
    made = shop.claim(shop.world.tea)
    here = shop.scan(made.code)
    reserved = shop.reserve(Order.one(visit_id=here.visit_id, claim_id=made.id))
    shop.later(seconds=121)
    shop.redeem(made.code, shop.world.london)
    with shop.refused(RedemptionExpired, booking_id=reserved.booking_id):
        shop.confirm(reserved.booking_id)


def test_a_members_daily_limit_that_was_reached_meanwhile_says_to_give_the_cash_back(shop: Shop):
    reward_id = create_reward(shop.session, daily_limit=1)
    first = shop.reserve(shop.direct(reward_id))
    run_out(shop, 130, "was here")
    shop.confirm(shop.reserve(shop.direct(reward_id)).booking_id)
    with shop.refused(RedemptionExpired, booking_id=first.booking_id):
        shop.confirm(first.booking_id)


@pytest.mark.parametrize("seconds", [0, 130])
def test_a_member_who_was_suspended_meanwhile_spends_nothing(shop: Shop, seconds: int):
    reserved = reserved_mix(shop)
    shop.later(seconds=seconds)
    shop.sweep()
    suspension.suspend(shop.session, SEED, shop.world.lena)
    assert shop.balance() == (5000, 0)
    with shop.refused(MemberSuspended):
        shop.confirm(reserved.booking_id, cash(400))


def test_units_that_were_redeemed_elsewhere_meanwhile_are_not_spent_twice(shop: Shop):
    made = shop.claim(shop.world.tea, quantity=2)
    here = shop.scan(made.code)
    reserved = shop.reserve(Order.one(visit_id=here.visit_id, claim_id=made.id, units=2))
    shop.later(seconds=121)
    shop.redeem(made.code, shop.world.london)
    with shop.refused(RedemptionExpired, booking_id=reserved.booking_id):
        shop.confirm(reserved.booking_id)


def test_a_reservation_that_ran_out_gives_way_to_another_till_although_it_was_not_swept(shop: Shop):
    made = shop.claim(shop.world.tea)
    first = shop.reserve(Order.one(visit_id=shop.scan(made.code).visit_id, claim_id=made.id))
    shop.later(seconds=120)

    receipt = shop.redeem(made.code, shop.world.london)

    assert receipt.place.branch_name == "London Soho"
    assert {row["booking_id"]: row["status"] for row in shop.rows("redemptions")} == {
        first.booking_id: "expired",
        receipt.booking_id: "completed",
    }


def test_goods_that_arrive_while_a_redemption_is_open_do_not_stand_in_its_way(shop: Shop):
    confirmed = shop.reserve(shop.direct(shop.world.tea))
    swept = shop.reserve(shop.direct(shop.world.tea))
    catalogue.receive_stock(shop.session, SEED, shop.world.berlin.branch(), shop.world.tea, 3)

    shop.confirm(confirmed.booking_id)
    run_out(shop, 130, "was here")

    level = next(row for row in shop.rows("stock_levels") if row["reward_id"] == shop.world.tea)
    assert level["reserved"] == 0
    assert swept.status is RedemptionStatus.RESERVED


def test_what_is_held_at_23_59_can_be_confirmed_at_00_01(shop: Shop):
    reward_id = create_reward(shop.session, claim_days=0)
    made = shop.claim(reward_id)
    shop.clock.set(NOON.replace(hour=22, minute=59, second=30))  # 23:59:30 in Berlin
    view = shop.scan(made.code)
    reserved = shop.reserve(Order.one(visit_id=view.visit_id, claim_id=made.id))
    shop.later(seconds=60)

    assert shop.confirm(reserved.booking_id).status is RedemptionStatus.COMPLETED


def test_only_the_sweeper_may_sweep(shop: Shop):
    with pytest.raises(NotAllowed) as raised:
        redemptions.expire_due(shop.session, shop.world.berlin)
    assert raised.value.data() == {"permission": "expire"}


def test_a_booking_that_nobody_made_is_not_found(shop: Shop):
    with shop.refused(NotFound, what="booking"):
        shop.confirm("B1-CM00000000C")
