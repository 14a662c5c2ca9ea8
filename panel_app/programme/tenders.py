"""How the cash part is paid: one row a tender, which together are exactly what is due."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ledger import WHOLE_MAX, CashLeg, Minor, Session
from panel_app.programme import vouchers
from panel_app.programme.models import Branch, Redemption, Tender
from panel_app.programme.refusals import (
    InvalidInput,
    TenderNotAccepted,
    TenderReferenceNeeded,
    TenderReferenceUsed,
    TendersDoNotAddUp,
)
from panel_app.programme.rules import Rule
from panel_app.programme.terms import Money, ReceiptTender, TenderGiven, TenderType

REFERENCE_LENGTH_MAX = 64
TENDERS_MAX = 8


def accept(
    session: Session, redemption: Redemption, branch: Branch, tenders: Sequence[TenderGiven]
) -> list[CashLeg]:
    """Check the tenders, with the vouchers that the redemption holds, against what is due, and write them.

    Gives the cash legs to post.
    Raises TenderNotAccepted, TenderReferenceNeeded, TenderReferenceUsed, TendersDoNotAddUp or InvalidInput.
    """
    if len(tenders) > TENDERS_MAX:
        raise InvalidInput(field="tenders", rule=Rule.AT_MOST, high=TENDERS_MAX)
    for tender in tenders:
        _check(branch, tender)
    paid = [*tenders, *vouchers.spend(session, redemption)]
    total = sum(tender.amount for tender in paid)
    if total != redemption.cash_due:
        raise TendersDoNotAddUp(
            due=Minor(redemption.cash_due), given=Minor(total), currency=redemption.currency
        )
    for number, tender in enumerate(paid, start=1):
        _write(session, redemption, number, tender)
    return [
        CashLeg(
            branch_id=branch.id,
            tender=tender.type.value,
            amount=tender.amount,
            currency=redemption.currency,
            reference=tender.reference,
        )
        for tender in paid
    ]


def _check(branch: Branch, tender: TenderGiven) -> None:
    if tender.type is TenderType.VOUCHER:  # it is put on by its code, which says what it is worth
        raise InvalidInput(field="type", rule=Rule.CHOICE)
    if tender.type.value not in branch.tender_types:
        raise TenderNotAccepted(tender=tender.type.value)
    if tender.amount <= 0:
        raise InvalidInput(field="amount", rule=Rule.MORE_THAN_ZERO)
    reference = tender.reference or ""
    if len(reference) > REFERENCE_LENGTH_MAX or "\x00" in reference:
        raise InvalidInput(field="reference", rule=Rule.LENGTH_AT_MOST, high=REFERENCE_LENGTH_MAX)
    if tender.type is TenderType.CASH:
        if tender.given is not None and tender.given > WHOLE_MAX:
            raise InvalidInput(field="given", rule=Rule.AT_MOST, high=WHOLE_MAX)
        if tender.given is not None and tender.given < tender.amount:
            raise InvalidInput(field="given", rule=Rule.AT_LEAST_THE_AMOUNT)
        return
    if tender.given is not None:
        raise InvalidInput(field="given", rule=Rule.CASH_ONLY)
    if not tender.reference:
        raise TenderReferenceNeeded(tender=tender.type.value)


def _write(session: Session, redemption: Redemption, number: int, tender: TenderGiven) -> None:
    insert = sqlite.insert if session.dialect == "sqlite" else postgresql.insert
    # The UNIQUE of the table decides, not a look beforehand: two tills may name one reference at once.
    written = session.execute(
        insert(Tender)
        .values(
            redemption_id=redemption.id,
            number=number,
            branch_id=redemption.branch_id,
            type=tender.type.value,
            amount=tender.amount,
            given=tender.given,
            currency=redemption.currency,
            reference=tender.reference,
        )
        .on_conflict_do_nothing()
        .returning(Tender.number)
    ).one_or_none()
    if written is None:
        raise TenderReferenceUsed(tender=tender.type.value)


def tenders_of(session: Session, redemption_id: UUID) -> list[ReceiptTender]:
    """The tenders of a redemption as its receipt shows them."""
    rows = session.scalars(
        sa.select(Tender).where(Tender.redemption_id == redemption_id).order_by(Tender.number)
    ).all()
    return [
        ReceiptTender(
            type=TenderType(row.type),
            amount=Money(amount=Minor(row.amount), currency=row.currency),
            given=_money(row.given, row.currency),
            change=_money(None if row.given is None else row.given - row.amount, row.currency),
            reference=row.reference,
        )
        for row in rows
    ]


def _money(amount: int | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount=Minor(amount), currency=currency)
