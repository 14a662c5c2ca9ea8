"""The panel on a real database that holds the world of world.py, with browsers to use it.

SQLite by default; a module that asks for `on_both` runs on PostgreSQL as well.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from pydantic import SecretStr

from ledger import Database, Keyring, ManualClock
from panel_app.app import build_app
from panel_app.config import Settings
from panel_app.programme import access, operators, passwords
from panel_app.programme.access import Permission
from panel_app.web.api import keys
from panel_app.web.rate_limits import limiter
from scanner import DecodePool
from tests.conftest import NAME, NOON, renewed_database, renewed_file
from tests.panel_app.programme.shop import Shop
from tests.panel_app.web.catalogues import compile_all
from tests.panel_app.web.house import House
from tests.panel_app.world import PASSWORD, SEED, World, build

KEYRING = Keyring(b"a secret that only the tests know")
SETTINGS = Settings(secret=SecretStr("5f0c6a9be1d2478390aabbccddeeff01"))
TEMPLATE = "web_template"


def built(url: str) -> World:
    """The world, and Adam, who administers every branch."""
    database = Database(url, clock=ManualClock(NOON), keyring=KEYRING)
    with database.session() as session:
        world = build(session)
        operators.create_role(
            session, SEED, "administrator", access.ADMINISTRATOR - {Permission.PUBLIC, Permission.EXPIRE}
        )
        adam = operators.NewOperator(
            username="adam",
            display_name="Adam Roth",
            password=PASSWORD,
            role="administrator",
            branch_ids=(None,),
        )
        operators.create_operator(session, SEED, adam)
    database.dispose()
    return world


def _named(server: str, name: str) -> str:
    return server.rpartition("/")[0] + "/" + name


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    compile_all()


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """The same argon2id at its lowest cost: at the real one, signing in would be most of these tests' time."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", cheap)
        patch.setattr(passwords, "_NOBODY", cheap.hash("nobody has this password"))
        yield


@pytest.fixture(scope="session")
def sqlite_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    template = tmp_path_factory.mktemp("web") / "template.db"
    shutil.copyfile(sqlite_template, template)
    return template, built(f"sqlite:///{template}")


@pytest.fixture(scope="session")
def postgresql_world(postgresql_server: str) -> tuple[str, World]:
    with psycopg.connect(postgresql_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE countermark_template")
    return TEMPLATE, built(_named(postgresql_server, TEMPLATE))


@pytest.fixture
def sqlite_url(sqlite_world: tuple[Path, World], sqlite_folder: Path) -> str:
    return renewed_file(sqlite_world[0], sqlite_folder)


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_world: tuple[str, World]) -> str:
    return renewed_database(postgresql_server, postgresql_world[0], NAME)


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, kind: str) -> str:
    url: str = request.getfixturevalue(f"{kind}_url")
    return url


@pytest.fixture(scope="session")
def pool() -> Iterator[DecodePool]:
    with DecodePool(workers=1) as opened:
        yield opened


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """For every app: it would compile each template anew."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def settings() -> Settings:
    return SETTINGS


@pytest.fixture(scope="session")
def kept_apps() -> dict[Database, Flask]:
    """By database: an app's routes take longer to compile than most tests."""
    return {}


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    settings: Settings,
    database: Database,
    pool: DecodePool,
    compiled_templates: FileSystemBytecodeCache,
    kept_apps: dict[Database, Flask],
) -> Flask:
    """A new one for other settings, or for a test that says it alters its app; else one with nothing counted."""
    own = settings is not SETTINGS or request.node.get_closest_marker("own_app")
    opened = build_app(settings, database) if own or database not in kept_apps else kept_apps[database]
    if not own:
        kept_apps[database] = opened
    opened.jinja_env.bytecode_cache = compiled_templates
    opened.extensions["countermark-pool"] = pool
    limiter.reset()
    keys.init_app(opened.extensions, settings.api_calls_per_minute)
    return opened


@pytest.fixture
def house(
    request: pytest.FixtureRequest, app: Flask, database: Database, clock: ManualClock, kind: str
) -> Iterator[House]:
    """The panel and the world behind it at noon (UTC) of 2 March 2026; afterwards the books must still agree."""
    world: World = request.getfixturevalue(f"{kind}_world")[1]
    with database.session() as session:
        opened = House(app=app, database=database, shop=Shop(session, clock, world))
        yield opened
        assert opened.shop.findings() == []
