"""Webhooks: since when an endpoint fails, and whether its receiver said that it is gone; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("failing_since", columns.Instant()))
    op.add_column("webhook_endpoints", sa.Column("gone_at", columns.Instant()))


def downgrade() -> None:
    op.drop_column("webhook_endpoints", "gone_at")
    op.drop_column("webhook_endpoints", "failing_since")
