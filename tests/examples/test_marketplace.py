"""The marketplace sells codes of its own for points, each once; without a code the points are the member's again."""

import sqlite3
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

import ledger
from examples.countermark_client import Api, Refused
from examples.marketplace_orders import Marketplace, SoldOut
from examples.marketplace_pages import served
from examples.voucher_stock import VoucherStock
from tests.faults.test_lost_answers import line_to
from tests.journeys.shop import Customer, Shop


def balance(shop: Shop, member: Customer) -> tuple[int, int]:
    """Available and held."""
    with shop.database.session() as session, ledger.read(session):
        found = ledger.balance_of(session, member.id)
    return int(found.available), int(found.held)


def bouquet(shop: Shop) -> str:
    return str(shop.reward_ids["FLOWERS"])


def statuses(marketplace: Marketplace) -> list[str]:
    return [one["status"] for one in marketplace.surface.api.read("/redemptions")["items"]]


def test_a_voucher_is_sold_for_points(lived_in: Shop, marketplace: Marketplace) -> None:
    member = lived_in.customer(points=1000)
    sold = marketplace.order(str(uuid4()), bouquet(lived_in), code=lived_in.member_code(member))
    assert (sold.voucher, sold.points, sold.balance_after) == ("BLOOM-1", 800, 200)
    assert (balance(lived_in, member), marketplace.stock.count(), statuses(marketplace)) == (
        *((200, 0), 0, ["completed"]),
    )


def test_codes_that_are_gone_after_the_hold_release_it(lived_in: Shop, marketplace: Marketplace) -> None:
    first, second = lived_in.customer(points=800), lived_in.customer(points=800)
    marketplace.order(str(uuid4()), bouquet(lived_in), member_id=str(first.id))
    with pytest.raises(SoldOut):
        marketplace.order(str(uuid4()), bouquet(lived_in), member_id=str(second.id))
    assert (balance(lived_in, first), balance(lived_in, second)) == ((0, 0), (800, 0))
    assert statuses(marketplace) == ["cancelled", "completed"]


def test_a_page_loaded_again_is_the_same_order(lived_in: Shop, marketplace: Marketplace) -> None:
    member, wish = lived_in.customer(points=2000), str(uuid4())
    code = lived_in.member_code(member)
    first = marketplace.order(wish, bouquet(lived_in), code=code)
    assert marketplace.order(wish, bouquet(lived_in), code=code) == first
    assert balance(lived_in, member) == (1200, 0)


def test_without_enough_points_no_code_is_drawn(lived_in: Shop, marketplace: Marketplace) -> None:
    member = lived_in.customer(points=799)
    with pytest.raises(Refused, match="not_enough_points"):
        marketplace.order(str(uuid4()), bouquet(lived_in), member_id=str(member.id))
    assert (balance(lived_in, member), marketplace.stock.count()) == ((799, 0), 1)


def test_a_hold_that_was_cancelled_elsewhere_puts_the_code_back(
    lived_in: Shop, marketplace: Marketplace
) -> None:
    member, wish = lived_in.customer(points=800), str(uuid4())
    held = marketplace.surface.reserve(wish, reward_id=bouquet(lived_in), member_id=str(member.id))
    marketplace.surface.cancel(held["booking_id"])
    with pytest.raises(Refused, match="redemption_closed"):
        marketplace.order(wish, bouquet(lived_in), member_id=str(member.id))
    assert (balance(lived_in, member), marketplace.stock.count()) == ((800, 0), 1)


def test_a_crash_before_the_capture_is_released_and_one_after_it_is_sold(
    lived_in: Shop, marketplace: Marketplace
) -> None:
    marketplace.stock.fill([("Seasonal bouquet", "BLOOM-2")])
    members = [lived_in.customer(points=800) for _ in range(2)]
    for member in members:
        held = marketplace.surface.reserve(
            str(uuid4()), reward_id=bouquet(lived_in), member_id=str(member.id)
        )
        marketplace.stock.draw("Seasonal bouquet", held["booking_id"])
        if member is members[1]:
            marketplace.surface.confirm(held["booking_id"])
    assert marketplace.stock.count() == 0
    marketplace.settle()
    assert [balance(lived_in, member) for member in members] == [(800, 0), (0, 0)]
    assert (marketplace.stock.count(), marketplace.stock.drawn()) == (1, [])


