"""Fixtures of every test: a migrated database of its own on SQLite or PostgreSQL, a clock moved by hand, a session.

A missing PostgreSQL is an error, never a skip.
"""

import gc
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import alembic.command
import alembic.config
import psycopg
import pytest

from ledger import Database, Keyring, ManualClock, Session
from ledger.asked import Asked
from tests.postgres import throw_away_server

ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TEMPLATE = "countermark_template"
NAME = "countermark"


def pytest_collection_finish() -> None:
    """What is loaded by now stays: going through it for garbage took a twentieth of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def alembic_config(url: str) -> alembic.config.Config:
    """Alembic as `alembic -x url=…` sets it up."""
    options = alembic.config.CommandLine().parser.parse_args(["-x", f"url={url}", "current"])
    return alembic.config.Config(ROOT / "alembic.ini", cmd_opts=options)


def _named(server: str, name: str) -> str:
    return server.rpartition("/")[0] + "/" + name


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a throw-away server that holds the migrated template."""
    with throw_away_server() as url:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {TEMPLATE}")
        alembic.command.upgrade(alembic_config(_named(url, TEMPLATE)), "head")
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = tmp_path_factory.mktemp("sqlite") / "template.db"
    alembic.command.upgrade(alembic_config(f"sqlite:///{template}"), "head")
    return template


def renewed_file(template: Path, folder: Path) -> str:
    """The URL of a copy of the template, at the same place for every test."""
    for leftover in folder.iterdir():
        leftover.unlink()
    return f"sqlite:///{shutil.copyfile(template, folder / f'{NAME}.db')}"


def renewed_database(server: str, template: str, name: str) -> str:
    """The URL of a copy of the template, under the same name for every test."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return _named(server, name)


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests' database lies, one test's after the other's."""
    return tmp_path_factory.mktemp("books")


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_folder: Path) -> str:
    return renewed_file(sqlite_template, sqlite_folder)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    return renewed_database(postgresql_server, TEMPLATE, NAME)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own, once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(b"a secret that only the tests know")


@pytest.fixture(scope="session")
def kept_databases() -> dict[str, Database]:
    """By URL: SQLAlchemy's compiled statements live in the engine, and cost more than most tests."""
    return {}


@pytest.fixture
def database(
    database_url: str, clock: ManualClock, keyring: Keyring, kept_databases: dict[str, Database]
) -> Iterator[Database]:
    if database_url not in kept_databases:
        kept_databases[database_url] = Database(database_url, clock=clock, keyring=keyring)
    opened = kept_databases[database_url]
    opened.clock = clock
    opened.asked = Asked()
    yield opened
    opened.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.session() as opened:
        yield opened
