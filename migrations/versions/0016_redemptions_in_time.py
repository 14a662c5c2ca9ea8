"""Redemptions say whether they were on behalf, and are in the order of time by source; imports no models."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from ledger import columns, triggers

revision = "0016"
down_revision = "0015"

ON_BEHALF = sa.text("on_behalf")
# What was held or booked on behalf was redeemed so.
FILL = """
UPDATE redemptions SET on_behalf = COALESCE(
  (SELECT entries.on_behalf FROM entries WHERE entries.id = redemptions.entry_id),
  (SELECT holds.on_behalf FROM holds WHERE holds.id = redemptions.hold_id),
  :no)
"""


def upgrade() -> None:
    op.add_column("redemptions", sa.Column("on_behalf", columns.Flag()))
    op.get_bind().execute(sa.text(FILL).bindparams(sa.bindparam("no", value=False, type_=columns.Flag())))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("redemptions", "on_behalf", nullable=False)
    else:
        with op.batch_alter_table("redemptions", copy_from=_redemptions(), recreate="always") as batch:
            batch.alter_column("on_behalf", existing_type=columns.Flag(), nullable=False)
    op.create_index("ix_redemptions_source", "redemptions", ["source", "opened_at", "id"])
    op.create_index(
        "ix_redemptions_on_behalf",
        "redemptions",
        ["opened_at", "id"],
        postgresql_where=ON_BEHALF,
        sqlite_where=ON_BEHALF,
    )
    triggers.install(op.get_bind())


def downgrade() -> None:
    op.drop_index("ix_redemptions_on_behalf", "redemptions")
    op.drop_index("ix_redemptions_source", "redemptions")
    op.drop_column("redemptions", "on_behalf")


def _redemptions() -> sa.Table:
    """The table as it is: what Alembic would read of it has no CHECK."""
    keys = {
        "member_id": "members",
        "branch_id": "branches",
        "till_id": "tills",
        "visit_id": "visits",
        "scanned_by": "operators",
        "confirmed_by": "operators",
        "hold_id": "holds",
        "entry_id": "entries",
    }
    nullable = {"scanned_by", "confirmed_by", "hold_id", "entry_id", "client", "shop_receipt", "closed_at"}
    kinds: dict[str, type[Any]] = {
        **dict.fromkeys(("id", *keys), columns.Key),
        **dict.fromkeys(("points_due", "claim_points", "cash_due"), columns.Whole),
        **dict.fromkeys(("opened_at", "expires_at", "closed_at"), columns.Instant),
    }
    names = (
        *(
            "id",
            "booking_id",
            "status",
            "member_id",
            "branch_id",
            "till_id",
            "visit_id",
            "source",
            "entry_mode",
        ),
        *("scanned_by", "confirmed_by", "hold_id", "entry_id", "points_due", "claim_points", "cash_due"),
        *("currency", "shop_receipt", "opened_at", "expires_at", "closed_at", "client"),
    )
    return sa.Table(
        "redemptions",
        sa.MetaData(),
        *(sa.Column(name, kinds.get(name, sa.Text)(), nullable=name in nullable) for name in names),
        sa.Column("on_behalf", columns.Flag()),
        sa.CheckConstraint(
            "(status IN ('reserved', 'cancelled', 'expired')) = (entry_id IS NULL)",
            name=op.f("ck_redemptions_entry"),
        ),
        sa.CheckConstraint(
            "status IN ('reserved', 'completed', 'part_reversed', 'reversed', 'cancelled', 'expired')",
            name=op.f("ck_redemptions_status"),
        ),
        sa.CheckConstraint("points_due >= 0 AND cash_due >= 0", name=op.f("ck_redemptions_due")),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_redemptions_{name}"))
            for name, table in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemptions")),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_redemptions_{name}"))
            for name in ("booking_id", "entry_id", "hold_id")
        ),
        sa.Index("ix_redemptions_branch_day", "branch_id", "opened_at"),
        sa.Index("ix_redemptions_member", "member_id", "opened_at"),
        sa.Index("ix_redemptions_open", "status", "expires_at"),
        sa.Index("ix_redemptions_till", "till_id", "opened_at"),
    )
