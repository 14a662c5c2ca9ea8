"""Orders of several lines: one member, one hold, one booking, one entry, all or nothing; judged as a whole."""

from uuid import UUID

import pytest

from ledger import NotEnoughPoints, Points
from panel_app.programme import redemptions, reversals
from panel_app.programme.baskets import Order, OrderLine
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.line_refusals import ClaimNeeded, SeveralMembers
from panel_app.programme.refusals import (
    HeldElsewhere,
    InvalidInput,
    LimitReached,
    OutOfStock,
    ProofTooWeak,
    RedemptionExpired,
)
from panel_app.programme.reversals import Reversal, Undo
from panel_app.programme.rules import Rule
from panel_app.programme.terms import EntryMode, RedemptionType
from tests.panel_app.programme.shop import Shop
from tests.panel_app.programme.test_counter import card_code
from tests.panel_app.world import cash, create_reward

MIX = 1


def of_claim(shop: Shop, code: str, units: int = 1) -> OrderLine:
    view = shop.scan(code)
    return OrderLine(visit_id=view.visit_id, claim_id=view.claim.id, units=units)


def direct(shop: Shop, visit_id: UUID, reward_id: UUID, option: int = 0, units: int = 1) -> OrderLine:
    return OrderLine(
        visit_id=visit_id, reward_id=reward_id, option_id=shop.option(reward_id, option), units=units
    )


def three_lines(shop: Shop) -> Order:
    """A charged claim's two units (2,000 at the claim), a mug for 600 and 4.00, and two teas for 600."""
    made = shop.claim(shop.world.mug, quantity=2)
    visit_id = shop.visit(shop.world.lena)
    return Order(
        lines=(
            of_claim(shop, made.code, units=2),
            direct(shop, visit_id, shop.world.mug, MIX),
            direct(shop, visit_id, shop.world.tea, units=2),
        )
    )


def test_three_lines_are_one_hold_one_booking_and_one_entry(shop: Shop):
    reserved = shop.reserve(three_lines(shop))
    assert (reserved.points_due, reserved.cash_due.amount) == (1200, 400)
    assert shop.balance() == (1800, 1200)
    assert [(line.units, line.points, line.cash.amount) for line in reserved.lines] == [
        (2, 2000, 0),
        (1, 600, 400),
        (2, 600, 0),
    ]
    (hold,) = shop.rows("holds")
    assert (hold["points"], hold["booking_id"]) == (1200, reserved.booking_id)
    (level,) = shop.rows("stock_levels")
    assert (level["on_hand"], level["reserved"]) == (5, 3)

    receipt = shop.confirm(reserved.booking_id, cash(400))
    assert (receipt.status, receipt.points, receipt.cash.amount) == ("completed", 3200, 400)
    assert [line.status for line in receipt.lines] == ["delivered"] * 3
    entries = [row for row in shop.rows("entries") if row["booking_id"]]
    assert [(row["points"], row["booking_id"]) for row in entries] == [(-1200, reserved.booking_id)]
    (level,) = shop.rows("stock_levels")
    assert (level["on_hand"], level["reserved"]) == (2, 0)


def test_a_reversal_gives_every_line_back_the_way_it_came(shop: Shop):
    reserved = shop.reserve(three_lines(shop))
    shop.confirm(reserved.booking_id, cash(400))
    wanted = Reversal(
        booking_id=reserved.booking_id, reason=ReversalReason.FAULTY_GOODS, goods=Goods.RETURNED
    )
    receipt = reversals.reverse(shop.session, shop.world.manager, shop.key(), wanted)
    assert (receipt.status, shop.balance()) == ("reversed", (5000, 0))
    assert [line.status for line in receipt.lines] == ["cancelled"] * 3
    (level,) = shop.rows("stock_levels")
    assert (level["on_hand"], level["reserved"]) == (5, 0)
    assert {row["expires_at"] for row in shop.rows("lots")} == {None}  # no grace: each charge found its lot


def test_two_claims_of_one_order_each_find_the_lots_that_they_were_charged_from(shop: Shop):
    first, second = shop.claim(shop.world.mug), shop.claim(create_reward(shop.session), quantity=3)
    order = Order(lines=(of_claim(shop, second.code, units=2), of_claim(shop, first.code)))
    receipt = shop.at_once(order)
    assert [line.points for line in receipt.lines] == [600, 1000]
    wanted = Reversal(booking_id=receipt.booking_id, reason=ReversalReason.FAULTY_GOODS, goods=Goods.RETURNED)
    reversals.reverse(shop.session, shop.world.manager, shop.key(), wanted)
    assert shop.balance() == (5000 - 300, 0)  # the third unit's points stay with its claim
    assert len(shop.rows("lots")) == 3  # one a member: nothing came back into a lot of grace


