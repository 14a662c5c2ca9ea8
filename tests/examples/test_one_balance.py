"""One balance, three places: a till, the marketplace and the vending machine spend it in the same moment."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

import ledger
from examples.countermark_client import Refused
from examples.marketplace_orders import Marketplace
from examples.trays import Tray
from examples.vending_machine import VendingMachine
from panel_app.programme import member_codes, pricing
from panel_app.programme.models import Till as TillRow
from tests.examples.conftest import machine_of, marketplace_of, surface_of
from tests.faults.journals import Asked, Price
from tests.faults.traffic import Till
from tests.journeys.shop import Customer, Shop, open_shop

BOUQUET = Price(sku="FLOWERS", option=0, points=800, cents=0)
PLACES = ("in-store", "marketplace", "vending-machine")
SOLD, REFUSED = "sold", "not_enough_points"
Sale = Callable[[], str]


@pytest.fixture
def shop(tmp_path: Path, database_url: str) -> Iterator[Shop]:
    with open_shop(tmp_path, database_url) as opened:
        yield opened


class SellingTill(Till):
    """A till that sells one bouquet for points, and says what it was told."""

    def sell(self) -> str:
        reward_id, option_id = self.options[BOUQUET]
        form = {
            "visit_id": self.visit_id,
            "reward_id": str(reward_id),
            "option_id": str(option_id),
            "units": "1",
        }
        reserved = self._question(Asked.RESERVE, "/counter/redemptions", form, BOUQUET)
        self.ask(reserved)
        if reserved.told != "amount-due":
            return str(reserved.told)
        path = f"/counter/redemptions/{reserved.booking_id}/confirm"
        confirmed = self._question(Asked.CONFIRM, path, {}, BOUQUET)
        self.ask(confirmed)
        return SOLD if confirmed.told == "done" else str(confirmed.told)


def till_of(shop: Shop, member: Customer) -> SellingTill:
    """A till that has scanned the member: each with a phone of its own, since a code is good at one till."""
    code, reward_id = shop.till(), shop.reward_ids[BOUQUET.sku]
    with shop.database.session() as session:
        phone = ledger.transact(session, lambda: member_codes.add_device(session, member.id))
        with ledger.read(session):
            till_id = session.scalars(sa.select(TillRow.id).where(TillRow.code == code)).one()
            option_id = pricing.prices_of(session, [reward_id])[reward_id][0].option_id
    shown = replace(member, device_id=phone)
    till = SellingTill(shop.url, till_id, shown, {BOUQUET: (reward_id, option_id)}, patience_seconds=20.0)
    till.sign_in(shop.member_code(shown))
    return till


def told_by(sale: Callable[[], object]) -> str:
    try:
        sale()
    except Refused as refused:
        return refused.code
    return SOLD


def sales(shop: Shop, member: Customer, marketplace: Marketplace, machine: VendingMachine) -> dict[str, Sale]:
    """How each place sells one bouquet. The machine reads claims that cost their points when they are shown."""
    claims = iter([shop.claim(member, BOUQUET.sku).code for _ in range(6)])
    lock = threading.Lock()

    def at_machine() -> str:
        with lock:
            code = next(claims)
        return told_by(lambda: machine.vend(code))

    def at_marketplace() -> str:
        reward_id = str(shop.reward_ids[BOUQUET.sku])
        return told_by(lambda: marketplace.order(str(uuid4()), reward_id, member_id=str(member.id)))

    return {"marketplace": at_marketplace, "vending-machine": at_machine}


def test_one_balance_is_spent_in_three_places_at_once_and_never_overdrawn(shop: Shop, tmp_path: Path) -> None:
    member = shop.customer(points=7 * 800 + 100)
    marketplace = marketplace_of(shop, tmp_path / "stock.db", 20)
    tray = Tray(name="Seasonal bouquet", count=20)
    elsewhere = sales(shop, member, marketplace, machine_of(shop, tmp_path / "machine", tray))
    tills = [till_of(shop, member), till_of(shop, member)]
    workers = [("in-store", till.sell) for till in tills] + 2 * list(elsewhere.items())
    together = threading.Barrier(len(workers))

    def work(worker: tuple[str, Sale]) -> list[tuple[str, str]]:
        """One sale that the balance is enough for in each thread, then two for which it is enough only once."""
        source, sell = worker
        told = []
        for is_waited_for in (True, True, False):
            if is_waited_for:
                together.wait(30)
            told.append((source, sell()))
        return told

    with ThreadPoolExecutor(len(workers)) as pool:
        told = list(pool.map(work, workers))
    assert [first for first, *_ in told] == [(source, SOLD) for source, _ in workers]
    assert Counter(outcome for each in told for _, outcome in each) == {SOLD: 7, REFUSED: 11}

    entries = marketplace.surface.api.read(f"/members/{member.id}/entries")["items"]
    spent = [entry for entry in entries if entry["points"] < 0]
    assert [(entry["points"], entry["balance_after"]) for entry in spent] == [
        (-800, 100 + 800 * number) for number in range(7)
    ]
    sold = Counter(source for each in told for source, outcome in each if outcome == SOLD)
    assert Counter(entry["source"] for entry in spent) == sold
    assert (sorted(sold), min(sold.values())) == (sorted(PLACES), 2)
    assert (shop.available(member), 20 - tray.count) == (100, sold["vending-machine"])
    assert 20 - marketplace.stock.count() == sold["marketplace"]
    with shop.database.session() as session, ledger.read(session):
        assert ledger.verify(session) == []


def test_places_that_look_and_then_sell_promise_what_is_not_there(lived_in: Shop) -> None:
    """The control: the same three threads without a hold, each trusting the balance that it read."""
    member = lived_in.customer(points=800)
    surfaces = [surface_of(lived_in, source) for source in ("kiosk", "marketplace", "vending-machine")]
    looked = threading.Barrier(len(surfaces))

    def promised(place: int) -> int:
        available = surfaces[place].api.read(f"/members/{member.id}/balance")["available"]
        looked.wait(30)
        return 800 if available >= 800 else 0

    with ThreadPoolExecutor(len(surfaces)) as pool:
        assert sum(pool.map(promised, range(len(surfaces)))) == 2400
