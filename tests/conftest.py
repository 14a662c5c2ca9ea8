"""Fixtures of every test: a migrated database of its own on SQLite or PostgreSQL, a clock moved by hand, a session.

A missing PostgreSQL is an error, never a skip.
"""

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import alembic.command
import alembic.config
import psycopg
import pytest

from ledger import Database, Keyring, ManualClock, Session
from tests.postgres import throw_away_server

ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TEMPLATE = "countermark_template"

_numbers = itertools.count(1)


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


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    copy = tmp_path / "countermark.db"
    shutil.copyfile(sqlite_template, copy)
    return f"sqlite:///{copy}"


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    name = f"countermark_{next(_numbers)}"
    with psycopg.connect(postgresql_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield _named(postgresql_server, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


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


@pytest.fixture
def database(database_url: str, clock: ManualClock, keyring: Keyring) -> Iterator[Database]:
    opened = Database(database_url, clock=clock, keyring=keyring)
    yield opened
    opened.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.session() as opened:
        yield opened
