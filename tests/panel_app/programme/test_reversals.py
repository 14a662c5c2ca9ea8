"""What an undo and a manager's reversal give back, to whom they are open, and that each happens once."""

from dataclasses import replace
from typing import Any

import ledger
from ledger import NotFound, Points
from panel_app.programme import branch_review, claim_expiry, outcomes, reversals
from panel_app.programme.access import Permission
from panel_app.programme.baskets import Order
from panel_app.programme.catalogue import NewOption
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.refusals import InvalidInput, NotAllowed, OwnAccount, RedemptionClosed, UndoOver
from panel_app.programme.reversals import Reversal, Undo
from panel_app.programme.rules import Rule
from panel_app.programme.terms import AlreadyDone, ClaimAtCounter, Receipt, RedemptionStatus
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import card, cash, create_reward

MIX = 1


def undo(shop: Shop, booking_id: str, actor: Any = None, key: str | None = None) -> Receipt:
    wanted = Undo(booking_id=booking_id)
    return reversals.undo(shop.session, actor or shop.world.berlin, key or shop.key(), wanted)


def reverse(
    shop: Shop,
    booking_id: str,
    actor: Any = None,
    *,
    reason: ReversalReason = ReversalReason.WRONG_REWARD,
    goods: Goods = Goods.RETURNED,
) -> Receipt:
    wanted = Reversal(booking_id=booking_id, reason=reason, goods=goods)
    return reversals.reverse(shop.session, actor or shop.world.manager, shop.key(), wanted)


def mix(shop: Shop) -> str:
    """600 points, and 4.00 of which 1.50 were paid by card."""
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    return shop.confirm(reserved.booking_id, cash(250), card(150, "T-1")).booking_id


def level(shop: Shop) -> tuple[int, int]:
    (row,) = [row for row in shop.rows("stock_levels") if row["reward_id"] == shop.world.mug]
    return row["on_hand"], row["reserved"]


def money(shop: Shop) -> dict[str, int]:
    """The sum of each tender's account."""
    kinds = {row["id"]: row["tender"] for row in shop.rows("accounts") if row["kind"] == "cash"}
    sums = dict.fromkeys(kinds.values(), 0)
    for row in shop.rows("postings"):
        if row["account_id"] in kinds:
            sums[kinds[row["account_id"]]] += row["amount"]
    return sums


def claim_row(shop: Shop) -> tuple[str, int, Any]:
    (row,) = shop.rows("claims")
    return row["status"], row["spent"], row["held_by"]


def claims_balance(shop: Shop) -> list[ledger.Finding]:
    with ledger.read(shop.session):
        return claim_expiry.findings(shop.session)


def test_a_reversal_gives_points_each_tender_and_the_goods_back_in_one_entry(shop: Shop):
    booking_id = mix(shop)
    assert (shop.balance(), level(shop), money(shop)) == ((4400, 0), (4, 0), {"cash": 250, "card": 150})
    shop.later(days=3)

    receipt = reverse(shop, booking_id)

    assert receipt.status is RedemptionStatus.REVERSED
    assert (shop.balance(), level(shop), money(shop)) == ((5000, 0), (5, 0), {"cash": 0, "card": 0})
    entry = shop.rows("entries")[-1]
    assert (entry["type"], entry["points"], entry["reason"]) == ("Redemption Reversal", 600, "wrong_reward")
    assert (entry["booking_id"], entry["operator_id"]) == (booking_id, shop.world.manager.operator_id)
    with ledger.read(shop.session):
        life = branch_review.life_of(shop.session, shop.world.manager, booking_id)
    assert [one.type.value for one in life.entries] == ["Debit By Redemption", "Redemption Reversal"]
    assert life.life[-1].action == "redemption.reversed"


def test_goods_that_are_gone_stay_off_the_shelf(shop: Shop):
    reverse(shop, mix(shop), goods=Goods.GONE)
    assert level(shop) == (4, 0)


def test_an_undo_within_a_minute_gives_the_claim_back_to_be_redeemed_again(shop: Shop):
    made = shop.claim(shop.world.mug)
    receipt = shop.redeem(made.code)
    assert (claim_row(shop), level(shop)) == (("redeemed", 1, None), (4, 0))
    shop.later(seconds=60)

    assert undo(shop, receipt.booking_id).status is RedemptionStatus.REVERSED

    assert (claim_row(shop), level(shop)) == (("issued", 0, None), (5, 0))
    assert shop.balance() == (4000, 0)
    assert claims_balance(shop) == []
    assert isinstance(shop.scan(made.code), ClaimAtCounter)
    assert shop.redeem(made.code).status is RedemptionStatus.COMPLETED
    assert isinstance(shop.scan(made.code), AlreadyDone)


def test_an_undo_of_a_direct_redemption_gives_points_and_cash_back(shop: Shop):
    undo(shop, mix(shop))
    assert (shop.balance(), level(shop), money(shop)) == ((5000, 0), (5, 0), {"cash": 0, "card": 0})


def test_a_reversal_of_a_claim_gives_the_points_to_the_member_and_ends_its_units(shop: Shop):
    made = shop.claim(shop.world.mug, quantity=2)
    booking_id = shop.redeem(made.code).booking_id
    reverse(shop, booking_id)
    assert (claim_row(shop), shop.balance()) == (("part_redeemed", 1, None), (4000, 0))
    assert claims_balance(shop) == []
    assert shop.redeem(made.code).status is RedemptionStatus.COMPLETED


