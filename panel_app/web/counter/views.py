"""The counter's routes: each parses, calls one use case of the spine, and answers with the next state."""

from contextlib import closing
from dataclasses import replace

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from markupsafe import Markup

import ledger
from ledger import Refusal
from panel_app.programme import counter, outcomes, receipts, redemptions, reservations, reversals
from panel_app.programme.access import Permission
from panel_app.programme.baskets import Order
from panel_app.programme.refusals import ImageNotAccepted, ReaderBusy
from panel_app.programme.scanned_texts import Scanned
from panel_app.programme.terms import BookingAtCounter, EntryMode
from panel_app.web import fields, identity
from panel_app.web.counter import choices, payment, reading, states, texts
from panel_app.web.database import books
from panel_app.web.permissions import needs
from panel_app.web.rate_limits import CODES, FRAMES, limiter
from scanner import BYTES_MAX, qr_svg

blueprint = Blueprint("counter", __name__, url_prefix="/counter")

FRAME_BYTES_MAX = 1024 * 1024
_debounce = reading.Debounce()


@blueprint.get("")
@needs(Permission.REDEEM)
def page() -> str | Response:
    """The one page of the counter; loaded again, it shows what this till has still reserved."""
    actor = identity.actor()
    if actor.till_id is None:
        return redirect(url_for("sign_in.place"))  # type: ignore[return-value]
    with ledger.read(books()):
        waiting = reservations.open_at_till(books(), actor)
        context = _outcomes()
    if waiting is None:
        return render_template("counter/page.html", state="ready", **context)
    return render_template(
        "counter/page.html",
        state="amount_due",
        reservation=waiting,
        seconds_left=states.seconds_until(waiting.expires_at),
        **context,
    )


@blueprint.get("/outcomes", endpoint="outcomes")
@needs(Permission.REDEEM)
def outcomes_of_till() -> Response:
    """The till's last outcomes and the totals of its day."""
    with ledger.read(books()):
        response = make_response(render_template("counter/outcomes.html", **_outcomes()))
    response.headers["Countermark-State"] = "outcomes"
    return response


@blueprint.post("/frames")
@needs(Permission.REDEEM)
@limiter.limit(FRAMES)
def frames() -> Response:
    """One frame of the live camera: the next state, or 204 when there is nothing new in it."""
    data = request.get_data(cache=False)
    if len(data) > FRAME_BYTES_MAX:
        raise ImageNotAccepted(why="too_large_bytes")
    till = str(identity.actor().till_id)
    try:
        scanned, wait_ms = reading.read_frame(data, till)
    except ReaderBusy:
        # The limiter writes this header anew, in whole seconds cut off: of two at least one is left.
        return Response(status=429, headers={"Retry-After": "2"})
    if scanned is None or _is_seen_already(scanned):
        response = Response(status=204)
    else:
        response = choices.shown(replace(scanned, visit_id=fields.visit_on_screen()))
    if wait_ms:
        # The answer is a fragment or nothing at all, so this stands in its head.
        response.headers["Countermark-Wait-Ms"] = str(wait_ms)
    return response


@blueprint.post("/photos")
@needs(Permission.REDEEM)
@limiter.limit(CODES)
def photos() -> Response:
    """One photo, chosen instead of the camera."""
    photo = request.files.get("photo")
    if photo is None:
        raise ImageNotAccepted(why="empty")
    with closing(photo):  # a large one lies in a file
        data = photo.stream.read(BYTES_MAX + 1)
    return choices.shown(replace(reading.read_photo(data), visit_id=fields.visit_on_screen()))


@blueprint.post("/codes")
@needs(Permission.REDEEM)
@limiter.limit(CODES)
def codes() -> Response:
    """A code as text: by a wedge scanner, the browser's own detector, a choice between several, or typed."""
    scanned = texts.scanned()
    beside = fields.texts("beside", texts.TEXTS_MAX)
    if beside:
        _let_lie(scanned, beside)
    elif scanned.mode is EntryMode.CAMERA and _is_seen_already(scanned):
        return Response(status=204)
    return choices.shown(scanned)


@blueprint.post("/prices")
@needs(Permission.REDEEM)
def prices() -> Response:
    """One reward's price options for the member at the counter."""
    visit_id, reward_id = fields.identity("visit_id"), fields.identity("reward_id")
    return states.shown(counter.price(books(), identity.actor(), visit_id, reward_id))


