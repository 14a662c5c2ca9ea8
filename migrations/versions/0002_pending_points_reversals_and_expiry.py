"""pending points, reversals and expiry; imports no models."""
# ruff: noqa: E501 - statements as Alembic wrote them, read by hand

from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op

from ledger import columns, triggers

revision = "0002"
down_revision = "0001"

KINDS_BEFORE = "kind IN ('member', 'issued', 'claims', 'redeemed', 'cash', 'takings')"
KINDS = "kind IN ('member', 'issued', 'claims', 'redeemed', 'expired', 'unrecovered', 'partner', 'cash', 'takings')"

UNRECOVERED = "unrecovered IS NULL OR (unrecovered > 0 AND reverses_id IS NOT NULL)"

# Added in place on both databases, each with its own constraint: SQLite then keeps the table and its triggers.
ADDED = (
    ("balances", "due_at", columns.Instant(), ""),
    ("hold_events", "points", columns.Whole(), "CONSTRAINT ck_hold_events_points CHECK (points > 0)"),
    ("hold_events", "reason", sa.Text(), ""),
    ("entries", "party", sa.Text(), ""),
    (
        "entries",
        "reverses_id",
        columns.Key(),
        "CONSTRAINT fk_entries_reverses_id REFERENCES entries (id)",
    ),
    (
        "entries",
        "reversal_number",
        columns.Whole(),
        "CONSTRAINT ck_entries_reversal_number CHECK ((reversal_number IS NULL) = (reverses_id IS NULL))",
    ),
    (
        "entries",
        "unrecovered",
        columns.Whole(),
        f"CONSTRAINT ck_entries_unrecovered CHECK ({UNRECOVERED})",
    ),
    ("entries", "reason", sa.Text(), ""),
)


