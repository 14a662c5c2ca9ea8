"""${message}; imports no models."""
# ruff: noqa: E501, PLR0915 - statements as Alembic wrote them, read by hand

import sqlalchemy as sa
from alembic import op
from ledger import triggers
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
    triggers.install(op.get_bind())


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
% if down_revision is None:
    triggers.remove_functions(op.get_bind())
% else:
    triggers.install(op.get_bind())
% endif
