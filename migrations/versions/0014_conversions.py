"""Conversions of points, vouchers that wait for one, and what the log of reversals asks for; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0014"
down_revision = "0013"

REVERSALS = sa.text("reverses_id IS NOT NULL")
ENDED = sa.text("event IN ('released', 'expired')")


def upgrade() -> None:
    op.create_index(
        "ix_entries_reversals",
        "entries",
        ["created_at", "id"],
        postgresql_where=REVERSALS,
        sqlite_where=REVERSALS,
    )
    op.create_index(
        "ix_hold_events_ended",
        "hold_events",
        ["created_at", "id"],
        postgresql_where=ENDED,
        sqlite_where=ENDED,
    )
    # In place on both databases: SQLite then keeps the tables and what points to them.
    dialect = op.get_bind().dialect
    key, whole = columns.Key().compile(dialect=dialect), columns.Whole().compile(dialect=dialect)
    op.execute(f"ALTER TABLE rewards ADD COLUMN voucher_amount {whole}")
    op.execute(
        f"ALTER TABLE rewards ADD COLUMN voucher_currency TEXT CONSTRAINT ck_rewards_voucher CHECK ({WORTH})"
    )
    _create_conversions()
    op.execute(
        f"ALTER TABLE vouchers ADD COLUMN reward_id {key} CONSTRAINT fk_vouchers_reward_id REFERENCES rewards (id)"
    )
    points_to = "CONSTRAINT fk_vouchers_conversion_id REFERENCES conversions (id)"
    judged = f"CONSTRAINT ck_vouchers_issued CHECK ({ISSUED})"
    op.execute(f"ALTER TABLE vouchers ADD COLUMN conversion_id {key} {points_to} {judged}")
    op.create_index("ix_vouchers_pool", "vouchers", ["reward_id", "conversion_id", "last_day", "id"])
    op.create_index("ux_vouchers_conversion", "vouchers", ["conversion_id"], unique=True)


WORTH = (
    "(voucher_amount IS NULL) = (voucher_currency IS NULL) AND (voucher_amount IS NULL OR voucher_amount > 0)"
)
ISSUED = (
    "(conversion_id IS NULL OR reward_id IS NOT NULL)"
    " AND (reward_id IS NULL OR conversion_id IS NOT NULL OR held_by IS NULL)"
)


def _create_conversions() -> None:
    op.create_table(
        "conversions",
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("booking_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("member_id", columns.Key(), nullable=False),
        sa.Column("reward_id", columns.Key()),
        sa.Column("partner", sa.Text()),
        sa.Column("points", columns.Whole(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("branch_id", columns.Key()),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("hold_id", columns.Key(), nullable=False),
        sa.Column("entry_id", columns.Key()),
        sa.Column("reversal_entry_id", columns.Key()),
        sa.Column("failure", sa.Text()),
        sa.Column("opened_at", columns.Instant(), nullable=False),
        sa.Column("expires_at", columns.Instant(), nullable=False),
        sa.Column("closed_at", columns.Instant()),
        sa.CheckConstraint(
            "status IN ('reserved', 'deducted', 'fulfilled', 'failed')", name=op.f("ck_conversions_status")
        ),
        sa.CheckConstraint(
            "(kind = 'voucher' AND reward_id IS NOT NULL AND partner IS NULL)"
            " OR (kind = 'transfer' AND reward_id IS NULL AND partner IS NOT NULL)",
            name=op.f("ck_conversions_kind"),
        ),
        sa.CheckConstraint("points > 0", name=op.f("ck_conversions_points")),
        sa.CheckConstraint(
            "status = 'failed' OR (status = 'reserved') = (entry_id IS NULL)",
            name=op.f("ck_conversions_entry"),
        ),
        sa.CheckConstraint(
            "(reversal_entry_id IS NOT NULL) = (status = 'failed' AND entry_id IS NOT NULL)",
            name=op.f("ck_conversions_reversal"),
        ),
        sa.CheckConstraint(
            "(status = 'failed') = (failure IS NOT NULL)", name=op.f("ck_conversions_failure")
        ),
        sa.CheckConstraint(
            "(status IN ('reserved', 'deducted')) = (closed_at IS NULL)", name=op.f("ck_conversions_closed")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_conversions_member_id")),
        sa.ForeignKeyConstraint(["reward_id"], ["rewards.id"], name=op.f("fk_conversions_reward_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_conversions_branch_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_conversions_hold_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_conversions_entry_id")),
        sa.ForeignKeyConstraint(
            ["reversal_entry_id"], ["entries.id"], name=op.f("fk_conversions_reversal_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversions")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_conversions_booking_id")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_conversions_hold_id")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_conversions_entry_id")),
        sa.UniqueConstraint("reversal_entry_id", name=op.f("uq_conversions_reversal_entry_id")),
    )
    open_ones = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_conversions_open",
        "conversions",
        ["expires_at"],
        postgresql_where=open_ones,
        sqlite_where=open_ones,
    )
    op.create_index("ix_conversions_member", "conversions", ["member_id", "opened_at"])


def downgrade() -> None:
    """A voucher that waits in a list would be good at every till afterwards: with one the way back is refused."""
    waiting = sa.text("SELECT count(*) FROM vouchers WHERE reward_id IS NOT NULL AND conversion_id IS NULL")
    if op.get_bind().scalar(waiting):
        raise RuntimeError("vouchers wait for a conversion: without it they would pay at every till")
    op.drop_index("ux_vouchers_conversion", table_name="vouchers")
    op.drop_index("ix_vouchers_pool", table_name="vouchers")
    op.execute("ALTER TABLE vouchers DROP COLUMN conversion_id")
    op.execute("ALTER TABLE vouchers DROP COLUMN reward_id")
    op.drop_table("conversions")
    op.execute("ALTER TABLE rewards DROP COLUMN voucher_currency")
    op.execute("ALTER TABLE rewards DROP COLUMN voucher_amount")
    op.drop_index("ix_hold_events_ended", table_name="hold_events")
    op.drop_index("ix_entries_reversals", table_name="entries")
