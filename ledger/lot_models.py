"""The tables of points on their way: not yet posted, or given back to the lots they came from."""

import sqlalchemy as sa

from ledger.columns import Instant, Key, Whole
from ledger.models import STRICT, metadata, origin, where

# Credits until they post. The id is that of the entry to come; a trigger lets only the status change, once.
pendings = sa.Table(
    "pendings",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("member_id", Key, sa.ForeignKey("balances.member_id"), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("kind", sa.Text),
    sa.Column("points", Whole, nullable=False),
    sa.Column("party", sa.Text),
    sa.Column("posts_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
    *origin(),
    sa.CheckConstraint("status IN ('pending', 'posted', 'cancelled')", name="status"),
    sa.CheckConstraint("type IN ('Earn', 'Goodwill Credit')", name="type"),
    sa.CheckConstraint("points > 0", name="points"),
    sa.Index("ix_pendings_member", "member_id", "posts_at", **where("status = 'pending'")),
    **STRICT,
)

# What an entry gave back of what `taken_by` took from a lot: a reversal, or a part capture of the rest of its
# own hold. `into_lot_id` is the lot itself, or one with a grace when the lot has expired.
givebacks = sa.Table(
    "givebacks",
    metadata,
    sa.Column("entry_id", Key, sa.ForeignKey("entries.id"), primary_key=True),
    sa.Column("taken_by", Key, sa.ForeignKey("entries.id"), primary_key=True, index=True),
    sa.Column("lot_id", Key, sa.ForeignKey("lots.id"), primary_key=True, index=True),
    sa.Column("points", Whole, nullable=False),
    sa.Column("into_lot_id", Key, sa.ForeignKey("lots.id"), nullable=False),
    sa.CheckConstraint("points > 0", name="points"),
    **STRICT,
)
