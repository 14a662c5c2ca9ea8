"""The two example surfaces against a served panel, each with a key of its own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ledger
from examples.countermark_client import Api
from examples.marketplace_orders import Marketplace
from examples.redeeming import Surface
from examples.trays import Tray
from examples.vending_machine import VendingMachine
from examples.voucher_stock import VoucherStock
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from tests.journeys.furniture import SEED
from tests.journeys.shop import Shop, open_shop

BOUQUET = "Seasonal bouquet"


def surface_of(shop: Shop, source: str) -> Surface:
    """A surface with a key and a till of its own in Berlin."""
    new = NewKey(
        client=f"{source} {ledger.new_id()}",
        source=source,
        scopes=frozenset({Scope.REDEMPTIONS, Scope.REVERSALS, Scope.POINTS}),
    )
    with shop.database.session() as session:
        key = issue_key(session, SEED, new).text
    return Surface(api=Api(shop.url, key), branch="BER", till=shop.till())


def marketplace_of(shop: Shop, file: Path, codes: int) -> Marketplace:
    """A marketplace with so many codes for a bouquet."""
    stock = VoucherStock.opened(file)
    stock.fill([(BOUQUET, f"BLOOM-{number}") for number in range(1, codes + 1)])
    return Marketplace(surface=surface_of(shop, "marketplace"), stock=stock)


def machine_of(shop: Shop, folder: Path, tray: Tray) -> VendingMachine:
    """A vending machine with bouquets in its one tray."""
    folder.mkdir()
    trays = {str(shop.reward_ids["FLOWERS"]): tray}
    return VendingMachine(surface=surface_of(shop, "vending-machine"), trays=trays, open_bookings=folder)


@pytest.fixture(scope="session")
def lived_in(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for the tests that bring members of their own; its books hold after all that happened in it."""
    folder = tmp_path_factory.mktemp("surfaces")
    shutil.copyfile(sqlite_template, folder / "countermark.db")
    with open_shop(folder, f"sqlite:///{folder}/countermark.db") as opened:
        yield opened
        with opened.database.session() as session, ledger.read(session):
            assert ledger.verify(session) == []


@pytest.fixture
def marketplace(lived_in: Shop, tmp_path: Path) -> Marketplace:
    """With one code for a bouquet."""
    return marketplace_of(lived_in, tmp_path / "stock.db", 1)


@pytest.fixture
def machine(lived_in: Shop, tmp_path: Path) -> Callable[[Tray], VendingMachine]:
    return lambda tray: machine_of(lived_in, tmp_path / "machine", tray)
