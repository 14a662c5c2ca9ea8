"""The order of time by type, branch, operator and source, for reports, and who may see them; imports no models."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

REPORTED = "event IN ('held', 'released', 'expired')"
TIME = ["created_at", "id"]
# Name, table, columns, condition.
INDEXES = (
    ("ix_entries_kind", "entries", ["type", *TIME], None),
    ("ix_entries_branch", "entries", ["branch_id", *TIME], "branch_id IS NOT NULL"),
    ("ix_entries_operator", "entries", ["operator_id", *TIME], "operator_id IS NOT NULL"),
    ("ix_entries_source", "entries", ["source", *TIME], None),
    ("ix_entries_on_behalf", "entries", TIME, "on_behalf"),
    ("ix_hold_events_kind", "hold_events", ["event", *TIME], REPORTED),
    ("ix_hold_events_branch", "hold_events", ["branch_id", *TIME], f"branch_id IS NOT NULL AND {REPORTED}"),
    (
        "ix_hold_events_operator",
        "hold_events",
        ["operator_id", *TIME],
        f"operator_id IS NOT NULL AND {REPORTED}",
    ),
    ("ix_hold_events_source", "hold_events", ["source", *TIME], REPORTED),
    ("ix_hold_events_on_behalf", "hold_events", TIME, f"on_behalf AND {REPORTED}"),
)
GRANTED = "view_reports"


def upgrade() -> None:
    for name, table, columns, condition in INDEXES:
        wanted = None if condition is None else sa.text(condition)
        op.create_index(name, table, columns, postgresql_where=wanted, sqlite_where=wanted)
    for role, permissions in _roles():
        if "administer" in permissions:
            _write(role, sorted({*permissions, GRANTED}))


def downgrade() -> None:
    for role, permissions in _roles():
        _write(role, [permission for permission in permissions if permission != GRANTED])
    for name, table, _columns, _condition in reversed(INDEXES):
        op.drop_index(name, table)


def _roles() -> list[tuple[str, list[str]]]:
    question = sa.text("SELECT name, permissions FROM roles").columns(permissions=sa.JSON())
    return [(row.name, row.permissions) for row in op.get_bind().execute(question)]


def _write(role: str, permissions: list[str]) -> None:
    statement = sa.text("UPDATE roles SET permissions = :permissions WHERE name = :name").bindparams(
        sa.bindparam("permissions", permissions, type_=sa.JSON()), name=role
    )
    op.get_bind().execute(statement)