def test_an_undo_gives_all_claims_back_or_their_points_but_never_both(shop: Shop):
    many, one = shop.claim(shop.world.mug, quantity=2), shop.claim(create_reward(shop.session))
    receipt = shop.at_once(Order(lines=(of_claim(shop, many.code), of_claim(shop, one.code))))
    # Meanwhile the rest of the first claim lies at another till: it can't take its unit back.
    view = shop.scan(many.code, shop.world.berlin_2)
    shop.reserve(Order.one(visit_id=view.visit_id, claim_id=many.id), shop.world.berlin_2)
    before = shop.balance()
    reversals.undo(shop.session, shop.world.berlin, shop.key(), Undo(booking_id=receipt.booking_id))
    assert shop.balance() == (before[0] + 1300, 0)
    assert sorted((row["spent"], row["status"]) for row in shop.rows("claims")) == [
        (1, "part_redeemed"),
        (1, "redeemed"),
    ]


def test_an_undo_of_several_lines_gives_each_claim_its_units_back(shop: Shop):
    made, one = shop.claim(shop.world.mug, quantity=3), shop.claim(create_reward(shop.session))
    receipt = shop.at_once(Order(lines=(of_claim(shop, made.code, units=2), of_claim(shop, one.code))))
    before = shop.balance()
    reversals.undo(shop.session, shop.world.berlin, shop.key(), Undo(booking_id=receipt.booking_id))
    assert shop.balance() == before
    assert {(row["spent"], row["status"]) for row in shop.rows("claims")} == {(0, "issued")}
    assert shop.redeem(made.code, units=3).points == 3000


def test_two_lines_of_a_limited_reward_count_together(shop: Shop):
    reward_id = create_reward(shop.session, daily_limit=3)
    visit_id = shop.visit(shop.world.lena)
    one, three = (direct(shop, visit_id, reward_id, units=units) for units in (1, 3))
    with shop.refused(LimitReached, limit=3) as refused:
        shop.reserve(Order(lines=(three, one)))
    assert refused.value.part == "lines.1"
    assert shop.reserve(Order(lines=(one, one))).points_due == 600


def test_an_expired_order_taken_up_again_counts_its_lines_together(shop: Shop):
    reward_id = create_reward(shop.session, daily_limit=2)
    visit_id = shop.visit(shop.world.lena)
    order = Order(lines=(direct(shop, visit_id, reward_id), direct(shop, visit_id, reward_id)))
    reserved = shop.reserve(order)
    shop.later(seconds=121)
    shop.sweep()
    meanwhile = shop.reserve(shop.direct(reward_id), shop.world.berlin)
    with shop.refused(RedemptionExpired, booking_id=reserved.booking_id):
        shop.confirm(reserved.booking_id)
    redemptions.cancel(shop.session, shop.world.berlin, meanwhile.booking_id)
    assert shop.confirm(reserved.booking_id).points == 600


def test_two_lines_of_one_reward_take_no_more_than_its_stock(shop: Shop):
    visit_id = shop.visit(shop.world.lena)
    lines = [direct(shop, visit_id, shop.world.mug, MIX, units) for units in (3, 3)]
    with shop.refused(OutOfStock, left=2) as refused:
        shop.reserve(Order(lines=tuple(lines)))
    assert refused.value.part == "lines.1"
    assert shop.reserve(Order(lines=(lines[0], direct(shop, visit_id, shop.world.mug, MIX, 2)))).lines


def test_the_lines_of_a_copied_card_take_no_more_together_than_one_would(shop: Shop):
    card = shop.scan(card_code(shop), mode=EntryMode.PHOTO).visit_id
    live = shop.visit(shop.world.lena)
    tea, dear = shop.world.tea, shop.world.mug
    order = Order(lines=(direct(shop, live, dear), direct(shop, card, tea), direct(shop, card, tea)))
    with shop.refused(ProofTooWeak, limit=Points(500)) as refused:
        shop.reserve(order)
    assert refused.value.part == "lines.2"
    # What the live code proves is not the card's; what the card takes in a later line counts from then on.
    reserved = shop.reserve(Order(lines=order.lines[:2]))
    assert reserved.points_due == 1300
    again = shop.scan(card_code(shop), mode=EntryMode.PHOTO).visit_id
    with shop.refused(ProofTooWeak, limit=Points(500)):
        shop.reserve(Order(lines=(direct(shop, again, tea),)))


