"""Webhooks: endpoints, deliveries, and which events have theirs; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0010"
down_revision = "0009"

NEW = sa.text("fanned_out_at IS NULL")
PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    op.add_column("outbox_events", sa.Column("fanned_out_at", columns.Instant()))
    op.create_index(
        "ix_outbox_events_new", "outbox_events", ["created_at"], postgresql_where=NEW, sqlite_where=NEW
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("client_id", columns.Key(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret_cipher", sa.LargeBinary()),
        sa.Column("old_secret_until", columns.Instant()),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("listens_from", columns.Instant(), nullable=False),
        sa.Column("disabled_at", columns.Instant()),
        sa.Column("failures", columns.Whole(), nullable=False),
        sa.Column("rests_until", columns.Instant()),
        sa.Column("leased_until", columns.Instant()),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name=op.f("fk_webhook_endpoints_client_id_api_clients")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("endpoint_id", columns.Key(), nullable=False),
        sa.Column("event_id", columns.Key(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", columns.Whole(), nullable=False),
        sa.Column("next_at", columns.Instant(), nullable=False),
        sa.Column("answer", columns.Whole()),
        sa.Column("fault", sa.Text()),
        sa.Column("closed_at", columns.Instant()),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'failed')", name=op.f("ck_webhook_deliveries_status")
        ),
        sa.CheckConstraint(
            "(status = 'pending') = (closed_at IS NULL)", name=op.f("ck_webhook_deliveries_closed")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_endpoint_id_webhook_endpoints"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outbox_events.id"], name=op.f("fk_webhook_deliveries_event_id_outbox_events")
        ),
        sa.PrimaryKeyConstraint("endpoint_id", "event_id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["endpoint_id", "event_id"],
        postgresql_where=PENDING,
        sqlite_where=PENDING,
    )
    op.create_index("ix_webhook_deliveries_event", "webhook_deliveries", ["event_id"])


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_endpoints")
    op.drop_index("ix_outbox_events_new", table_name="outbox_events")
    op.drop_column("outbox_events", "fanned_out_at")
