"""Partners' codes, vouchers that pay, and PINs of claims; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0007"
down_revision = "0008"

OLD_TYPES = "type IN ('cash', 'card')"
NEW_TYPES = "type IN ('cash', 'card', 'voucher')"


def upgrade() -> None:
    op.create_table(
        "external_codes",
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("reward_id", columns.Key(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("claim_id", columns.Key(), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_external_codes_claim_id")),
        sa.ForeignKeyConstraint(["reward_id"], ["rewards.id"], name=op.f("fk_external_codes_reward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_codes")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_external_codes_claim_id")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_external_codes_code_hash")),
    )
    op.create_index("ix_external_codes_pool", "external_codes", ["reward_id", "claim_id", "id"])
    op.create_table(
        "vouchers",
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("amount", columns.Whole(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("held_by", columns.Key(), nullable=True),
        sa.Column("taken", columns.Whole(), nullable=True),
        sa.Column("spent_at", columns.Instant(), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_vouchers_amount")),
        sa.CheckConstraint("(taken IS NULL) = (held_by IS NULL)", name=op.f("ck_vouchers_held")),
        sa.CheckConstraint(
            "taken IS NULL OR (taken > 0 AND taken <= amount)", name=op.f("ck_vouchers_taken")
        ),
        sa.CheckConstraint("spent_at IS NULL OR held_by IS NOT NULL", name=op.f("ck_vouchers_spent")),
        sa.ForeignKeyConstraint(["held_by"], ["redemptions.id"], name=op.f("fk_vouchers_held_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_vouchers_code_hash")),
    )
    op.create_index("ix_vouchers_held_by", "vouchers", ["held_by"])
    op.add_column("claims", sa.Column("pin_cipher", sa.LargeBinary(), nullable=True))
    _judge_tenders_by(NEW_TYPES)


def downgrade() -> None:
    """What a voucher paid can't be told as cash or card: with such a tender the way back is refused."""
    _judge_tenders_by(OLD_TYPES)
    op.drop_column("claims", "pin_cipher")
    op.drop_index("ix_vouchers_held_by", table_name="vouchers")
    op.drop_table("vouchers")
    op.drop_index("ix_external_codes_pool", table_name="external_codes")
    op.drop_table("external_codes")


def _judge_tenders_by(types: str) -> None:
    name = op.f("ck_tenders_type")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(name, "tenders", type_="check")
        op.create_check_constraint(name, "tenders", types)
        return
    with op.batch_alter_table("tenders", copy_from=_tenders(types), recreate="always"):
        pass


def _tenders(types: str) -> sa.Table:
    return sa.Table(
        "tenders",
        sa.MetaData(),
        sa.Column("redemption_id", columns.Key(), nullable=False),
        sa.Column("number", columns.Whole(), nullable=False),
        sa.Column("branch_id", columns.Key(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("amount", columns.Whole(), nullable=False),
        sa.Column("given", columns.Whole(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.CheckConstraint(types, name=op.f("ck_tenders_type")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_tenders_amount")),
        sa.CheckConstraint("given IS NULL OR given >= amount", name=op.f("ck_tenders_given")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_tenders_branch_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemptions.id"], name=op.f("fk_tenders_redemption_id")),
        sa.PrimaryKeyConstraint("redemption_id", "number", name=op.f("pk_tenders")),
        sa.UniqueConstraint(
            "branch_id", "type", "reference", name=op.f("uq_tenders_branch_id_type_reference")
        ),
    )
