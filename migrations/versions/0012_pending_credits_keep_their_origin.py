"""Who gave a pending credit is no longer changed; imports no models."""

from alembic import op

from ledger import triggers

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    triggers.install(op.get_bind())


def downgrade() -> None:
    """Nothing to take back: the earlier revisions install the triggers as they are today."""
