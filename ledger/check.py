"""The invariants of the books, recomputed by the database alone in set-based SQL; repairs nothing.

Each query answers the ids of what is broken, the oldest first. Memory is bounded by the number of findings,
which is capped.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from ledger.columns import Instant
from ledger.database import Session
from ledger.invariants import QUERIES, WHOLE_SQLITE
from ledger.lot_invariants import LOT_QUERIES

FINDINGS_MAX = 1000
SWEEP_GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken place: which invariant of quality.md, what it says, and the row it was found at."""

    invariant: str
    what: str
    id: str


def verify(session: Session, *, sweep_grace: timedelta = SWEEP_GRACE) -> list[Finding]:
    """Empty when everything holds; at most 1000 findings a query. Takes as long as the books are long.

    `sweep_grace` is how long after its expiry a hold may still be open.
    """
    if session.dialect == "postgresql":
        session.execute(sa.text("SET LOCAL statement_timeout = 0"))
    now = session.scalars(sa.select(session.now_sql())).one()
    overdue = sa.bindparam("overdue", now - sweep_grace, type_=Instant())
    found = []
    for invariant, what, query in _queries(session.dialect):
        # Keys are UUIDv7: in their order the first broken place is the oldest.
        question = sa.text(f"SELECT * FROM ({query}) AS broken ORDER BY 1 LIMIT {FINDINGS_MAX}")
        if ":overdue" in query:
            question = question.bindparams(overdue)
        found += [
            Finding(invariant=invariant, what=what, id=str(key)) for key in session.scalars(question).all()
        ]
    return found


def _queries(dialect: str) -> list[tuple[str, str, str]]:
    # PostgreSQL's BIGINT can hold nothing but whole numbers; SQLite says of each value what it is.
    return [*QUERIES, *LOT_QUERIES, *(WHOLE_SQLITE if dialect == "sqlite" else [])]
