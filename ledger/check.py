"""The invariants of the books, recomputed by the database alone in set-based SQL; repairs nothing.

Each query answers the ids of what is broken. Memory is bounded by the number of findings, which is capped.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from ledger.database import Session

FINDINGS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken place: which invariant of quality.md, what it says, and the row it was found at."""

    invariant: str
    what: str
    id: str


def verify(session: Session) -> list[Finding]:
    """Empty when everything holds; at most 1000 findings a query. Takes as long as the books are long."""
    if session.dialect == "postgresql":
        session.execute(sa.text("SET LOCAL statement_timeout = 0"))
    return [
        Finding(invariant=invariant, what=what, id=str(found))
        for invariant, what, query in _queries(session.dialect)
        for found in session.scalars(sa.text(f"{query} LIMIT {FINDINGS_MAX}")).all()
    ]


def _queries(dialect: str) -> list[tuple[str, str, str]]:
    # PostgreSQL's BIGINT can hold nothing but whole numbers; SQLite says of each value what it is.
    return [*_QUERIES, *(_WHOLE_SQLITE if dialect == "sqlite" else [])]


_QUERIES = [
    (
        "I1",
        "available below the floor, or held below 0",
        "SELECT member_id FROM balances WHERE posted - held < 0 OR held < 0",
    ),
    (
        "I2",
        "a member's posted points are not the sum of the postings",
        """SELECT b.member_id FROM balances b
        LEFT JOIN (SELECT account_id, sum(amount) AS total FROM postings GROUP BY account_id) p
          ON p.account_id = b.account_id
        WHERE b.posted <> coalesce(p.total, 0)""",
    ),
    (
        "I2",
        "a member's account has no balance of its own",
        """SELECT a.id FROM accounts a
        LEFT JOIN balances b ON b.account_id = a.id AND b.member_id = a.owner_id
        WHERE a.kind = 'member' AND b.member_id IS NULL""",
    ),
    (
        "I3",
        "held points are not the sum of the open holds",
        """SELECT b.member_id FROM balances b
        LEFT JOIN (
          SELECT member_id, sum(points) AS total FROM holds WHERE status = 'held' GROUP BY member_id
        ) h ON h.member_id = b.member_id
        WHERE b.held <> coalesce(h.total, 0)""",
    ),
    (
        "I4",
        "the postings of an entry do not sum to zero",
        "SELECT entry_id FROM postings GROUP BY entry_id, asset HAVING sum(amount) <> 0",
    ),
    (
        "I4",
        "an entry has more or fewer postings than it was closed with",
        """SELECT e.id FROM entries e
        LEFT JOIN (SELECT entry_id, count(*) AS lines FROM postings GROUP BY entry_id) p ON p.entry_id = e.id
        WHERE e.lines <> coalesce(p.lines, 0)""",
    ),
    (
        "I4",
        "postings without an entry",
        """SELECT DISTINCT p.entry_id FROM postings p LEFT JOIN entries e ON e.id = p.entry_id
        WHERE e.id IS NULL OR e.member_id <> p.member_id""",
    ),
    (
        "I4",
        "a posting's asset is not its account's",
        """SELECT p.entry_id FROM postings p LEFT JOIN accounts a ON a.id = p.account_id AND a.asset = p.asset
        WHERE a.id IS NULL""",
    ),
    (
        "I4",
        "an entry's points are not its leg on the member's account",
        """SELECT e.id FROM entries e
        JOIN balances b ON b.member_id = e.member_id
        LEFT JOIN postings p ON p.entry_id = e.id AND p.account_id = b.account_id
        GROUP BY e.id, e.points HAVING e.points <> coalesce(sum(p.amount), 0)""",
    ),
    (
        "I5",
        "a captured hold without its one capture",
        """SELECT h.id FROM holds h LEFT JOIN entries e ON e.hold_id = h.id
        WHERE h.status = 'captured' GROUP BY h.id, h.closing_entry_id, h.points, h.member_id
        HAVING count(e.id) <> 1 OR h.closing_entry_id IS NULL
          OR sum(CASE WHEN e.id = h.closing_entry_id AND e.points = -h.points AND e.member_id = h.member_id
            THEN 1 ELSE 0 END) <> 1""",
    ),
    (
        "I5",
        "a capture of a hold that is not captured",
        """SELECT e.id FROM entries e LEFT JOIN holds h ON h.id = e.hold_id
        WHERE e.hold_id IS NOT NULL AND (h.id IS NULL OR h.status <> 'captured')""",
    ),
    (
        "I5",
        "a hold's events do not tell how it was closed",
        """SELECT h.id FROM holds h LEFT JOIN hold_events v
          ON v.hold_id = h.id AND v.event IN ('captured', 'released', 'expired')
        GROUP BY h.id, h.status
        HAVING count(v.id) <> CASE WHEN h.status = 'held' THEN 0 ELSE 1 END OR min(v.event) <> h.status""",
    ),
    (
        "I7",
        "a capture at or after the hold's expiry",
        """SELECT e.id FROM entries e JOIN holds h ON h.id = e.hold_id
        WHERE e.created_at >= h.expires_at OR h.closed_at >= h.expires_at""",
    ),
    (
        "I8",
        "an entry's number or balance does not follow from the one before",
        """SELECT id FROM (
          SELECT id, number, balance_after,
            row_number() OVER numbered AS place, sum(points) OVER numbered AS total
          FROM entries WHERE number IS NOT NULL WINDOW numbered AS (PARTITION BY member_id ORDER BY number)
        ) AS following WHERE number <> place OR balance_after <> total""",
    ),
    (
        "I8",
        "a member's count of entries is not the number of them",
        """SELECT b.member_id FROM balances b
        LEFT JOIN (SELECT member_id, count(number) AS counted FROM entries GROUP BY member_id) e
          ON e.member_id = b.member_id
        WHERE b.entries <> coalesce(e.counted, 0)""",
    ),
    (
        "I9",
        "a key that was claimed has no outcome",
        "SELECT key FROM outcomes WHERE status = 'running'",
    ),
    (
        "I17",
        "a number outside ±(2^53 − 1)",
        "SELECT entry_id FROM postings WHERE amount NOT BETWEEN -9007199254740991 AND 9007199254740991",
    ),
    (
        "lots",
        "a lot's remaining points are not what debits and holds left of it",
        """SELECT l.id FROM lots l
        LEFT JOIN (
          SELECT lot_id, sum(points) AS total FROM (
            SELECT m.lot_id, m.points FROM earmarks m JOIN holds h ON h.id = m.hold_id
            WHERE h.status IN ('held', 'captured')
            UNION ALL SELECT lot_id, points FROM draws
          ) AS each_taken GROUP BY lot_id
        ) t ON t.lot_id = l.id
        WHERE l.points - l.remaining <> coalesce(t.total, 0)""",
    ),
    (
        "lots",
        "a member's lots do not sum to what is available",
        """SELECT b.member_id FROM balances b
        LEFT JOIN (
          SELECT member_id, sum(remaining) AS total FROM lots WHERE remaining > 0 GROUP BY member_id
        ) l ON l.member_id = b.member_id
        WHERE b.posted - b.held <> coalesce(l.total, 0)""",
    ),
    (
        "lots",
        "a hold's earmarks are not its points",
        """SELECT h.id FROM holds h
        LEFT JOIN (SELECT hold_id, sum(points) AS total FROM earmarks GROUP BY hold_id) m ON m.hold_id = h.id
        WHERE h.points <> coalesce(m.total, 0)""",
    ),
    (
        "lots",
        "a debit's draws are not its points, or a credit's lot is not",
        """SELECT e.id FROM entries e
        LEFT JOIN (SELECT entry_id, sum(points) AS total FROM draws GROUP BY entry_id) d ON d.entry_id = e.id
        LEFT JOIN lots l ON l.entry_id = e.id
        WHERE e.hold_id IS NULL AND e.points <> coalesce(l.points, 0) - coalesce(d.total, 0)""",
    ),
]

_WHOLE_SQLITE = [
    (
        "I17",
        "an amount that is not a whole number",
        "SELECT entry_id FROM postings WHERE typeof(amount) <> 'integer'",
    ),
    (
        "I17",
        "a balance that is not a whole number",
        "SELECT member_id FROM balances WHERE typeof(posted) <> 'integer' OR typeof(held) <> 'integer'",
    ),
]
