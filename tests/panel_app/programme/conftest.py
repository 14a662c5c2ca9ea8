"""The world of world.py in a database of the test's own: built once a kind of database, then copied."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger import Database, Keyring, ManualClock, Session
from tests.conftest import NOON
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import World, build

KEYRING = Keyring(b"a secret that only the tests know")
TEMPLATE = "shop_template"

_numbers = itertools.count(1)


def built(url: str) -> World:
    database = Database(url, clock=ManualClock(NOON), keyring=KEYRING)
    with database.session() as session:
        world = build(session)
    database.dispose()
    return world


def _named(server: str, name: str) -> str:
    return server.rpartition("/")[0] + "/" + name


@pytest.fixture(scope="session")
def sqlite_shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    template = tmp_path_factory.mktemp("shop") / "template.db"
    shutil.copyfile(sqlite_template, template)
    return template, built(f"sqlite:///{template}")


@pytest.fixture(scope="session")
def postgresql_shop(postgresql_server: str) -> World:
    with psycopg.connect(postgresql_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE countermark_template")
    return built(_named(postgresql_server, TEMPLATE))


@pytest.fixture
def sqlite_url(sqlite_shop: tuple[Path, World], tmp_path: Path) -> str:
    copy = tmp_path / "shop.db"
    shutil.copyfile(sqlite_shop[0], copy)
    return f"sqlite:///{copy}"


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_shop: World) -> Iterator[str]:
    name = f"shop_{next(_numbers)}"
    with psycopg.connect(postgresql_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield _named(postgresql_server, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def shop(request: pytest.FixtureRequest, session: Session, clock: ManualClock) -> Iterator[Shop]:
    """The world at noon (UTC) of 2 March 2026; afterwards the books must still agree."""
    made = request.getfixturevalue(f"{session.dialect}_shop")
    world = made if isinstance(made, World) else made[1]
    opened = Shop(session, clock, world)
    yield opened
    assert opened.findings() == []
