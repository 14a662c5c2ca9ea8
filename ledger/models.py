"""The tables of the books; CHECK, UNIQUE and FOREIGN KEY carry the rules. Knows no statements.

One MetaData for all tables of the product. Ledger tables are STRICT and WITHOUT ROWID on SQLite (a row id
would be one more key that INSERT OR REPLACE could hit), and no column has a server default.
"""

from typing import Any

import sqlalchemy as sa

from ledger.columns import Flag, Instant, Key, Whole

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

STRICT: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
# What the log of all that went back asks for; an ordinary redemption is in neither index.
IS_REVERSAL = "reverses_id IS NOT NULL"
ENDED_WITHOUT_CAPTURE = "event IN ('released', 'expired')"
WHOLE_RANGE = "BETWEEN -9007199254740991 AND 9007199254740991"


def where(condition: str) -> dict[str, Any]:
    """A partial index on both databases."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def report_indexes(table: str, condition: str | None = None) -> list[sa.Index]:
    """The order of time by branch, by operator, by source and of what was on behalf: report_keys.py names them.

    What happened at no branch, without an operator or not on behalf is in no such index, and costs nothing there.
    """
    parts = {
        "branch": ("branch_id", "branch_id IS NOT NULL"),
        "operator": ("operator_id", "operator_id IS NOT NULL"),
        "source": ("source", None),
        "on_behalf": (None, "on_behalf"),
    }
    made = []
    for name, (column, own) in parts.items():
        columns = [column, "created_at", "id"] if column else ["created_at", "id"]
        wanted = " AND ".join(part for part in (own, condition) if part)
        made.append(sa.Index(f"ix_{table}_{name}", *columns, **(where(wanted) if wanted else {})))
    return made


def origin() -> tuple[sa.Column[object], ...]:
    """Who and where: the columns of terms.Origin."""
    return (
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("branch_id", Key),
        sa.Column("till_id", Key),
        sa.Column("operator_id", Key),
        sa.Column("on_behalf", Flag, nullable=False),
        sa.Column("booking_id", sa.Text),
        sa.Column("reference", sa.Text),
        sa.Column("request_id", sa.Text),
    )


# The id follows from the other four columns (accounts.py), so the hot path never looks one up.
# Cash is kept by tender: one account a branch, tender and currency, as the day close counts it.
accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("owner_id", Key, nullable=False),
    sa.Column("tender", sa.Text, nullable=False),
    sa.UniqueConstraint("kind", "asset", "owner_id", "tender"),
    sa.UniqueConstraint("id", "asset"),
    sa.CheckConstraint(
        "kind IN ('member', 'issued', 'claims', 'redeemed', 'expired', 'unrecovered', 'partner', 'cash',"
        " 'takings')",
        name="kind",
    ),
    sa.CheckConstraint("(tender <> '') = (kind = 'cash')", name="tender"),
    **STRICT,
)

# Members only; house and branch sums are summed when asked. `entries` is the number of the last entry.
# `due_at` is not later than the next moment at which pending points post or points in a lot expire.
balances = sa.Table(
    "balances",
    metadata,
    sa.Column("member_id", Key, primary_key=True),
    sa.Column("account_id", Key, sa.ForeignKey("accounts.id"), nullable=False, unique=True),
    sa.Column("posted", Whole, nullable=False),
    sa.Column("held", Whole, nullable=False),
    sa.Column("entries", Whole, nullable=False),
    sa.Column("due_at", Instant),
    sa.CheckConstraint("posted - held >= 0", name="floor"),
    sa.CheckConstraint("held >= 0", name="held"),
    sa.CheckConstraint("entries >= 0", name="entries"),
    sa.CheckConstraint(f"posted {WHOLE_RANGE}", name="posted"),
    sa.Index("ix_balances_due", "due_at", **where("due_at IS NOT NULL")),
    **STRICT,
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("member_id", Key, sa.ForeignKey("balances.member_id"), nullable=False),
    sa.Column("points", Whole, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    # No foreign key back to entries, which point here already: check.py compares both ways.
    sa.Column("closing_entry_id", Key),
    *origin(),
    sa.CheckConstraint("points > 0", name="points"),
    sa.CheckConstraint("status IN ('held', 'captured', 'released', 'expired')", name="status"),
    sa.CheckConstraint("(status = 'held') = (closed_at IS NULL)", name="closed"),
    sa.CheckConstraint("(status = 'captured') = (closing_entry_id IS NOT NULL)", name="captured"),
    sa.CheckConstraint("status <> 'captured' OR closed_at < expires_at", name="in_time"),
    sa.Index("ix_holds_open", "expires_at", **where("status = 'held'")),
    sa.Index("ix_holds_member_open", "member_id", **where("status = 'held'")),
    **STRICT,
)

# What a report tells of holds: an extension moves no points, and a capture stands there as its entry.
REPORTED = "event IN ('held', 'released', 'expired')"

# `points` says how many of the hold's when they are not all of them.
hold_events = sa.Table(
    "hold_events",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("hold_id", Key, sa.ForeignKey("holds.id"), nullable=False, index=True),
    sa.Column("member_id", Key, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    *origin(),
    sa.Column("points", Whole),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint("event IN ('held', 'extended', 'captured', 'released', 'expired')", name="event"),
    sa.CheckConstraint("points > 0", name="points"),
    sa.Index("ix_hold_events_member", "member_id", "created_at", "id"),
    sa.Index("ix_hold_events_ended", "created_at", "id", **where(ENDED_WITHOUT_CAPTURE)),
    sa.Index("ix_hold_events_kind", "event", "created_at", "id", **where(REPORTED)),
    *report_indexes("hold_events", REPORTED),
    **STRICT,
)

# `lines` says how many postings the entry has, so that none can be added later. `hold_id` stands on the
# entry that captured the hold, and is unique: a hold is captured once. An entry's reversals are numbered, so
# that two made at the same time can't both be the next one.
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("kind", sa.Text),
    sa.Column("member_id", Key, sa.ForeignKey("balances.member_id"), nullable=False),
    sa.Column("points", Whole, nullable=False),
    sa.Column("number", Whole),
    sa.Column("balance_after", Whole),
    sa.Column("lines", Whole, nullable=False),
    sa.Column("hold_id", Key, sa.ForeignKey("holds.id"), unique=True),
    sa.Column("created_at", Instant, nullable=False),
    *origin(),
    sa.Column("party", sa.Text),
    sa.Column("reverses_id", Key, sa.ForeignKey("entries.id")),
    sa.Column("reversal_number", Whole),
    sa.Column("unrecovered", Whole),
    sa.Column("reason", sa.Text),
    sa.UniqueConstraint("member_id", "number"),
    sa.CheckConstraint(
        "type IN ('Earn', 'Debit By Redemption', 'Debit By On Behalf Redemption', 'Redemption Reversal',"
        " 'Goodwill Credit', 'Adjustment Debit', 'Points Expiry', 'Points Transfer')",
        name="type",
    ),
    sa.CheckConstraint("number > 0", name="number"),
    sa.CheckConstraint("(number IS NULL) = (balance_after IS NULL)", name="balance_after"),
    sa.CheckConstraint("(number IS NULL) = (points = 0)", name="points"),
    sa.CheckConstraint("lines >= 2", name="lines"),
    sa.CheckConstraint("(reversal_number IS NULL) = (reverses_id IS NULL)", name="reversal_number"),
    sa.CheckConstraint(
        "unrecovered IS NULL OR (unrecovered > 0 AND reverses_id IS NOT NULL)", name="unrecovered"
    ),
    sa.Index("ux_entries_reversal", "reverses_id", "reversal_number", unique=True),
    sa.Index("ix_entries_member", "member_id", "created_at", "id"),
    sa.Index("ix_entries_reversals", "created_at", "id", **where(IS_REVERSAL)),
    sa.Index("ix_entries_kind", "type", "created_at", "id"),
    *report_indexes("entries"),
    **STRICT,
)

# The posting's asset is its account's, by the two-column key. `reference` is a cash leg's.
postings = sa.Table(
    "postings",
    metadata,
    sa.Column(
        "entry_id", Key, sa.ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), primary_key=True
    ),
    sa.Column("line", Whole, primary_key=True),
    sa.Column("account_id", Key, nullable=False),
    sa.Column("member_id", Key, nullable=False),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("amount", Whole, nullable=False),
    sa.Column("reference", sa.Text),
    sa.ForeignKeyConstraint(["account_id", "asset"], ["accounts.id", "accounts.asset"]),
    sa.CheckConstraint("amount <> 0", name="amount"),
    sa.CheckConstraint(f"amount {WHOLE_RANGE}", name="amount_range"),
    sa.Index("ix_postings_account", "account_id", "entry_id"),
    **STRICT,
)

# `remaining` is neither spent nor earmarked: over a member's lots it sums to what is available.
lots = sa.Table(
    "lots",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("member_id", Key, sa.ForeignKey("balances.member_id"), nullable=False),
    sa.Column("entry_id", Key, sa.ForeignKey("entries.id"), nullable=False, unique=True),
    sa.Column("points", Whole, nullable=False),
    sa.Column("remaining", Whole, nullable=False),
    sa.Column("expires_at", Instant),
    sa.CheckConstraint("0 <= remaining AND remaining <= points AND points > 0", name="remaining"),
    sa.Index("ix_lots_live", "member_id", **where("remaining > 0")),
    **STRICT,
)

# What a hold took from which lot. The rows stay as history; the hold's status says whether they count.
earmarks = sa.Table(
    "earmarks",
    metadata,
    sa.Column("hold_id", Key, sa.ForeignKey("holds.id"), primary_key=True),
    sa.Column("lot_id", Key, sa.ForeignKey("lots.id"), primary_key=True, index=True),
    sa.Column("points", Whole, nullable=False),
    sa.CheckConstraint("points > 0", name="points"),
    **STRICT,
)

# What a debit without a hold took from which lot.
draws = sa.Table(
    "draws",
    metadata,
    sa.Column("entry_id", Key, sa.ForeignKey("entries.id"), primary_key=True),
    sa.Column("lot_id", Key, sa.ForeignKey("lots.id"), primary_key=True, index=True),
    sa.Column("points", Whole, nullable=False),
    sa.CheckConstraint("points > 0", name="points"),
    **STRICT,
)

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("client", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("answer", sa.LargeBinary),
    sa.Column("member_id", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.CheckConstraint("status IN ('running', 'success', 'refusal')", name="status"),
    sa.CheckConstraint("(status = 'running') = (answer IS NULL)", name="answer"),
    **STRICT,
)