@blueprint.post("/redemptions")
@needs(Permission.REDEEM)
def reserve() -> Response:
    """The price is accepted: hold, and say what is due."""
    return states.shown(redemptions.reserve(books(), identity.actor(), fields.key(), _order()))


@blueprint.post("/redemptions/at-once")
@needs(Permission.REDEEM)
def redeem_at_once() -> Response:
    """A claim with nothing left to pay: hold and confirm in one request."""
    return states.shown(redemptions.redeem_at_once(books(), identity.actor(), fields.key(), _order()))


@blueprint.post("/redemptions/<booking_id>/confirm")
@needs(Permission.REDEEM)
def confirm(booking_id: str) -> Response:
    """Take the points and post the cash; a fault in the form is told beside its field."""
    try:
        given = payment.payment_of(booking_id, identity.place().currency)
        return states.shown(redemptions.confirm(books(), identity.actor(), fields.key(), given))
    except payment.PaymentFaults as faults:
        return _form_again(booking_id, faults.errors)
    except Refusal as refusal:
        beside = payment.faults_of(refusal)
        if beside is None:
            raise
        return _form_again(booking_id, beside)


@blueprint.post("/redemptions/<booking_id>/cancel")
@needs(Permission.REDEEM)
def cancel(booking_id: str) -> Response:
    """Release everything; nothing was taken."""
    redemptions.cancel(books(), identity.actor(), booking_id)
    return states.state("ready")


@blueprint.post("/redemptions/<booking_id>/undo")
@needs(Permission.UNDO)
def undo(booking_id: str) -> Response:
    """The operator takes the own Confirm back, within a minute."""
    receipt = reversals.undo(books(), identity.actor(), fields.key(), reversals.Undo(booking_id=booking_id))
    return states.shown(BookingAtCounter(receipt=receipt))


@blueprint.post("/redemptions/<booking_id>/renew")
@needs(Permission.REDEEM)
def renew(booking_id: str) -> Response:
    """The page is still open: the hold lasts on, ten minutes at most."""
    until = redemptions.renew(books(), identity.actor(), booking_id)
    return jsonify(expires_at=until.isoformat(), seconds_left=states.seconds_until(until))


@blueprint.post("/outcome")
@needs(Permission.REDEEM)
def outcome() -> Response:
    """“Did it go through?”: what became of the page's key."""
    found = redemptions.outcome_of_key(books(), identity.actor(), fields.key())
    return states.state("unknown") if found is None else states.shown(found)


@blueprint.get("/receipts/<booking_id>")
@needs(Permission.REDEEM)
def receipt(booking_id: str) -> str:
    """The receipt for printing, 80 mm or A4."""
    with ledger.read(books()):
        redemption = receipts.by_booking_id(books(), booking_id, identity.actor().branch())
        found = receipts.receipt_of(books(), redemption)
    return render_template("receipt.html", receipt=found, qr_svg=Markup(qr_svg(found.booking_id)))  # noqa: S704


def _is_seen_already(scanned: Scanned) -> bool:
    till = str(identity.actor().till_id)
    if fields.asks_anew():
        _debounce.forget(till)
    return _debounce.is_repeat(till, *texts.all_of(scanned))


def _let_lie(chosen: Scanned, beside: list[str]) -> None:
    """The codes that were not chosen still lie there, with the chosen one and alone: neither is news."""
    till = str(identity.actor().till_id)
    _debounce.is_repeat(till, chosen.text, *beside)
    for text in beside:
        _debounce.is_repeat(till, text)


def _order() -> Order:
    option_id = fields.optional_identity("option_id")
    return Order.one(
        visit_id=fields.identity("visit_id"),
        claim_id=fields.optional_identity("claim_id"),
        reward_id=fields.optional_identity("reward_id"),
        option_id=option_id,
        units=fields.whole("units", default=1),
        # Each sliding price of the page has a field of its own; the chosen one's counts.
        points=fields.optional_whole(f"points-{option_id}"),
    )


def _form_again(booking_id: str, faults: dict[str, str]) -> Response:
    with ledger.read(books()):
        reservation = reservations.by_booking_id(books(), identity.actor(), booking_id)
    response = states.amount_due(reservation, typed=payment.typed(), errors=faults)
    response.status_code = 422
    return response


def _outcomes() -> dict[str, object]:
    totals = outcomes.shift_totals(books(), identity.actor())
    return {"outcomes": outcomes.last_outcomes(books(), identity.actor()), "totals": totals}