def test_the_sum_of_the_lines_must_be_there(shop: Shop):
    shop.spend_all_but(500)
    visit_id = shop.visit(shop.world.lena)
    lines = (direct(shop, visit_id, shop.world.tea), direct(shop, visit_id, shop.world.tea))
    with shop.refused(NotEnoughPoints, missing=100, available=500) as refused:
        shop.reserve(Order(lines=lines))
    assert refused.value.part is None  # no one line is to blame


def test_a_claim_that_stands_in_an_order_twice_is_refused(shop: Shop):
    made = shop.claim(shop.world.mug, quantity=2)
    order = Order(lines=(of_claim(shop, made.code), of_claim(shop, made.code)))
    with shop.refused(InvalidInput, field="code", rule=Rule.ONCE) as refused:
        shop.reserve(order)
    assert refused.value.part == "lines.1"


def test_lines_of_two_members_are_refused(shop: Shop):
    lenas, omars = shop.claim(shop.world.mug), shop.claim(shop.world.mug, member_id=shop.world.omar)
    order = Order(lines=(of_claim(shop, lenas.code), of_claim(shop, omars.code)))
    with shop.refused(SeveralMembers) as refused:
        shop.reserve(order)
    assert refused.value.part == "lines.1"


def test_a_second_line_that_is_held_elsewhere_leaves_nothing_of_the_first(shop: Shop):
    mine, held = shop.claim(shop.world.mug), shop.claim(shop.world.mug)
    order = Order(lines=(of_claim(shop, mine.code), of_claim(shop, held.code)))
    view = shop.scan(held.code, shop.world.berlin_2)
    shop.reserve(Order.one(visit_id=view.visit_id, claim_id=held.id), shop.world.berlin_2)
    with shop.refused(HeldElsewhere, branch="Berlin Mitte", till="2", seconds_left=120) as refused:
        shop.reserve(order)
    assert refused.value.part == "lines.1"
    (record,) = [row for row in shop.rows("audit_records") if row["reason"] == "held_elsewhere"]
    assert record["details"] == {"part": "lines.1"}


def test_the_stored_refusal_of_a_line_is_given_again_with_its_line(shop: Shop):
    line = of_claim(shop, shop.claim(shop.world.mug).code)
    order = Order(lines=(line, line))
    parts = []
    for _press in range(2):
        with pytest.raises(InvalidInput) as raised:
            shop.reserve(order, key="one wish")
        parts.append(raised.value.part)
    assert parts == ["lines.1", "lines.1"]


def test_starting_over_with_two_claims_closes_both_earlier_orders_of_this_till(shop: Shop):
    one, two = shop.claim(shop.world.mug), shop.claim(create_reward(shop.session))
    lines = of_claim(shop, one.code), of_claim(shop, two.code)
    earlier = [shop.reserve(Order(lines=(line,))).booking_id for line in lines]
    reserved = shop.reserve(Order(lines=lines))
    states = {row["booking_id"]: row["status"] for row in shop.rows("redemptions")}
    assert [states[booking_id] for booking_id in earlier] == ["cancelled"] * 2
    assert states[reserved.booking_id] == "reserved"
    assert [row["held_by"] is not None for row in shop.rows("claims")] == [True, True]


def test_a_reward_that_its_claims_own_code_opens_is_not_redeemed_without_a_claim(shop: Shop):
    qr, pin, external = RedemptionType.QR, RedemptionType.PIN, RedemptionType.EXTERNAL_QR
    needs = [
        create_reward(shop.session, redemption_types=kinds) for kinds in ((external,), (pin,), (qr, external))
    ]
    free = create_reward(shop.session, redemption_types=(qr, pin))
    view = shop.scan(shop.code(shop.world.lena).text)
    reasons = {offer.reward.id: offer.reason for offer in view.offers}
    assert [reasons[reward_id] for reward_id in (*needs, free)] == ["claim_needed"] * 3 + [None]
    for reward_id in needs:
        with shop.refused(ClaimNeeded):
            shop.reserve(Order(lines=(direct(shop, view.visit_id, reward_id),)))
    assert shop.reserve(Order(lines=(direct(shop, view.visit_id, free),))).points_due == 300
