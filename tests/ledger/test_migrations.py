"""The migrations: up and down, and no drift between them and the tables in code."""

import importlib

import alembic.command
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import ledger
from ledger import Database, triggers
from tests.conftest import alembic_config


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
            for table in ("accounts", "balances", "entries", "postings", "holds", "lots", "outcomes")
            for column in inspector.get_columns(table)
            if column["default"] is not None
        }
    assert defaults == {}
