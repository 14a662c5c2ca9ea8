"""The manager's pages: filters, pages of fifty, the branch's own day, one booking's life."""

import re
from datetime import UTC, datetime

import pytest

from ledger import ManualClock
from panel_app.programme import redemptions
from tests.panel_app.web.browser import Browser, heading, text
from tests.panel_app.web.house import House, on_both


@pytest.fixture
def mara(house: House) -> Browser:
    return house.at_till("mara")


def bookings(page: str) -> list[str]:
    """The booking IDs of a page's rows, from top to bottom."""
    return re.findall(r'/manager/redemptions/(B1-[^"?]+)"', page)


def cancelled(house: House, booking_id: str) -> None:
    redemptions.cancel(house.shop.session, house.world.berlin, booking_id)


def test_the_page_shows_the_days_redemptions_and_their_sums(house: House, mara: Browser) -> None:
    booking_id = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    page = mara.get("/manager/redemptions")
    assert bookings(page.text) == [booking_id]
    shown = text(page)
    assert "Confirmed 1 1.000 0,00 € Of these reversed 0 0 0,00 € Remains 1 1.000 0,00 €" in shown
    for part in ("Lena S.", "1 × Mug", "Anna Berg", "Camera", "Completed"):
        assert part in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=completed", True),
        ("status=cancelled", False),
        ("entry_mode=camera", True),
        ("entry_mode=typed", False),
        ("operator=Anna+Berg", True),
        ("operator=Ben+Kaya", False),
        ("operator=Nobody", False),
        ("day=2026-03-02", True),
        ("day=2026-03-01", False),
        ("day=1999-12-31", False),
        ("status=completed&entry_mode=camera&operator=Anna+Berg&day=2026-03-02", True),
    ],
)
def test_each_filter_takes_what_fits(house: House, mara: Browser, query: str, found: bool) -> None:  # noqa: FBT001
    booking_id = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    page = mara.get(f"/manager/redemptions?{query}")
    assert page.status_code == 200
    assert bookings(page.text) == ([booking_id] if found else [])


@on_both
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("status=eaten", 422),
        ("entry_mode=telepathy", 422),
        ("day=yesterday", 422),
        ("day=2026-02-30", 422),
        ("day=0001-01-01", 422),
        ("day=9999-12-31", 422),
        ("operator=%00", 400),
        ("cursor=%00", 400),
        ("cursor=B1-AAAAAAAA-A", 404),
        ("operator=%ff%fe", 200),
        ("operator=" + "x" * 5000, 200),
    ],
)
def test_a_filter_that_is_none_is_told_and_never_a_fault(mara: Browser, query: str, status: int) -> None:
    assert mara.get(f"/manager/redemptions?{query}").status_code == status


@on_both
def test_a_booking_id_that_is_nonsense_is_not_found(mara: Browser) -> None:
    for wrong in ("x" * 300, "B1-AAAAAAAA-A", "%ff%fe"):
        assert mara.get(f"/manager/redemptions/{wrong}").status_code == 404
    assert mara.get("/manager/redemptions/%00").status_code == 400


@on_both
def test_pages_of_fifty_have_no_gap_and_nothing_twice(house: House, mara: Browser) -> None:
    made = []
    order = house.shop.direct(house.world.tea)
    for number in range(53):
        reservation = house.shop.reserve(order)
        if number == 0:
            house.shop.confirm(reservation.booking_id)
        else:
            cancelled(house, reservation.booking_id)
        made.append(reservation.booking_id)
        if number % 3 == 2:  # three at each moment: the cursor must tell them apart
            house.shop.later(seconds=5)
    first = mara.get("/manager/redemptions?day=2026-03-02")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = mara.get(following.group(1).replace("&amp;", "&"))
    assert (len(bookings(first.text)), len(bookings(second.text))) == (50, 3)
    assert sorted(bookings(first.text) + bookings(second.text)) == sorted(made)
    assert 'rel="next"' not in second.text
    assert "Confirmed 1 300" in text(second)


def test_the_day_is_the_branchs_own(house: House, mara: Browser, clock: ManualClock) -> None:
    # 23:30 and 00:30 in Berlin, both on 2 March in UTC.
    clock.set(datetime(2026, 3, 2, 22, 30, tzinfo=UTC))
    before = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    clock.set(datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    after = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    assert bookings(mara.get("/manager/redemptions?day=2026-03-02").text) == [before]
    assert bookings(mara.get("/manager/redemptions?day=2026-03-03").text) == [after]
    assert bookings(mara.get("/manager/redemptions").text) == [after]
    assert "23:30" in text(mara.get("/manager/redemptions?day=2026-03-02"))


def test_one_booking_shows_its_whole_life(house: House, mara: Browser) -> None:
    shop = house.shop
    reservation = shop.reserve(shop.direct(house.world.tea))
    house.at_till("anna").ask(f"/counter/redemptions/{reservation.booking_id}/confirm", {"key": "k1"})
    page = mara.get(f"/manager/redemptions/{reservation.booking_id}")
    shown = text(page)
    assert heading(page) == reservation.booking_id
    life = shown.partition("Its whole life")[2]
    assert life.index("Points held") < life.index("Confirmed")
    for part in ("Debit By Redemption", "M-1", "Anna Berg", "4.700 points"):
        assert part in shown


def test_a_released_booking_has_no_entry_in_the_books(house: House, mara: Browser) -> None:
    reservation = house.shop.reserve(house.shop.direct(house.world.tea))
    cancelled(house, reservation.booking_id)
    shown = text(mara.get(f"/manager/redemptions/{reservation.booking_id}"))
    assert "No entry: nothing was captured." in shown
    assert "Released" in shown


def test_a_reversal_without_a_reason_or_with_a_made_up_one_is_told_and_reverses_nothing(
    house: House, mara: Browser
) -> None:
    booking_id = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    before = house.shop.facts()
    for changes in (
        {"reason": ""},
        {"reason": "spite"},
        {"reason": "undone"},
        {"goods": "eaten"},
        {"key": ""},
    ):
        form = {"key": "k", "reason": "wrong_reward", "goods": "gone"} | changes
        assert mara.post(f"/manager/redemptions/{booking_id}/reverse", form).status_code == 422
    assert house.shop.facts() == before


def test_the_page_of_a_store_user_offers_no_reversal_and_no_log(house: House, mara: Browser) -> None:
    booking_id = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    assert "Reverse this booking" in text(mara.get(f"/manager/redemptions/{booking_id}"))
    anna = house.at_till("anna")
    for path in ("", "/member"):
        assert anna.get(f"/manager/redemptions/{booking_id}{path}").status_code == 403
