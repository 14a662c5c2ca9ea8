"""What countermark verify asks of conversions: each has what its state says, and nothing else. Repairs nothing."""

import sqlalchemy as sa

from ledger import Finding, Session


def findings(session: Session) -> list[Finding]:
    """Each conversion that is broken, in one statement a question."""
    return [
        Finding(invariant="conversions", what=what, id=str(key))
        for what, question in _QUESTIONS
        for key in session.execute(sa.text(question)).scalars()
    ]


_QUESTIONS = (
    (
        "its deduction is not the capture of its hold, of all its points",
        """SELECT c.id FROM conversions c JOIN holds h ON h.id = c.hold_id LEFT JOIN entries e ON e.id = c.entry_id
        WHERE h.points <> c.points OR h.member_id <> c.member_id
          OR (c.entry_id IS NOT NULL) <> (h.status = 'captured')
          OR (c.entry_id IS NOT NULL AND (e.hold_id <> c.hold_id OR e.points <> -c.points
            OR (e.type = 'Points Transfer') <> (c.kind = 'transfer')))
        ORDER BY c.id""",
    ),
    (
        "it failed, and its points were not given back by one reversal, or by the end of its hold",
        """SELECT c.id FROM conversions c JOIN holds h ON h.id = c.hold_id
        LEFT JOIN entries r ON r.id = c.reversal_entry_id
        WHERE c.status = 'failed' AND (
          (c.entry_id IS NULL AND h.status NOT IN ('released', 'expired'))
          OR (c.entry_id IS NOT NULL AND (r.reverses_id <> c.entry_id OR r.points <> c.points)))
        ORDER BY c.id""",
    ),
    (
        "it did not fail, and its deduction was reversed",
        """SELECT c.id FROM conversions c JOIN entries r ON r.reverses_id = c.entry_id
        WHERE c.status <> 'failed' ORDER BY c.id""",
    ),
    (
        "a voucher was drawn for points that were not taken, or points were taken for good without one",
        """SELECT c.id FROM conversions c LEFT JOIN vouchers v ON v.conversion_id = c.id
        WHERE (c.kind = 'voucher' AND c.status = 'fulfilled') <> (v.id IS NOT NULL)
          OR (v.id IS NOT NULL AND v.reward_id <> c.reward_id)
        ORDER BY c.id""",
    ),
)
