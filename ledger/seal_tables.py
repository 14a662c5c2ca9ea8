"""The tables of the tamper-evident record: leaves and seals. Knows no statements.

A leaf's `place` is where it stands in the order of commits: the writing transaction's own number on PostgreSQL
(xid8), a running number on SQLite. `era` counts restores, because a restored cluster numbers its transactions
anew. A seal's `reach` is how far it reads: a snapshot on PostgreSQL, the last place on SQLite.
"""

import sqlalchemy as sa

from ledger.columns import Instant, Key, Whole
from ledger.models import STRICT, metadata

leaves = sa.Table(
    "leaves",
    metadata,
    sa.Column("id", Key, primary_key=True),  # the record's own
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("version", Whole, nullable=False),
    sa.Column("member_id", Key),
    sa.Column("mac", sa.LargeBinary, nullable=False),
    sa.Column("era", Whole, nullable=False),
    sa.Column("place", Whole, nullable=False),
    sa.CheckConstraint("length(mac) = 32", name="mac"),
    sa.Index("ix_leaves_place", "era", "place"),
    **STRICT,
)

# `leaf_ids` are the ids of the seal's leaves in order, 16 bytes each.
seals = sa.Table(
    "seals",
    metadata,
    sa.Column("number", Whole, primary_key=True, autoincrement=False),
    sa.Column("era", Whole, nullable=False),
    sa.Column("reach", sa.Text, nullable=False),
    sa.Column("leaves", Whole, nullable=False),
    sa.Column("leaf_ids", sa.LargeBinary, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("previous", sa.LargeBinary, nullable=False),
    sa.Column("sealed_at", Instant, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("number > 0", name="number"),
    sa.CheckConstraint("length(leaf_ids) = 16 * leaves", name="leaves"),
    **STRICT,
)
