"""The panel under the rights of migrations/grants.sql: it can do its work, and no more."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

import ledger
from ledger import AnchorFile, Database, triggers
from tests.conftest import ROOT
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import cash
from tests.sealing import Sealing

ROLE = "countermark_panel"
pytestmark = pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)


@pytest.fixture
def owner(fresh: Built) -> Iterator[psycopg.Connection]:
    """The tables' owner, once the role has its rights."""
    url = fresh.database.engine.url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN")
        connection.execute((ROOT / "migrations" / "grants.sql").read_bytes())
        yield connection


@pytest.fixture
def restricted(fresh: Built, owner: psycopg.Connection) -> Iterator[Shop]:
    """The shop, worked by the restricted role."""
    url = fresh.database.engine.url.set(username=ROLE).render_as_string(hide_password=False)
    database = Database(url, clock=fresh.clock, keyring=fresh.database.keyring)
    with database.session() as session:
        yield Shop(session, fresh.clock, fresh.world)
    database.dispose()


def test_the_counter_works_and_seals_under_it(restricted: Shop, tmp_path: Path):
    made = restricted.claim(restricted.world.tea)
    assert restricted.redeem(made.code).booking_id
    reserved = restricted.reserve(restricted.direct(restricted.world.mug, 1))
    restricted.confirm(reserved.booking_id, cash(400))
    restricted.reserve(restricted.direct(restricted.world.tea))
    restricted.later(seconds=200)
    assert restricted.sweep() == 1
    sealing = Sealing(restricted.session, AnchorFile(tmp_path / "anchors.jsonl"))
    assert sealing.seal() is not None
    assert sealing.findings() == []
    assert restricted.findings() == []


@pytest.mark.parametrize("table", sorted(triggers.KEPT))
def test_no_record_can_be_changed_even_without_triggers(
    restricted: Shop, owner: psycopg.Connection, table: str
):
    owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    first = next(iter(ledger.metadata.tables[table].primary_key)).name

    for statement in (
        f"UPDATE {table} SET {first} = {first}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} ENABLE TRIGGER USER",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            ledger.transact(
                restricted.session,
                lambda: restricted.session.execute(sa.text(statement)),  # noqa: B023
            )
