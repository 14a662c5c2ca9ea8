"""The counter's routes for vouchers at the amount due; what is wrong with one is told beside its field."""

from flask import Blueprint, Response

import ledger
from ledger import Refusal
from panel_app.programme import reservations, voucher_tenders
from panel_app.programme.access import Permission
from panel_app.programme.code_refusals import (
    VoucherExpired,
    VoucherNotNeeded,
    VoucherOtherCurrency,
    VoucherUnknown,
    VoucherUsed,
)
from panel_app.programme.refusals import HeldElsewhere, InvalidInput, TenderNotAccepted, TooManyAttempts
from panel_app.web import fields, identity, messages
from panel_app.web.counter import states
from panel_app.web.database import books
from panel_app.web.permissions import needs
from panel_app.web.rate_limits import CODES, limiter

blueprint = Blueprint("vouchers", __name__, url_prefix="/counter/redemptions")

_BESIDE_THE_FIELD = (
    *(VoucherUnknown, VoucherUsed, VoucherExpired, VoucherOtherCurrency, VoucherNotNeeded),
    *(HeldElsewhere, TenderNotAccepted, TooManyAttempts, InvalidInput),
)


@blueprint.post("/<booking_id>/vouchers")
@needs(Permission.REDEEM)
@limiter.limit(CODES)
def add(booking_id: str) -> Response:
    """A voucher's code, typed or by a scanner into its field."""
    try:
        code = fields.required("voucher")
        return states.amount_due(voucher_tenders.add(books(), identity.actor(), booking_id, code))
    except Refusal as refusal:
        if not isinstance(refusal, _BESIDE_THE_FIELD):
            raise
        return _form_again(booking_id, refusal)


@blueprint.post("/<booking_id>/vouchers/take-off")
@needs(Permission.REDEEM)
def take_off(booking_id: str) -> Response:
    """A voucher that is not to pay after all."""
    voucher_id = fields.identity("voucher_id")
    return states.amount_due(voucher_tenders.take_off(books(), identity.actor(), booking_id, voucher_id))


def _form_again(booking_id: str, refusal: Refusal) -> Response:
    with ledger.read(books()):
        reservation = reservations.by_booking_id(books(), identity.actor(), booking_id)
    response = states.amount_due(reservation, errors={"voucher": messages.field_text(refusal)})
    response.status_code = 422
    return response
