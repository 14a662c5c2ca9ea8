"""The victim of victim.py in a database of the test's own: built once a kind of database, then copied."""

import shutil
from pathlib import Path

import psycopg
import pytest

from ledger import AnchorFile, Database, Keyring, ManualClock, Session
from tests.conftest import NAME, NOON, renewed_database, renewed_file
from tests.faults.tampering.victim import Victim, build
from tests.ledger.books import Books
from tests.sealing import Sealing

KEYRING = Keyring(b"a secret that only the tests know")
TEMPLATE = "victim_template"


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
def sqlite_url(sqlite_victim: Path, sqlite_folder: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_victim / "anchors.jsonl", tmp_path)
    return renewed_file(sqlite_victim / "victim.db", sqlite_folder)


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_victim: Path, tmp_path: Path) -> str:
    shutil.copy(postgresql_victim / "anchors.jsonl", tmp_path)
    return renewed_database(postgresql_server, TEMPLATE, NAME)


@pytest.fixture
def victim(session: Session, tmp_path: Path) -> Victim:
    """Untouched; its seals and its books hold."""
    made = Victim(Books(session), Sealing(session, AnchorFile(tmp_path / "anchors.jsonl")))
    assert made.sealing.findings() == []
    return made
