"""How a migration finds its database: a connection it is given, -x url=…, or DATABASE_URL."""

import importlib.util
import os
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from ledger import columns, metadata
from ledger.database import engine_for

if importlib.util.find_spec("panel_app.programme.models") is not None:
    # Its tables join the shared MetaData when it is imported; the ledger alone can do without.
    importlib.import_module("panel_app.programme.models")


def render_type(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Our types by name, so that a migration imports nothing but ledger.columns."""
    if kind == "type" and type(item).__module__ == columns.__name__:
        autogen_context.imports.add("from ledger import columns")
        return f"columns.{type(item).__name__}()"
    return False


def migrate(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        # A migration may take as long as it needs, also to wait for a table.
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_type,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise SystemExit(f"the migration would leave a foreign key without its row: {tuple(broken)}")


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("which database? alembic -x url=… or DATABASE_URL")
    engine = engine_for(url)
    with engine.connect().execution_options(countermark_writes=True) as connection:
        if engine.dialect.name == "sqlite":
            # Before the transaction begins: a table that others point to can't be copied and replaced with the
            # foreign keys on. They are checked at the end instead.
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            migrate(connection)
    engine.dispose()
