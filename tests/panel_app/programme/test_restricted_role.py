"""The panel under the rights of migrations/grants.sql: it can do its work, and no more."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

import ledger
from ledger import AnchorFile, Database, Keyring, ManualClock, triggers
from tests.conftest import ROOT
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import World, cash
from tests.sealing import Sealing

ROLE = "countermark_panel"


@pytest.fixture
def granted(postgresql_url: str) -> str:
    """A shop's database, and its URL for the restricted role."""
    with psycopg.connect(postgresql_url, autocommit=True) as owner:
        if owner.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            owner.execute(f"CREATE ROLE {ROLE} LOGIN")
        owner.execute((ROOT / "migrations" / "grants.sql").read_bytes())
    return postgresql_url.replace("postgres@", f"{ROLE}@", 1)


@pytest.fixture
def restricted(granted: str, postgresql_shop: World, clock: ManualClock, keyring: Keyring) -> Iterator[Shop]:
    database = Database(granted, clock=clock, keyring=keyring)
    with database.session() as session:
        yield Shop(session, clock, postgresql_shop)
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
def test_no_record_can_be_changed_even_without_triggers(restricted: Shop, postgresql_url: str, table: str):
    with psycopg.connect(postgresql_url, autocommit=True) as owner:
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
