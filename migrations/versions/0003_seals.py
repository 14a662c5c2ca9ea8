"""leaves and seals; triggers also for audit records and stock movements; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns, triggers

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "leaves",
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", columns.Whole(), nullable=False),
        sa.Column("member_id", columns.Key(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("era", columns.Whole(), nullable=False),
        sa.Column("place", columns.Whole(), nullable=False),
        sa.CheckConstraint("length(mac) = 32", name=op.f("ck_leaves_mac")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaves")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_leaves_place", "leaves", ["era", "place"], unique=False)
    op.create_table(
        "seals",
        sa.Column("number", columns.Whole(), autoincrement=False, nullable=False),
        sa.Column("era", columns.Whole(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("leaves", columns.Whole(), nullable=False),
        sa.Column("leaf_ids", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", columns.Instant(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(leaf_ids) = 16 * leaves", name=op.f("ck_seals_leaves")),
        sa.CheckConstraint("number > 0", name=op.f("ck_seals_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seals")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    triggers.install(op.get_bind())


def downgrade() -> None:
    op.drop_table("seals")
    op.drop_index("ix_leaves_place", table_name="leaves")
    op.drop_table("leaves")
