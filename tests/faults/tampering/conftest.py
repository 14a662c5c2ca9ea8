"""The victim of victim.py in a database of the test's own: built once a kind of database, then copied."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger import AnchorFile, Database, Keyring, ManualClock, Session
from tests.conftest import NOON
from tests.faults.tampering.victim import Victim, build
from tests.ledger.books import Books
from tests.sealing import Sealing

KEYRING = Keyring(b"a secret that only the tests know")
TEMPLATE = "victim_template"

_numbers = itertools.count(1)


def _built(url: str, anchor: Path) -> None:
    database = Database(url, clock=ManualClock(NOON), keyring=KEYRING)
    with database.session() as session:
        build(session, AnchorFile(anchor))
    database.dispose()


def _named(server: str, name: str) -> str:
    return server.rpartition("/")[0] + "/" + name


@pytest.fixture(scope="session")
def sqlite_victim(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("victim")
    shutil.copyfile(sqlite_template, folder / "victim.db")
    _built(f"sqlite:///{folder / 'victim.db'}", folder / "anchors.jsonl")
    return folder


@pytest.fixture(scope="session")
def postgresql_victim(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("victim")
    with psycopg.connect(postgresql_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE countermark_template")
    _built(_named(postgresql_server, TEMPLATE), folder / "anchors.jsonl")
    return folder


@pytest.fixture
def sqlite_url(sqlite_victim: Path, tmp_path: Path) -> str:
    shutil.copytree(sqlite_victim, tmp_path, dirs_exist_ok=True)
    return f"sqlite:///{tmp_path / 'victim.db'}"


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_victim: Path, tmp_path: Path) -> Iterator[str]:
    shutil.copytree(postgresql_victim, tmp_path, dirs_exist_ok=True)
    name = f"victim_{next(_numbers)}"
    with psycopg.connect(postgresql_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield _named(postgresql_server, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def victim(session: Session, tmp_path: Path) -> Victim:
    """Untouched; its seals and its books hold."""
    made = Victim(Books(session), Sealing(session, AnchorFile(tmp_path / "anchors.jsonl")))
    assert made.sealing.findings() == []
    return made
