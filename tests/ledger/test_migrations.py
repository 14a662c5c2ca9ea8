"""The migrations: up and down, and no drift between them and the tables in code."""

import importlib
from datetime import timedelta

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import ledger
from ledger import Database, triggers
from ledger.models import accounts, balances, entries, lots, postings
from tests.conftest import NOON, alembic_config


def test_the_tables_in_code_are_those_of_the_migrations(database: Database):
    importlib.import_module("panel_app.programme.models")  # its tables join the shared MetaData

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, ledger.metadata) == []


def test_a_column_too_many_is_drift(database: Database):
    """The control: a comparison that could not see a difference would prove nothing."""
    with database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE balances ADD COLUMN more INTEGER"))
        drift = compare_metadata(MigrationContext.configure(connection), ledger.metadata)
        assert [(difference[0], difference[-1].name) for difference in drift] == [("remove_column", "more")]


def test_down_leaves_nothing_and_up_again_has_the_triggers(database_url: str, database: Database):
    with database.engine.connect() as connection:
        before = (sorted(sa.inspect(connection).get_table_names()), triggers.names(connection))

    alembic.command.downgrade(alembic_config(database_url), "base")
    with database.engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
        assert triggers.names(connection) == []

    alembic.command.upgrade(alembic_config(database_url), "head")
    with database.engine.connect() as connection:
        assert (sorted(sa.inspect(connection).get_table_names()), triggers.names(connection)) == before


def post(connection: sa.Connection, entry: dict[str, object], legs: list[dict[str, object]]) -> None:
    """As the journal does: PostgreSQL takes an entry with its postings, SQLite after them."""
    if connection.dialect.name == "sqlite":
        connection.execute(sa.insert(postings), legs)
        connection.execute(sa.insert(entries).values(entry))
    else:
        with_legs = sa.insert(postings).values(legs).cte("legs")
        connection.execute(sa.insert(entries).values(entry).add_cte(with_legs))


OLD_TRIGGERS = """
CREATE FUNCTION ledger_balance() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
DROP TRIGGER entries_balance ON entries;
DROP TRIGGER postings_balance ON postings;
DROP FUNCTION entries_balance(), postings_balance();
CREATE CONSTRAINT TRIGGER entries_balance AFTER INSERT ON entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balance();
CREATE CONSTRAINT TRIGGER postings_balance AFTER INSERT ON postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balance();
"""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_with_the_old_balance_triggers_gets_the_new_ones(database_url: str, database: Database):
    def found() -> tuple[list[str], int, list[str]]:
        with database.engine.connect() as connection:
            deferred = connection.scalar(
                sa.text("SELECT count(*) FROM pg_trigger WHERE tgdeferrable AND NOT tgisinternal")
            )
            functions = connection.scalars(
                sa.text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1")
            )
            return triggers.names(connection), int(deferred or 0), list(functions)

    before = found()
    assert before[1:] == (0, ["entries_balance", "ledger_refuse", "postings_balance"])
    alembic.command.downgrade(alembic_config(database_url), "0007")
    with database.engine.begin() as connection:
        connection.exec_driver_sql(OLD_TRIGGERS)
    assert found()[1:] == (2, ["ledger_balance", "ledger_refuse"])

    alembic.command.upgrade(alembic_config(database_url), "head")
    assert found() == before

    with database.engine.begin() as connection:
        connection.exec_driver_sql(OLD_TRIGGERS)
    alembic.command.downgrade(alembic_config(database_url), "base")
    assert found() == ([], 0, [])


def test_books_that_are_kept_survive_the_way_up(database_url: str, database: Database):
    """The accounts are copied on SQLite while other tables point to them; what expires is due afterwards."""
    alembic.command.downgrade(alembic_config(database_url), "0001")
    member, entry = ledger.MemberId(ledger.new_id()), ledger.new_id()
    house = ledger.account_id(ledger.AccountKind.ISSUED, "PTS")
    own = ledger.member_account_id(member)
    origin = {"client": "c", "source": "s", "on_behalf": False}
    points = {"member_id": member, "points": 9, "number": 1, "balance_after": 9, "lines": 2}
    leg = {"entry_id": entry, "member_id": member, "asset": "PTS"}
    legs = [
        {**leg, "line": 1, "account_id": own, "amount": 9},
        {**leg, "line": 2, "account_id": house, "amount": -9},
    ]
    lot = {"id": ledger.new_id(), "member_id": member, "entry_id": entry, "points": 9, "remaining": 9}
    rows = [
        (accounts, {"id": house, "kind": "issued", "asset": "PTS", "owner_id": ledger.HOUSE, "tender": ""}),
        (accounts, {"id": own, "kind": "member", "asset": "PTS", "owner_id": member, "tender": ""}),
        (balances, {"member_id": member, "account_id": own, "posted": 9, "held": 0, "entries": 1}),
    ]
    with database.engine.begin() as connection:
        for table, row in rows:
            connection.execute(sa.insert(table).values(row))
        post(connection, {"id": entry, "type": "Earn", "created_at": NOON, **points, **origin}, legs)
        connection.execute(sa.insert(lots).values({**lot, "expires_at": NOON + timedelta(days=1)}))

    for revision in ("0002", "0001", "0002"):
        way = alembic.command.upgrade if revision == "0002" else alembic.command.downgrade
        way(alembic_config(database_url), revision)
    alembic.command.upgrade(alembic_config(database_url), "head")

    with database.session() as session:
        with ledger.read(session):
            assert ledger.verify(session) == []
            assert session.scalar(sa.select(balances.c.due_at)) == NOON + timedelta(days=1)
        database.clock.set(NOON + timedelta(days=1))
        expired = ledger.transact(
            session,
            lambda: ledger.expire_lots(session, ledger.Origin(client="c", source="system"), limit=1),
        )
        assert [entry.points for entry in expired] == [-9]


def test_a_migration_runs_on_a_connection_it_is_given(database: Database):
    config = alembic_config("sqlite:///not-used.db")

    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.downgrade(config, "base")
        alembic.command.upgrade(config, "head")

    with database.engine.connect() as connection:
        assert "postings" in sa.inspect(connection).get_table_names()


def test_ledger_columns_have_no_server_default(database: Database):
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        defaults = {
            (table, column["name"]): column["default"]
            for table in (
                "accounts",
                "balances",
                "entries",
                "postings",
                "holds",
                "lots",
                "outcomes",
                "pendings",
            )
            for column in inspector.get_columns(table)
            if column["default"] is not None
        }
    assert defaults == {}
