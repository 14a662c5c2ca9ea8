"""The administrator's page of what went back: whose it was, how much, why, from where; filters and pages."""

import re

import pytest

from panel_app.programme import redemptions, reversals
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.reversals import Reversal
from tests.panel_app.programme.converting import Converting
from tests.panel_app.web.browser import Browser, text
from tests.panel_app.web.house import House, on_both

PAGE = "/admin/reversals"


@pytest.fixture
def adam(house: House) -> Browser:
    """At head office: without a till."""
    return house.signed_in("adam")


def lived(house: House) -> str:
    """A manager's reversal, a conversion for which nothing was left, and a release that somebody wanted."""
    shop = house.shop
    booking_id = shop.confirm(shop.reserve(shop.direct(house.world.tea)).booking_id).booking_id
    wanted = Reversal(booking_id=booking_id, reason=ReversalReason.FAULTY_GOODS, goods=Goods.GONE)
    reversals.reverse(shop.session, house.world.manager, shop.key(), wanted)
    Converting.of(shop, 0).convert()
    redemptions.cancel(
        shop.session, house.world.berlin, shop.reserve(shop.direct(house.world.tea)).booking_id
    )
    return booking_id


def rows(browser: Browser, query: str = "") -> list[str]:
    """The reason of each row, from top to bottom."""
    return re.findall(r'<br><span class="muted">([^<]+)</span></th>', browser.get(PAGE + query).text)


@on_both
def test_reversals_and_failures_are_shown_with_their_reasons_and_ordinary_releases_are_not(
    house: House, adam: Browser
) -> None:
    booking_id = lived(house)
    assert rows(adam) == ["No voucher was left", "Goods were faulty"]
    shown = text(adam.get(PAGE))
    for part in (booking_id, "M-1", "basket 7", "marketplace", "Redemption Reversal", "Mara Vogt", "1.000"):
        assert part in shown.replace(",", ".")
    assert f"/manager/redemptions/{booking_id}/member" not in adam.get(PAGE).text
    here = house.at_till("adam").get(PAGE).text
    assert f"/manager/redemptions/{booking_id}/member" in here


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?day=2026-03-02", 2),
        ("?day=2026-03-01", 0),
        ("?branch=BER", 1),
        ("?branch=LON", 0),
        ("?source=marketplace", 1),
        ("?source=nobody", 0),
    ],
)
def test_day_branch_and_source_choose_among_them(house: House, adam: Browser, query: str, found: int) -> None:
    lived(house)
    assert len(rows(adam, query)) == found


def test_its_pages_meet(house: House, adam: Browser) -> None:
    converting = Converting.of(house.shop, 0)
    for _number in range(51):
        converting.convert()
    older = re.search(r'rel="next" href="[^"?]+(\?[^"]+)"', adam.get(PAGE).text)
    assert older is not None
    assert (len(rows(adam)), len(rows(adam, older[1].replace("&amp;", "&")))) == (50, 1)
    assert adam.get(PAGE + "?cursor=nonsense").status_code == 422


def test_it_is_the_administrators_alone(house: House, adam: Browser) -> None:
    assert house.at_till("mara").get(PAGE).status_code == 403
    assert adam.get(PAGE).status_code == 200
