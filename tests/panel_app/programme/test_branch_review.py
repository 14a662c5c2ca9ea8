"""What a till and a manager see afterwards: outcomes, totals of the shift, the day, one booking's life."""

import dataclasses
from datetime import UTC, date, datetime

import pytest

import ledger
from ledger import NotFound
from panel_app.programme import branch_review, counter, outcomes, reversals
from panel_app.programme.branch_review import Filter
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.refusals import ForeignCode, NotAllowed, SeveralCodes, TendersDoNotAddUp
from panel_app.programme.reversals import Reversal
from panel_app.programme.scanned_texts import Alternative, Scanned
from panel_app.programme.terms import EntryMode, RedemptionStatus
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import cash

MIX = 1


def confirmed_mug(shop: Shop) -> str:
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    return shop.confirm(reserved.booking_id, cash(400)).booking_id


def confirmed_by_code(shop: Shop) -> str:
    return shop.redeem(shop.claim(shop.world.mug).code).booking_id


def test_a_till_sees_its_last_outcomes_done_and_refused_newest_first(shop: Shop):
    booking_id = confirmed_mug(shop)
    shop.later(seconds=1)
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    with shop.refused(TendersDoNotAddUp, due=400, given=0, currency="EUR"):
        shop.confirm(reserved.booking_id)

    with ledger.read(shop.session):
        rows = outcomes.last_outcomes(shop.session, shop.world.berlin)
        elsewhere = outcomes.last_outcomes(shop.session, shop.world.berlin_2)

    assert [(row.reason, row.points, row.cash and row.cash.amount) for row in rows] == [
        ("tenders_do_not_add_up", None, None),
        (None, 600, 400),
    ]
    assert (rows[1].booking_id, rows[1].reward, rows[1].operator) == (booking_id, "Mug", "Anna Berg")
    assert elsewhere == []


def shown(shop: Shop) -> list[str]:
    """What stands in the till's list, from the top: booking IDs, and the reasons of refusals."""
    with ledger.read(shop.session):
        rows = outcomes.last_outcomes(shop.session, shop.world.berlin)
    return [str(row.reason or row.booking_id) for row in rows]


def test_the_list_of_a_shift_has_nothing_of_the_days_before_but_what_may_still_be_undone(shop: Shop):
    # 23:59:30 in Berlin.
    shop.clock.set(datetime(2026, 3, 2, 22, 59, 30, tzinfo=UTC))
    with shop.refused(ForeignCode, kind="url"):
        shop.scan("https://example.org")
    shop.later(seconds=29)
    late = confirmed_by_code(shop)
    shop.later(seconds=55)
    early = confirmed_by_code(shop)
    assert shown(shop) == [early, late]
    shop.later(seconds=6)
    assert shown(shop) == [early]
    shop.later(hours=24)
    assert shown(shop) == []


def test_codes_that_were_offered_to_choose_from_are_no_refusal(shop: Shop):
    first, second = shop.claim(shop.world.mug).code, shop.claim(shop.world.mug).code
    offered = Scanned(text=first, mode=EntryMode.CAMERA, alternatives=(Alternative(text=second),))
    with shop.refused(SeveralCodes, count=2):
        counter.scan(shop.session, shop.world.berlin, offered)
    assert shown(shop) == []
    with shop.refused(ForeignCode, kind="url"):
        shop.scan("https://example.org")
    assert shown(shop) == ["foreign_code"]


def totals(shop: Shop) -> tuple[int, int, int]:
    with ledger.read(shop.session):
        found = outcomes.shift_totals(shop.session, shop.world.berlin)
    return found.count, found.points, found.cash.amount


def test_the_shifts_totals_count_what_was_confirmed(shop: Shop):
    assert totals(shop) == (0, 0, 0)
    confirmed_mug(shop)
    shop.reserve(shop.direct(shop.world.mug, MIX))
    assert totals(shop) == (1, 600, 400)


def test_what_is_confirmed_after_midnight_belongs_to_the_new_days_shift(shop: Shop):
    shop.clock.set(datetime(2026, 3, 2, 22, 59, tzinfo=UTC))
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    shop.clock.set(datetime(2026, 3, 2, 23, 0, 30, tzinfo=UTC))
    shop.confirm(reserved.booking_id, cash(400))
    assert totals(shop) == (1, 600, 400)


def page(shop: Shop, chosen: Filter) -> branch_review.ReviewPage:
    with ledger.read(shop.session):
        return branch_review.redemptions_of_day(shop.session, shop.world.manager, chosen)


def test_the_day_has_the_branchs_redemptions_with_totals_of_the_confirmed_ones(shop: Shop):
    first = confirmed_mug(shop)
    shop.later(seconds=1)
    open_one = shop.reserve(shop.direct(shop.world.tea)).booking_id
    shop.confirm(
        shop.reserve(shop.direct(shop.world.tea, actor=shop.world.london), shop.world.london).booking_id,
        actor=shop.world.london,
    )

    found = page(shop, Filter())

    assert [row.booking_id for row in found.rows] == [open_one, first]
    assert found.day == date(2026, 3, 2)
    assert sums(found.totals.confirmed) == sums(found.totals.remaining) == (1, 600, 400)
    assert sums(found.totals.reversed) == (0, 0, 0)
    assert found.operators == ["Anna Berg"]
    assert [row.booking_id for row in page(shop, Filter(status=RedemptionStatus.RESERVED)).rows] == [open_one]
    assert [row.booking_id for row in page(shop, Filter(before=open_one)).rows] == [first]
    assert page(shop, Filter(day=date(2026, 3, 1))).rows == []
    assert page(shop, Filter(operator="Ben Kaya")).rows == []


def sums(found: branch_review.Sums) -> tuple[int, int, int]:
    return found.count, found.points, found.cash.amount


def test_the_day_keeps_what_was_reversed_later_and_says_what_remains(shop: Shop):
    first = confirmed_mug(shop)
    confirmed_by_code(shop)
    shop.later(hours=24)
    wanted = Reversal(booking_id=first, reason=ReversalReason.WRONG_REWARD, goods=Goods.RETURNED)
    reversals.reverse(shop.session, shop.world.manager, shop.key(), wanted)

    totals_of_day = page(shop, Filter(day=date(2026, 3, 2))).totals
    assert sums(totals_of_day.confirmed) == (2, 1600, 400)
    assert sums(totals_of_day.reversed) == (1, 600, 400)
    assert sums(totals_of_day.remaining) == (1, 1000, 0)
    assert sums(page(shop, Filter()).totals.reversed) == (0, 0, 0)


def test_a_bookings_life_is_told_from_scan_to_confirm(shop: Shop):
    booking_id = confirmed_mug(shop)
    with ledger.read(shop.session):
        life = branch_review.life_of(shop.session, shop.world.manager, booking_id)
    assert [(event.action, event.operator, event.till) for event in life.life] == [
        ("visit.opened", "Anna Berg", "1"),
        ("redemption.reserved", "Anna Berg", "1"),
        ("redemption.confirmed", "Anna Berg", "1"),
    ]
    (entry,) = life.entries
    assert (entry.points, life.hold.status) == (-600, "captured")


def test_another_branchs_booking_is_not_found_and_a_store_user_may_not_look(shop: Shop):
    booking_id = confirmed_mug(shop)
    londoner = dataclasses.replace(shop.world.manager, branch_id=shop.world.london.branch_id)
    with ledger.read(shop.session), pytest.raises(NotFound):
        branch_review.life_of(shop.session, londoner, booking_id)
    with ledger.read(shop.session), pytest.raises(NotAllowed):
        branch_review.life_of(shop.session, shop.world.berlin, booking_id)
