"""API clients with their keys, and whose a redemption is; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0008"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "api_clients",
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_clients")),
        sa.UniqueConstraint("name", name=op.f("uq_api_clients_name")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("client_id", columns.Key(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("branch_ids", sa.JSON(), nullable=False),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("expires_at", columns.Instant()),
        sa.Column("revoked_at", columns.Instant()),
        sa.Column("last_used_at", columns.Instant()),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name=op.f("fk_api_keys_client_id_api_clients")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_index("ix_api_keys_client", "api_keys", ["client_id"])
    # Nobody knows of the older ones: the counter's own are found by their till.
    op.add_column("redemptions", sa.Column("client", sa.Text()))


def downgrade() -> None:
    op.drop_column("redemptions", "client")
    op.drop_table("api_keys")
    op.drop_table("api_clients")
