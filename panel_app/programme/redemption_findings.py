"""Whether redemptions tell the same story as the entries of the books, for countermark verify; repairs nothing.

An entry is sealed and a redemption is not: who alters the row of a redemption or of a tender is found by its entry.
"""

import sqlalchemy as sa

from ledger import Finding, Session

FINDINGS_MAX = 1000

_WITHOUT_ITS_ENTRY = """
SELECT r.id FROM redemptions r LEFT JOIN entries e
  ON e.id = r.entry_id AND e.booking_id = r.booking_id AND e.member_id = r.member_id AND e.reverses_id IS NULL
WHERE (r.status IN ('completed', 'part_reversed', 'reversed')) <> (e.id IS NOT NULL)"""

# A conversion has a booking ID as well; whether its entry is its own is asked in conversion_findings.py.
_WITHOUT_ITS_REDEMPTION = """
SELECT e.id FROM entries e LEFT JOIN redemptions r ON r.entry_id = e.id AND r.booking_id = e.booking_id
LEFT JOIN conversions c ON c.booking_id = e.booking_id
WHERE e.booking_id IS NOT NULL AND e.reverses_id IS NULL AND r.id IS NULL AND c.id IS NULL"""

_OTHER_TENDERS = """
SELECT id FROM (
  SELECT redemption_id AS id, type, currency, reference, amount FROM tenders
  UNION ALL
  SELECT r.id, a.tender, p.asset, p.reference, -p.amount FROM redemptions r
  JOIN postings p ON p.entry_id = r.entry_id JOIN accounts a ON a.id = p.account_id AND a.kind = 'cash'
) taken GROUP BY id, type, currency, reference HAVING sum(amount) <> 0"""

_QUESTIONS = (
    ("a redemption is completed without its entry, or has one and is not", _WITHOUT_ITS_ENTRY),
    (
        "an entry of a booking has neither a redemption that it completed nor a conversion",
        _WITHOUT_ITS_REDEMPTION,
    ),
    ("a redemption's tenders are not the cash legs of its entry", _OTHER_TENDERS),
)


def findings(session: Session) -> list[Finding]:
    """Empty when each completed redemption has its one entry, and its tenders are what the entry took.

    At most 1000 a question, the oldest first.
    """
    return [
        Finding(invariant="redemptions", what=what, id=str(key))
        for what, question in _QUESTIONS
        for key in session.scalars(
            sa.text(f"SELECT DISTINCT id FROM ({question}) AS broken ORDER BY 1 LIMIT {FINDINGS_MAX}")
        ).all()
    ]