def test_an_undo_gives_back_its_own_units_of_several_and_leaves_the_others_spent(shop: Shop):
    made = shop.claim(create_reward(shop.session, options=[NewOption(points=Points(100))]), quantity=3)
    first = shop.redeem(made.code)
    shop.later(seconds=31)
    shop.redeem(made.code, units=2)
    undo(shop, first.booking_id)
    assert (claim_row(shop), shop.balance()) == (("part_redeemed", 2, None), (4700, 0))
    assert claims_balance(shop) == []


def test_an_undo_leaves_a_claim_alone_that_lies_at_a_till(shop: Shop):
    made = shop.claim(create_reward(shop.session), quantity=2)
    first = shop.redeem(made.code)
    view = shop.scan(made.code, shop.world.london)
    shop.reserve(Order.one(visit_id=view.visit_id, claim_id=made.id), shop.world.london)
    undo(shop, first.booking_id)
    assert (claim_row(shop)[:2], shop.balance()) == (("part_redeemed", 1), (4700, 0))
    assert claims_balance(shop) == []


def test_a_second_time_does_nothing_and_says_so(shop: Shop):
    booking_id = mix(shop)
    undo(shop, booking_id)
    closed = {"booking_id": booking_id, "status": "reversed"}
    with shop.refused(RedemptionClosed, **closed):
        undo(shop, booking_id)
    with shop.refused(RedemptionClosed, **closed):
        reverse(shop, booking_id)


def test_the_same_key_gives_the_same_answer_and_no_second_entry(shop: Shop):
    booking_id = mix(shop)
    first = undo(shop, booking_id, key="once")
    assert undo(shop, booking_id, key="once") == first
    assert [row["type"] for row in shop.rows("entries")].count("Redemption Reversal") == 1


def test_what_is_not_confirmed_can_not_be_reversed(shop: Shop):
    booking_id = shop.reserve(shop.direct(shop.world.tea)).booking_id
    with shop.refused(RedemptionClosed, booking_id=booking_id, status="reserved"):
        reverse(shop, booking_id)


def test_after_a_minute_an_undo_is_over(shop: Shop):
    booking_id = mix(shop)
    shop.later(seconds=60, milliseconds=1)
    with shop.refused(UndoOver, seconds=60):
        undo(shop, booking_id)


def test_nobody_undoes_what_another_operator_confirmed(shop: Shop):
    booking_id = mix(shop)
    other = replace(shop.world.berlin, operator_id=shop.world.berlin_2.operator_id)
    with shop.refused(NotAllowed, permission="reverse"):
        undo(shop, booking_id, other)


def test_another_till_and_another_branch_find_no_such_booking(shop: Shop):
    booking_id = mix(shop)
    with shop.refused(NotFound, what="booking"):
        undo(shop, booking_id, shop.world.berlin_2)
    elsewhere = replace(shop.world.manager, branch_id=shop.world.london.branch_id)
    with shop.refused(NotFound, what="booking"):
        reverse(shop, booking_id, elsewhere)


def test_each_needs_its_permission(shop: Shop):
    booking_id = mix(shop)
    without = shop.world.berlin.permissions - {Permission.UNDO}
    with shop.refused(NotAllowed, permission="undo"):
        undo(shop, booking_id, replace(shop.world.berlin, permissions=without))
    with shop.refused(NotAllowed, permission="reverse"):
        reverse(shop, booking_id, shop.world.berlin)


def test_a_manager_does_not_reverse_on_the_own_account(shop: Shop):
    reserved = shop.reserve(
        Order.one(
            visit_id=shop.visit(shop.world.anna, shop.world.berlin_2),
            reward_id=shop.world.tea,
            option_id=shop.option(shop.world.tea, 0),
        ),
        shop.world.berlin_2,
    )
    shop.confirm(reserved.booking_id, actor=shop.world.berlin_2)
    as_anna = replace(shop.world.manager, operator_id=shop.world.berlin.operator_id)
    with shop.refused(OwnAccount):
        reverse(shop, reserved.booking_id, as_anna)


def test_a_manager_can_not_call_it_an_undo(shop: Shop):
    booking_id = mix(shop)
    with shop.refused(InvalidInput, field="reason", rule=Rule.CHOICE):
        reverse(shop, booking_id, reason=ReversalReason.UNDONE)


def test_the_row_of_the_last_outcomes_offers_the_undo_for_its_minute_and_the_totals_leave_it_out(shop: Shop):
    booking_id = mix(shop)
    shop.later(seconds=20)

    def seen(actor: Any = shop.world.berlin) -> tuple[int, str, int]:
        with ledger.read(shop.session):
            (row,) = outcomes.last_outcomes(shop.session, actor)
            totals = outcomes.shift_totals(shop.session, actor)
        assert row.status is not None
        return row.undo_seconds, row.status.value, totals.count

    assert seen() == (40, "completed", 1)
    assert seen(replace(shop.world.berlin, operator_id=shop.world.berlin_2.operator_id)) == (
        0,
        "completed",
        1,
    )
    undo(shop, booking_id)
    assert seen() == (0, "reversed", 0)
