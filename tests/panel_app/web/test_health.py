"""What a load balancer asks: does the process live, and may it be sent requests. Nothing else is told."""

import psycopg
import pytest
import sqlalchemy as sa

import ledger
from ledger import Database
from tests.panel_app.web.house import House, on_both

LIVES = (200, {"status": "ok"})


def told(house: House, path: str) -> tuple[int, object]:
    answer = house.browser().get(path)
    return answer.status_code, answer.json


@on_both
def test_a_server_that_can_work_says_so_at_all_three_addresses(house: House) -> None:
    assert [told(house, path) for path in ("/livez", "/readyz", "/healthz")] == [LIVES] * 3


@on_both
def test_tables_of_another_version_are_not_ready_and_the_process_lives(house: House) -> None:
    session, other = house.shop.session, sa.text("UPDATE alembic_version SET version_num = '0001'")
    (newest,) = session.execute(sa.text("SELECT version_num FROM alembic_version")).one()
    session.rollback()
    ledger.transact(session, lambda: session.execute(other))
    not_ready = (503, {"status": "the tables are of another version"})
    assert [told(house, path) for path in ("/livez", "/readyz", "/healthz")] == [LIVES, not_ready, not_ready]
    back = sa.text("UPDATE alembic_version SET version_num = :newest")
    ledger.transact(session, lambda: session.execute(back, {"newest": newest}))
    assert told(house, "/readyz") == LIVES


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_postgresql_that_takes_no_writes_is_not_ready(house: House, postgresql_url: str) -> None:
    """As a standby is, which answers every question."""
    name = postgresql_url.rpartition("/")[2]
    with psycopg.connect(postgresql_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    house.database.dispose()  # what is connected already would not hear of it
    assert told(house, "/readyz") == (503, {"status": "the database takes no writes"})
    assert told(house, "/livez") == LIVES


def test_while_the_database_is_away_the_process_lives_and_is_not_ready(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_database: Database) -> None:
        raise sa.exc.OperationalError("connect", {}, ConnectionError("refused"))

    monkeypatch.setattr(Database, "session", away)
    assert told(house, "/readyz") == (503, {"status": "the database is away"})
    assert told(house, "/livez") == LIVES
