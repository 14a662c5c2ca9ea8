"""An entry's balance is checked once a statement on PostgreSQL, no longer once a row; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import triggers

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    triggers.install(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP FUNCTION IF EXISTS ledger_balance()"))


def downgrade() -> None:
    """Nothing to take back: the earlier revisions install the triggers as they are today."""
