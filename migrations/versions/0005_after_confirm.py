"""what roles may do after Confirm, and locks that grow; imports no models."""

import sqlalchemy as sa
from alembic import op

from ledger import columns

revision = "0005"
down_revision = "0004"

# Whoever may do the first may do these from now on.
GRANTED = {
    "redeem": ("undo",),
    "view_redemptions": ("reverse", "view_member_log"),
    "administer": ("view_whole_member_log",),
}
NEW = {permission for permissions in GRANTED.values() for permission in permissions}


def upgrade() -> None:
    _create_counts(sa.Column("locks", columns.Whole(), nullable=False))
    for role, permissions in _roles():
        more = [new for held, news in GRANTED.items() if held in permissions for new in news]
        _write(role, sorted({*permissions, *more}))


def downgrade() -> None:
    for role, permissions in _roles():
        _write(role, [permission for permission in permissions if permission not in NEW])
    _create_counts()


def _create_counts(*more: sa.Column[int]) -> None:
    """Anew: what was counted lasts for minutes, and SQLite adds no column that must have a value."""
    op.drop_table("attempt_counts")
    op.create_table(
        "attempt_counts",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", columns.Whole(), nullable=False),
        sa.Column("window_ends_at", columns.Instant(), nullable=False),
        *more,
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_attempt_counts")),
    )


def _roles() -> list[tuple[str, list[str]]]:
    question = sa.text("SELECT name, permissions FROM roles").columns(permissions=sa.JSON())
    return [(row.name, row.permissions) for row in op.get_bind().execute(question)]


def _write(role: str, permissions: list[str]) -> None:
    statement = sa.text("UPDATE roles SET permissions = :permissions WHERE name = :name").bindparams(
        sa.bindparam("permissions", permissions, type_=sa.JSON()), name=role
    )
    op.get_bind().execute(statement)
