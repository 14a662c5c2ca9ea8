"""The world of world.py in a database of each test's own: built once a kind of database, then copied.

The Database object is kept from test to test, because SQLAlchemy's compiled statements live in its engine and
making them anew would take more time than the tests.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import psycopg
import pytest

from ledger import Database, Keyring, ManualClock, Session
from tests.conftest import NOON
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import World, build
from tests.sealing import leaf_findings

KINDS = ("sqlite", "postgresql")
KEYRING = Keyring(b"a secret that only the tests know")


@dataclass(frozen=True, slots=True)
class Built:
    """A database with the world in it, and how to make it fresh again."""

    database: Database
    clock: ManualClock
    world: World
    renew: Callable[[], None]


def built(url: str, keep: Callable[[], None], renew: Callable[[], None]) -> Built:
    clock = ManualClock(NOON)
    database = Database(url, clock=clock, keyring=KEYRING)
    with database.session() as session:
        world = build(session)
    database.dispose()
    keep()
    return Built(database, clock, world, renew)


@pytest.fixture(scope="session")
def sqlite_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("world")
    template, copy = folder / "template.db", folder / "world.db"
    shutil.copyfile(sqlite_template, copy)

    def renew() -> None:
        for leftover in folder.glob("world.db*"):
            leftover.unlink()
        shutil.copyfile(template, copy)

    return built(f"sqlite:///{copy}", lambda: shutil.copyfile(copy, template), renew)


@pytest.fixture(scope="session")
def postgresql_world(postgresql_server: str) -> Built:
    def create(name: str, template: str) -> None:
        with psycopg.connect(postgresql_server, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")

    create("world", "countermark_template")
    return built(
        postgresql_server.rpartition("/")[0] + "/world",
        lambda: create("world_template", "world"),
        lambda: create("world", "world_template"),
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test on both kinds of database; in the gate on one of them, unless its module says `both_kinds`."""
    chosen = [str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize")]
    if "fresh" not in metafunc.fixturenames or any("fresh" in names for names in chosen):
        return
    in_the_gate = list(KINDS)
    if metafunc.definition.get_closest_marker("both_kinds") is None:
        in_the_gate = [KINDS[crc32(metafunc.function.__qualname__.encode()) % 2]]
    kinds = [pytest.param(kind, marks=[] if kind in in_the_gate else [pytest.mark.long]) for kind in KINDS]
    metafunc.parametrize("fresh", kinds, indirect=True)


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> Iterator[Built]:
    found: Built = request.getfixturevalue(f"{request.param}_world")
    found.renew()
    found.clock.set(NOON)
    found.database.asked.know(frozenset(), seconds=0)  # what a test before it found out
    yield found
    found.database.dispose()


@pytest.fixture
def clock(fresh: Built) -> ManualClock:
    return fresh.clock


@pytest.fixture
def session(fresh: Built) -> Iterator[Session]:
    with fresh.database.session() as opened:
        yield opened


@pytest.fixture
def shop(fresh: Built, session: Session) -> Iterator[Shop]:
    """The world at noon (UTC) of 2 March 2026; afterwards the books must still agree."""
    opened = Shop(session, fresh.clock, fresh.world)
    yield opened
    assert opened.findings() == []
    assert leaf_findings(session) == []
