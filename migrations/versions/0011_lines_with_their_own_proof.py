"""What proved each line of a redemption: lines may be proven by several codes; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0011"
down_revision = "0010"

PROOF = "fk_redemption_lines_visit_id"


def upgrade() -> None:
    op.add_column("redemption_lines", sa.Column("visit_id", columns.Key(), nullable=True))
    op.execute(
        "UPDATE redemption_lines SET visit_id ="
        " (SELECT visit_id FROM redemptions WHERE redemptions.id = redemption_lines.redemption_id)"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("redemption_lines", "visit_id", nullable=False)
        op.create_foreign_key(op.f(PROOF), "redemption_lines", "visits", ["visit_id"], ["id"])
        return
    proven: sa.Column[object] = sa.Column("visit_id", columns.Key(), nullable=True)
    with op.batch_alter_table("redemption_lines", copy_from=_lines(proven), recreate="always") as lines:
        lines.alter_column("visit_id", existing_type=columns.Key(), nullable=False)
        lines.create_foreign_key(op.f(PROOF), "visits", ["visit_id"], ["id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_column("redemption_lines", "visit_id")
        return
    proven: sa.Column[object] = sa.Column("visit_id", columns.Key(), nullable=False)
    with op.batch_alter_table("redemption_lines", copy_from=_lines(proven), recreate="always") as lines:
        lines.drop_column("visit_id")


def _lines(*more: sa.Column[object]) -> sa.Table:
    return sa.Table(
        "redemption_lines",
        sa.MetaData(),
        sa.Column("redemption_id", columns.Key(), nullable=False),
        sa.Column("number", columns.Whole(), nullable=False),
        sa.Column("reward_id", columns.Key(), nullable=False),
        sa.Column("claim_id", columns.Key(), nullable=True),
        sa.Column("option_id", columns.Key(), nullable=False),
        sa.Column("units", columns.Whole(), nullable=False),
        sa.Column("points", columns.Whole(), nullable=False),
        sa.Column("cash", columns.Whole(), nullable=False),
        sa.Column("fulfilment", sa.Text(), nullable=False),
        *more,
        sa.CheckConstraint("points >= 0 AND cash >= 0", name=op.f("ck_redemption_lines_price")),
        sa.CheckConstraint("units > 0", name=op.f("ck_redemption_lines_units")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_redemption_lines_claim_id")),
        sa.ForeignKeyConstraint(
            ["option_id"], ["price_options.id"], name=op.f("fk_redemption_lines_option_id")
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemptions.id"], name=op.f("fk_redemption_lines_redemption_id")
        ),
        sa.ForeignKeyConstraint(["reward_id"], ["rewards.id"], name=op.f("fk_redemption_lines_reward_id")),
        sa.PrimaryKeyConstraint("redemption_id", "number", name=op.f("pk_redemption_lines")),
        sa.Index("ix_redemption_lines_claim", "claim_id"),
    )