def upgrade() -> None:
    triggers.remove(op.get_bind())
    _allow(KINDS_BEFORE, KINDS)
    _open_house_accounts()
    for table, column, kind, constraint in ADDED:
        written = kind.compile(dialect=op.get_bind().dialect)
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {written} {constraint}")
    op.execute(_EARLIEST_EXPIRY)
    op.create_index(
        "ix_balances_due",
        "balances",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_hold_events_member", "hold_events", ["member_id", "created_at", "id"])
    op.create_index("ux_entries_reversal", "entries", ["reverses_id", "reversal_number"], unique=True)
    op.create_index("ix_entries_member", "entries", ["member_id", "created_at", "id"])
    _create_pendings()
    _create_givebacks()
    triggers.install(op.get_bind())


def downgrade() -> None:
    """Books that already have what 0002 brought can't go back: a constraint or the next verify says so."""
    triggers.remove(op.get_bind())
    op.drop_table("givebacks")
    op.drop_table("pendings")
    op.drop_index("ix_entries_member", table_name="entries")
    op.drop_index("ux_entries_reversal", table_name="entries")
    op.drop_index("ix_hold_events_member", table_name="hold_events")
    op.drop_index("ix_balances_due", table_name="balances")
    for table, column, _kind, _constraint in reversed(ADDED):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    # What was never posted to may go; the rest holds its postings' foreign key.
    op.execute("DELETE FROM accounts WHERE kind IN ('expired', 'unrecovered')")
    _allow(KINDS, KINDS_BEFORE)
    triggers.install(op.get_bind())


def _allow(before: str, after: str) -> None:
    """The kinds of accounts. SQLite copies the table, which needs env.py's switched-off foreign keys."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_accounts_kind"), "accounts", type_="check")
        op.create_check_constraint(op.f("ck_accounts_kind"), "accounts", after)
        return
    with op.batch_alter_table("accounts", copy_from=_accounts(before), recreate="always") as accounts:
        accounts.drop_constraint(op.f("ck_accounts_kind"), type_="check")
        accounts.create_check_constraint(op.f("ck_accounts_kind"), after)


def _open_house_accounts() -> None:
    """Where the house is open already; elsewhere founding opens all of them."""
    names, nobody = UUID("6f0c5a3e-9a4e-5d0b-8c55-1a7e0d6b2f11"), UUID(int=0)
    for kind in ("expired", "unrecovered"):
        op.get_bind().execute(
            sa.text(
                "INSERT INTO accounts (id, kind, asset, owner_id, tender)"
                " SELECT :id, :kind, asset, owner_id, tender FROM accounts WHERE kind = 'issued' AND owner_id = :nobody"
            ).bindparams(
                sa.bindparam("id", uuid5(names, f"{kind}|PTS|{nobody}|"), type_=columns.Key()),
                sa.bindparam("kind", kind, type_=sa.Text()),
                sa.bindparam("nobody", nobody, type_=columns.Key()),
            )
        )


def _accounts(kinds: str) -> sa.Table:
    return sa.Table(
        "accounts",
        sa.MetaData(),
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("owner_id", columns.Key(), nullable=False),
        sa.Column("tender", sa.Text(), nullable=False),
        sa.CheckConstraint("(tender <> '') = (kind = 'cash')", name=op.f("ck_accounts_tender")),
        sa.CheckConstraint(kinds, name=op.f("ck_accounts_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("id", "asset", name=op.f("uq_accounts_id_asset")),
        sa.UniqueConstraint(
            "kind", "asset", "owner_id", "tender", name=op.f("uq_accounts_kind_asset_owner_id_tender")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


_EARLIEST_EXPIRY = """
UPDATE balances SET due_at = (
  SELECT min(expires_at) FROM lots WHERE lots.member_id = balances.member_id AND remaining > 0
)
"""


def _create_pendings() -> None:
    op.create_table(
        "pendings",
        sa.Column("id", columns.Key(), nullable=False),
        sa.Column("member_id", columns.Key(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("points", columns.Whole(), nullable=False),
        sa.Column("party", sa.Text(), nullable=True),
        sa.Column("posts_at", columns.Instant(), nullable=False),
        sa.Column("expires_at", columns.Instant(), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("branch_id", columns.Key(), nullable=True),
        sa.Column("till_id", columns.Key(), nullable=True),
        sa.Column("operator_id", columns.Key(), nullable=True),
        sa.Column("on_behalf", columns.Flag(), nullable=False),
        sa.Column("booking_id", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('pending', 'posted', 'cancelled')", name=op.f("ck_pendings_status")),
        sa.CheckConstraint("type IN ('Earn', 'Goodwill Credit')", name=op.f("ck_pendings_type")),
        sa.CheckConstraint("points > 0", name=op.f("ck_pendings_points")),
        sa.ForeignKeyConstraint(["member_id"], ["balances.member_id"], name=op.f("fk_pendings_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pendings")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_pendings_member",
        "pendings",
        ["member_id", "posts_at"],
        postgresql_where=sa.text("status = 'pending'"),
        sqlite_where=sa.text("status = 'pending'"),
    )


def _create_givebacks() -> None:
    op.create_table(
        "givebacks",
        sa.Column("entry_id", columns.Key(), nullable=False),
        sa.Column("taken_by", columns.Key(), nullable=False),
        sa.Column("lot_id", columns.Key(), nullable=False),
        sa.Column("points", columns.Whole(), nullable=False),
        sa.Column("into_lot_id", columns.Key(), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_givebacks_points")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_givebacks_entry_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["entries.id"], name=op.f("fk_givebacks_taken_by")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_givebacks_lot_id")),
        sa.ForeignKeyConstraint(["into_lot_id"], ["lots.id"], name=op.f("fk_givebacks_into_lot_id")),
        sa.PrimaryKeyConstraint("entry_id", "taken_by", "lot_id", name=op.f("pk_givebacks")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_givebacks_lot_id"), "givebacks", ["lot_id"])
    op.create_index(op.f("ix_givebacks_taken_by"), "givebacks", ["taken_by"])
