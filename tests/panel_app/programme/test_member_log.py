"""The log of a member's account: who sees which part of it, releases with their reasons, and its pages."""

from dataclasses import replace

import pytest

import ledger
from ledger import NotFound, Points
from panel_app.programme import access, member_log, redemptions, suspension
from panel_app.programme.baskets import Order
from panel_app.programme.refusals import InvalidInput, NotAllowed
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, cash


def read(shop: Shop, booking_id: str, cursor: str | None = None, **changes: object) -> member_log.MemberLog:
    with ledger.read(shop.session):
        return member_log.log_of(shop.session, replace(shop.world.manager, **changes), booking_id, cursor)


def told(log: member_log.MemberLog) -> list[tuple[str, int, str | None]]:
    return [(row.what, row.points, row.reason) for row in log.rows]


def test_each_release_says_why(shop: Shop):
    first = shop.reserve(shop.direct(shop.world.tea)).booking_id
    redemptions.cancel(shop.session, shop.world.berlin, first)
    made = shop.claim(shop.world.tea)
    shop.reserve(Order.one(visit_id=shop.scan(made.code).visit_id, claim_id=made.id))
    shop.later(seconds=1)
    shop.reserve(Order.one(visit_id=shop.scan(made.code).visit_id, claim_id=made.id))
    shop.later(seconds=130)
    shop.sweep()
    shop.reserve(shop.direct(shop.world.tea))
    suspension.suspend(shop.session, SEED, shop.world.lena)
    releases = [line for line in told(read(shop, first)) if line[0] != "held"]
    assert releases == [
        ("released", 0, "member_suspended"),
        ("expired", 0, None),
        ("released", 0, "started_over"),
        ("released", 0, "cancelled_at_till"),
    ]


def test_a_line_says_when_where_by_whom_and_what_was_left(shop: Shop):
    booking_id = shop.reserve(shop.direct(shop.world.mug, 1)).booking_id
    at = shop.clock.now()
    shop.confirm(booking_id, cash(400))
    line, held = read(shop, booking_id).rows
    assert (line.what, line.points, line.balance_after) == ("Debit By Redemption", -600, 4400)
    assert (line.at, line.branch, line.till, line.operator) == (at, "Berlin Mitte", "1", "Anna Berg")
    assert (line.source, line.booking_id, line.is_here) == ("in-store", booking_id, True)
    assert (held.what, held.points, held.concerned, held.balance_after) == ("held", 0, 600, None)


def test_a_manager_sees_the_own_branch_and_an_administrator_everything(shop: Shop):
    here = shop.redeem(shop.claim(shop.world.tea).code).booking_id
    shop.redeem(shop.claim(shop.world.tea).code, shop.world.london)
    own = read(shop, here)
    assert ({row.branch for row in own.rows}, own.is_whole) == ({"Berlin Mitte"}, False)
    whole = read(shop, here, permissions=access.ADMINISTRATOR)
    assert ({row.branch for row in whole.rows}, whole.is_whole) == (
        {"Berlin Mitte", "London Soho", None},
        True,
    )
    assert {row.is_here for row in whole.rows if row.branch != "Berlin Mitte"} == {False}


def test_a_member_without_a_booking_here_has_no_log_here(shop: Shop):
    there = shop.redeem(shop.claim(shop.world.tea).code, shop.world.london).booking_id
    with pytest.raises(NotFound):
        read(shop, there)


def test_a_store_user_sees_no_log(shop: Shop):
    booking_id = shop.redeem(shop.claim(shop.world.tea).code).booking_id
    with pytest.raises(NotAllowed) as raised, ledger.read(shop.session):
        member_log.log_of(shop.session, shop.world.berlin, booking_id, None)
    assert raised.value.data() == {"permission": "view_member_log"}


def test_pages_have_no_gap_and_nothing_twice_although_many_lines_are_of_one_moment(shop: Shop):
    booking_id = shop.redeem(shop.claim(shop.world.tea).code).booking_id
    for points in range(1, 120):
        shop.credit(shop.world.lena, points)
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        page = read(shop, booking_id, cursor, permissions=access.ADMINISTRATOR)
        seen += [row.points for row in page.rows if row.what == "Earn"]
        cursor, pages = page.next_cursor, pages + 1
    assert (pages, sorted(seen)) == (3, [*range(1, 120), Points(5000)])


@pytest.mark.parametrize("cursor", ["", "x", "2026-03-02T12:00:00+00:00~", "0001-01-01~x", "~"])
def test_a_cursor_that_is_none_is_told(shop: Shop, cursor: str):
    booking_id = shop.redeem(shop.claim(shop.world.tea).code).booking_id
    with pytest.raises(InvalidInput):
        read(shop, booking_id, cursor)
