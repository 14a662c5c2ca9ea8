"""Whether vouchers and the tenders that they paid tell the same story, for countermark verify; repairs nothing."""

import sqlalchemy as sa

from ledger import Finding, Session

# A tender names its voucher by vouchers.number_of(): the last eight of the 36 characters of its id.
_SAME = """t.type = 'voucher' AND t.amount = v.taken AND t.currency = v.currency
  AND t.reference = upper(substr(CAST(v.id AS TEXT), 29)) || ' ' || r.booking_id"""

_WITHOUT_ITS_TENDER = f"""
SELECT v.id FROM vouchers v WHERE v.spent_at IS NOT NULL AND 1 <> (
  SELECT count(*) FROM redemptions r JOIN tenders t ON t.redemption_id = r.id
  WHERE r.id = v.held_by AND r.status IN ('completed', 'part_reversed') AND {_SAME}
) ORDER BY 1"""

_WITHOUT_ITS_VOUCHER = f"""
SELECT DISTINCT r.id FROM tenders t JOIN redemptions r ON r.id = t.redemption_id
WHERE t.type = 'voucher' AND r.status <> 'reversed' AND NOT EXISTS (
  SELECT 1 FROM vouchers v WHERE v.held_by = r.id AND v.spent_at IS NOT NULL AND {_SAME}
) ORDER BY 1"""

_QUESTIONS = (
    ("a spent voucher has no tender, or more than one, of a redemption that stands", _WITHOUT_ITS_TENDER),
    ("a redemption was paid by a voucher that is not spent for it", _WITHOUT_ITS_VOUCHER),
)


def findings(session: Session) -> list[Finding]:
    """Empty when each spent voucher has its one tender, and each voucher tender that stands its spent voucher.

    A reversed redemption keeps its tenders as they were, while its vouchers may have paid again.
    """
    return [
        Finding(invariant="vouchers", what=what, id=str(key))
        for what, question in _QUESTIONS
        for key in session.scalars(sa.text(question)).all()
    ]
