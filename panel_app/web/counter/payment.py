"""The form of the state “amount due”: tender rows as people type them, with faults told beside the field."""

from collections.abc import Mapping

from flask import request

from ledger import Minor, Refusal
from panel_app.programme.redemptions import Payment
from panel_app.programme.refusals import (
    InvalidInput,
    TenderReferenceNeeded,
    TenderReferenceUsed,
    TendersDoNotAddUp,
)
from panel_app.programme.terms import Money, TenderGiven, TenderType
from panel_app.web import formats, messages
from panel_app.web.gettext import gettext as _

ROWS_MAX = 10


class PaymentFaults(Exception):  # noqa: N818 - beside the fields, not an error
    """What is wrong with the form, by field; nothing was taken."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("payment")
        self.errors = errors


def typed() -> dict[str, str]:
    """Everything that was typed, by field, to show it again."""
    return {name: value for name, value in request.form.items() if name.startswith(("tender-", "shop_"))}


def payment_of(booking_id: str, currency: str) -> Payment:
    """The form as a payment; PaymentFaults with the words beside each wrong field."""
    errors: dict[str, str] = {}
    tenders = []
    for row in range(ROWS_MAX):
        if f"tender-{row}-type" not in request.form:
            continue
        tender = _row(row, currency, errors)
        if tender is not None:
            tenders.append(tender)
    if errors:
        raise PaymentFaults(errors)
    return Payment(
        booking_id=booking_id,
        tenders=tuple(tenders),
        shop_receipt=request.form.get("shop_receipt", "").strip() or None,
    )


def faults_of(refusal: Refusal) -> dict[str, str] | None:
    """A refusal of the use case as words beside fields; None when it is not about the form."""
    words = messages.field_text(refusal)
    match refusal:
        case TendersDoNotAddUp(due=due, given=given, currency=currency):
            return {
                "": _(
                    "The amounts make %(given)s, but %(due)s is due.",
                    given=formats.money(Money(amount=given, currency=currency)),
                    due=formats.money(Money(amount=due, currency=currency)),
                )
            }
        case InvalidInput(field="shop_receipt"):
            return {"shop_receipt": words}
        case TenderReferenceNeeded() | TenderReferenceUsed():
            return {_first_field("reference"): words}
        case InvalidInput():
            return {_first_field(refusal.field): words}
        case _:
            return None


def _row(row: int, currency: str, errors: dict[str, str]) -> TenderGiven | None:
    name = f"tender-{row}"
    try:
        kind = TenderType(request.form.get(f"{name}-type", ""))
    except ValueError:
        errors[f"{name}-type"] = _("Choose how it is paid")
        return None
    amount = _amount(f"{name}-amount", currency, errors)
    given = None
    if kind is TenderType.CASH and request.form.get(f"{name}-given", "").strip():
        given = _amount(f"{name}-given", currency, errors)
        if amount is not None and given is not None and given < amount:
            errors[f"{name}-given"] = _("Less than the amount")
    reference = request.form.get(f"{name}-reference", "").strip() or None
    if kind is not TenderType.CASH and reference is None:
        errors[f"{name}-reference"] = _("Enter the number on the card slip")
    if amount is None:
        return None
    return TenderGiven(
        type=kind, amount=amount, given=given, reference=None if kind is TenderType.CASH else reference
    )


def _amount(field: str, currency: str, errors: dict[str, str]) -> Minor | None:
    try:
        return formats.typed_amount(request.form.get(field, ""), currency, field)
    except InvalidInput as refusal:
        errors[field] = messages.field_text(refusal)
        return None


def _first_field(part: str) -> str:
    form: Mapping[str, str] = request.form
    card_rows = [
        row
        for row in range(ROWS_MAX)
        if form.get(f"tender-{row}-type") not in {None, TenderType.CASH.value} or part != "reference"
    ]
    return f"tender-{card_rows[0] if card_rows else 0}-{part}"
