"""what a claim that runs out gives back, and which entry charged it; imports no models.

Claims that ran out before this revision kept their points on the claims account. They are open again after it,
and the sweeper closes them by the new rule; at the counter they are over all the same, by their date.
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0004"
down_revision = "0003"

ON_EXPIRY = "on_expiry IN ('restored', 'forfeited')"


def upgrade() -> None:
    op.execute("ALTER TABLE rewards ADD COLUMN on_expiry TEXT")
    op.execute("UPDATE rewards SET on_expiry = 'restored'")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("rewards", "on_expiry", nullable=False)
        op.create_check_constraint(op.f("ck_rewards_on_expiry"), "rewards", ON_EXPIRY)
    else:
        with op.batch_alter_table("rewards", copy_from=_rewards(), recreate="always") as rewards:
            rewards.alter_column("on_expiry", existing_type=sa.Text(), nullable=False)
            rewards.create_check_constraint(op.f("ck_rewards_on_expiry"), ON_EXPIRY)
    # In place on both databases: SQLite then keeps the table and what points to it.
    kind = columns.Key().compile(dialect=op.get_bind().dialect)
    constraint = "CONSTRAINT fk_claims_charge_entry_id REFERENCES entries (id)"
    op.execute(f"ALTER TABLE claims ADD COLUMN charge_entry_id {kind} {constraint}")
    op.create_index("ix_claims_open", "claims", ["status", "valid_until"])
    _name_the_charges()
    op.execute(_OPEN_AGAIN)


def downgrade() -> None:
    op.drop_index("ix_claims_open", table_name="claims")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_column("claims", "charge_entry_id")
        op.drop_column("rewards", "on_expiry")
        return
    op.execute("ALTER TABLE claims DROP COLUMN charge_entry_id")
    with op.batch_alter_table("rewards", copy_from=_rewards(), recreate="always") as rewards:
        rewards.drop_column("on_expiry")


_OPEN_AGAIN = """
UPDATE claims SET closed_at = NULL, status = CASE WHEN spent = 0 THEN 'issued' ELSE 'part_redeemed' END
WHERE status = 'expired' AND charge_entry_id IS NOT NULL
"""


def _name_the_charges() -> None:
    """The charge's entry named its claim; a claim with a new code has the charge of the one it replaced."""
    bind, key = op.get_bind(), columns.Key()
    name = sa.text("UPDATE claims SET charge_entry_id = :entry WHERE id = :claim").bindparams(
        sa.bindparam("entry", type_=key), sa.bindparam("claim", type_=key)
    )
    charges = sa.text("SELECT id, reference FROM entries WHERE reference LIKE 'claim %'").columns(id=key)
    named = {UUID(row.reference.removeprefix("claim ")): row.id for row in bind.execute(charges)}
    replaced = sa.text("SELECT details FROM audit_records WHERE action = 'claim.replaced' ORDER BY at, id")
    for row in bind.execute(replaced.columns(details=sa.JSON())):
        old = named.get(UUID(row.details["claim"]))
        if old is not None:
            named[UUID(row.details["by"])] = old
    for claim, entry in named.items():
        bind.execute(name, {"claim": claim, "entry": entry})


def _rewards() -> sa.Table:
    return sa.Table(
        "rewards",
        sa.MetaData(),
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("ean", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("charge_at", sa.Text(), nullable=False),
        sa.Column("redemption_types", sa.JSON(), nullable=False),
        sa.Column("claim_days", columns.Whole(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("daily_limit", columns.Whole(), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("on_expiry", sa.Text(), nullable=True),
        sa.CheckConstraint("charge_at IN ('claim', 'counter')", name=op.f("ck_rewards_charge_at")),
        sa.CheckConstraint("status IN ('active', 'withdrawn')", name=op.f("ck_rewards_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rewards")),
        sa.UniqueConstraint("ean", name=op.f("uq_rewards_ean")),
        sa.UniqueConstraint("sku", name=op.f("uq_rewards_sku")),
    )
