"""Which revision the tables are at, and which this version needs. Migrates nothing and knows no other table."""

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

ALEMBIC_INI = Path(__file__).resolve().parents[1] / "alembic.ini"


def newest_revision() -> str | None:
    """The last of this version's migrations."""
    return ScriptDirectory.from_config(Config(ALEMBIC_INI)).get_current_head()


def revision_of(connection: sa.Connection) -> str | None:
    """The revision of this database's tables; None when it has none."""
    return MigrationContext.configure(connection).get_current_revision()