def test_answers_lost_on_the_way_sell_once(lived_in: Shop, marketplace: Marketplace) -> None:
    marketplace.stock.fill([("Seasonal bouquet", f"BLOOM-{number}") for number in range(2, 7)])
    member = lived_in.customer(points=6 * 800)
    with line_to(lived_in.url) as line:
        line.loses = 0.3
        shaky = replace(
            marketplace,
            surface=replace(marketplace.surface, api=Api(line.url, marketplace.surface.api.key)),
        )
        sold = [shaky.order(str(uuid4()), bouquet(lived_in), member_id=str(member.id)) for _ in range(3)]
        while not line.lost:  # reading until one is lost: the line did lose what it claims to
            shaky.surface.rewards()
    assert len({one.voucher for one in sold}) == 3
    assert (balance(lived_in, member), marketplace.stock.count()) == ((3 * 800, 0), 3)


def at_once(bookings: list[str], draw: Callable[[str], str | None]) -> list[str | None]:
    """Every booking draws in a thread of its own."""
    with ThreadPoolExecutor(len(bookings)) as pool:
        return list(pool.map(draw, bookings))


def test_the_last_code_goes_to_one_of_four(lived_in: Shop, marketplace: Marketplace) -> None:
    members = [lived_in.customer(points=800) for _ in range(4)]

    def order(member_id: str) -> str | None:
        try:
            return marketplace.order(str(uuid4()), bouquet(lived_in), member_id=member_id).voucher
        except SoldOut:
            return None

    told = at_once([str(member.id) for member in members], order)
    assert sorted(told, key=str) == ["BLOOM-1", None, None, None]
    assert sorted(balance(lived_in, member) for member in members) == [(0, 0), *(3 * [(800, 0)])]


def test_control_a_stock_that_looks_and_then_takes_sells_a_code_twice(tmp_path: Path) -> None:
    looked = threading.Barrier(2)
    file = tmp_path / "stock.db"
    VoucherStock.opened(file).fill([("Mug", "MUG-1")])

    def draw(booking_id: str) -> str | None:
        with closing(sqlite3.connect(file, isolation_level=None)) as own:
            (code,) = own.execute("SELECT code FROM vouchers WHERE booking_id IS NULL").fetchone()
            looked.wait(10)
            own.execute("UPDATE vouchers SET booking_id = ? WHERE code = ?", (booking_id, code))
        return str(code)

    assert at_once(["B1-1", "B1-2"], draw) == ["MUG-1", "MUG-1"]


@contextmanager
def pages_of(marketplace: Marketplace) -> Iterator[str]:
    with served(marketplace, 0) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            serving.join()


def page(url: str, form: dict[str, str] | None = None) -> str:
    body = None if form is None else urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(url, body, timeout=20) as answer:  # noqa: S310 - our own http address
        return str(answer.read().decode())


def test_the_pages_show_the_catalogue_and_sell_by_the_phones_code(
    lived_in: Shop, marketplace: Marketplace
) -> None:
    member = lived_in.customer(points=800)
    with pages_of(marketplace) as url:
        catalogue = page(url)
        form = {"wish": str(uuid4()), "reward": bouquet(lived_in), "code": lived_in.member_code(member)}
        told = page(url, form)
        forged = page(url, form | {"wish": str(uuid4()), "code": "<b>"})
    assert f'value="{bouquet(lived_in)}">Seasonal bouquet for 800 points</button>' in catalogue
    assert "Your voucher: BLOOM-1. 800 points were taken, 0 are left." in told
    assert "<b>" not in forged
    assert marketplace.surface.api.key not in catalogue + told + forged


def test_stock_is_read_from_a_file_once(tmp_path: Path, marketplace: Marketplace) -> None:
    lines = tmp_path / "vouchers.csv"
    lines.write_text("Flat white,COFFEE-1\nFlat white,COFFEE-2\n", encoding="utf-8")
    for _ in range(2):
        marketplace.stock.fill_from(lines)
    assert marketplace.stock.count() == 3
