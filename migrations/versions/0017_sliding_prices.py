"""Sliding prices: from how many points on, and what a point less costs in each currency; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0017"
down_revision = "0016"

OLD_KINDS = "kind IN ('points', 'mix')"
NEW_KINDS = "kind IN ('points', 'mix', 'sliding')"
SLIDES = "(kind = 'sliding') = (min_points IS NOT NULL)"
WITHIN = "min_points IS NULL OR (min_points > 0 AND min_points < points)"


def upgrade() -> None:
    op.create_table(
        "price_rates",
        sa.Column("option_id", columns.Key(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("per_million", columns.Whole(), nullable=False),
        sa.CheckConstraint("per_million > 0", name=op.f("ck_price_rates_per_million")),
        sa.ForeignKeyConstraint(["option_id"], ["price_options.id"], name=op.f("fk_price_rates_option_id")),
        sa.PrimaryKeyConstraint("option_id", "currency", name=op.f("pk_price_rates")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("price_options", sa.Column("min_points", columns.Whole(), nullable=True))
        op.drop_constraint(op.f("ck_price_options_kind"), "price_options", type_="check")
        for name, rule in (("kind", NEW_KINDS), ("slides", SLIDES), ("min_points", WITHIN)):
            op.create_check_constraint(op.f(f"ck_price_options_{name}"), "price_options", rule)
        return
    with op.batch_alter_table("price_options", copy_from=_options(NEW_KINDS), recreate="always") as options:
        options.add_column(sa.Column("min_points", columns.Whole(), nullable=True))
        options.create_check_constraint(op.f("ck_price_options_slides"), SLIDES)
        options.create_check_constraint(op.f("ck_price_options_min_points"), WITHIN)


def downgrade() -> None:
    """A sliding price can't be told as another: with one in use the way back is refused."""
    op.drop_table("price_rates")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("min_points", "slides", "kind"):
            op.drop_constraint(op.f(f"ck_price_options_{name}"), "price_options", type_="check")
        op.create_check_constraint(op.f("ck_price_options_kind"), "price_options", OLD_KINDS)
        op.drop_column("price_options", "min_points")
        return
    slid: sa.Column[object] = sa.Column("min_points", columns.Whole(), nullable=True)
    with op.batch_alter_table(
        "price_options", copy_from=_options(OLD_KINDS, slid), recreate="always"
    ) as options:
        options.drop_column("min_points")


def _options(kinds: str, *more: sa.Column[object]) -> sa.Table:
    return sa.Table(
        "price_options",
        sa.MetaData(),
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("reward_id", columns.Key(), nullable=False),
        sa.Column("position", columns.Whole(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("points", columns.Whole(), nullable=False),
        *more,
        sa.CheckConstraint(kinds, name=op.f("ck_price_options_kind")),
        sa.CheckConstraint("points > 0", name=op.f("ck_price_options_points")),
        sa.ForeignKeyConstraint(["reward_id"], ["rewards.id"], name=op.f("fk_price_options_reward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_options")),
        sa.UniqueConstraint("reward_id", "position", name=op.f("uq_price_options_reward_id_position")),
    )
