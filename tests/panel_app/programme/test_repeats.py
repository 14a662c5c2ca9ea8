"""The same request again: one booking, one answer, whatever was lost on the way."""

import pytest

from ledger import KeyReused, NotEnoughPoints, Points
from panel_app.programme import redemptions
from panel_app.programme.baskets import Order
from panel_app.programme.refusals import RedemptionClosed, TendersDoNotAddUp
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import cash

pytestmark = pytest.mark.both_kinds

MIX = 1


def sealed_answers(shop: Shop, key: str) -> list[bytes]:
    return [
        shop.session.keyring.decrypt(
            "outcome", row["answer"], bound_to=f"{row['client']}\x1f{row['operation']}\x1f{key}"
        )
        for row in shop.rows("outcomes")
        if row["key"] == key
    ]


def test_a_second_press_with_the_same_key_gives_the_same_receipt_and_moves_nothing(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    first = shop.confirm(reserved.booking_id, cash(400, given=500), key="press")
    before, shown = shop.facts(), shop.rows("audit_records")

    shop.later(hours=2)
    again = shop.confirm(reserved.booking_id, cash(400, given=500), key="press")

    assert again == first
    assert shop.facts() == before
    assert shop.rows("audit_records") == shown


def test_the_same_order_with_the_same_key_is_the_same_reservation(shop: Shop):
    order = shop.direct(shop.world.tea)
    assert shop.reserve(order, key="k") == shop.reserve(order, key="k")
    assert [row["points_due"] for row in shop.rows("redemptions")] == [300]


def test_a_claim_redeemed_at_once_twice_with_one_key_is_redeemed_once(shop: Shop):
    made = shop.claim(shop.world.mug, quantity=2)
    order = Order.one(visit_id=shop.scan(made.code).visit_id, claim_id=made.id)
    assert shop.at_once(order, key="k") == shop.at_once(order, key="k")
    assert [row["spent"] for row in shop.rows("claims")] == [1]


def test_another_body_under_the_same_key_is_refused_and_nothing_at_all_is_written(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    shop.confirm(reserved.booking_id, cash(400), key="press")
    written = {name: shop.rows(name) for name in ("audit_records", "outcomes", "attempt_counts")}
    before = shop.facts()

    with pytest.raises(KeyReused):
        shop.confirm(reserved.booking_id, cash(400, given=500), key="press")

    assert shop.facts() == before
    assert {name: shop.rows(name) for name in written} == written


def test_a_refusal_is_given_again_byte_for_byte_although_it_would_succeed_now(shop: Shop):
    order = shop.direct(shop.world.tea)
    shop.spend_all_but(270)
    with shop.refused(NotEnoughPoints, missing=30, available=270):
        shop.reserve(order, key="k")
    answers, written = sealed_answers(shop, "k"), shop.rows("outcomes")
    shop.credit(shop.world.lena, 1000)

    with pytest.raises(NotEnoughPoints) as raised:
        shop.reserve(order, key="k")

    assert raised.value.data() == {"missing": 30, "available": 270}
    assert answers == [b'{"data":{"available":270,"missing":30},"reason":"not_enough_points"}']
    assert (sealed_answers(shop, "k"), shop.rows("outcomes")) == (answers, written)
    assert shop.reserve(order, key="new").points_due == Points(300)


def test_the_same_key_at_another_till_is_another_request(shop: Shop):
    here, there = shop.direct(shop.world.tea), shop.direct(shop.world.tea, actor=shop.world.london)
    first = shop.reserve(here, key="k")
    second = shop.reserve(there, shop.world.london, key="k")
    assert first.booking_id != second.booking_id


def test_did_it_go_through_is_answered_by_the_key(shop: Shop):
    def outcome(key: str) -> object:
        return redemptions.outcome_of_key(shop.session, shop.world.berlin, key)

    order = shop.direct(shop.world.mug, MIX)
    assert outcome("k") is None
    reserved = shop.reserve(order, key="k")
    assert outcome("k") == reserved
    receipt = shop.confirm(reserved.booking_id, cash(400), key="k")
    assert outcome("k") == receipt
    assert redemptions.outcome_of_key(shop.session, shop.world.berlin_2, "k") is None
    with shop.refused(RedemptionClosed, booking_id=reserved.booking_id, status="completed"):
        shop.confirm(reserved.booking_id, cash(400), key="late")
    with pytest.raises(RedemptionClosed):
        outcome("late")


def test_after_a_refused_confirm_a_new_key_may_put_it_right(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    with shop.refused(TendersDoNotAddUp, due=400, given=300, currency="EUR"):
        shop.confirm(reserved.booking_id, cash(300), key="first")
    assert shop.confirm(reserved.booking_id, cash(400), key="second").cash.amount == 400
