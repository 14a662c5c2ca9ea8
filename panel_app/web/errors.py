"""Reason → HTTP status, and what a browser is shown when something is refused or fails. Words: messages.py."""

import uuid
from typing import assert_never

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, Unauthorized

from ledger import Reason, Refusal
from panel_app.web import localisation, locked, messages
from panel_app.web.api import problems
from panel_app.web.gettext import gettext as _
from panel_app.web.locked import Lock, TillLost

log = structlog.get_logger()


def status_of(reason: Reason) -> int:
    """The HTTP status of a refusal (api.md, “Status”)."""
    match reason:
        case (
            Reason.NOT_FOUND
            | Reason.UNKNOWN_CODE
            | Reason.CODE_NOT_ACCEPTED
            | Reason.CODE_NOT_ISSUED_YET
            | Reason.VOUCHER_UNKNOWN
        ):
            return 404
        case (
            Reason.CLAIM_EXPIRED
            | Reason.HOLD_EXPIRED
            | Reason.REDEMPTION_EXPIRED
            | Reason.UNDO_OVER
            | Reason.STALE_MEMBER_CODE
            | Reason.VISIT_OVER
            | Reason.VOUCHER_EXPIRED
        ):
            return 410
        case (
            Reason.INVALID_INPUT
            | Reason.MORE_THAN_HOLD
            | Reason.KEY_REUSED
            | Reason.FOREIGN_CODE
            | Reason.MISTYPED_CODE
            | Reason.FORGED_CODE
            | Reason.OTHER_PROGRAMME
            | Reason.MEMBER_CODE_AHEAD
            | Reason.IMAGE_NOT_ACCEPTED
            | Reason.NO_CODE_IN_IMAGE
            | Reason.SEVERAL_CODES
            | Reason.SEVERAL_MEMBERS
            | Reason.TENDERS_DO_NOT_ADD_UP
            | Reason.TENDER_REFERENCE_NEEDED
        ):
            return 422
        case Reason.NOT_ALLOWED | Reason.TILL_NOT_ENROLLED | Reason.PROOF_TOO_WEAK | Reason.PIN_NEEDED:
            return 403
        case Reason.SIGN_IN_FAILED | Reason.WRONG_PIN:
            return 401
        case Reason.LOCKED_OUT | Reason.TOO_MANY_ATTEMPTS | Reason.TOO_MANY_WRONG_SCANS | Reason.READER_BUSY:
            return 429
        case (
            Reason.NOT_ENOUGH_POINTS
            | Reason.POINTS_NOT_YET_POSTED
            | Reason.HOLD_CLOSED
            | Reason.BELONGS_TO_BOOKING
            | Reason.KEY_IN_USE
            | Reason.REPLAYED_MEMBER_CODE
            | Reason.CLAIM_CANCELLED
            | Reason.CLAIM_REPLACED
            | Reason.ALREADY_REDEEMED
            | Reason.NOT_YET_VALID
            | Reason.WRONG_BRANCH
            | Reason.TYPE_NOT_ACCEPTED
            | Reason.HELD_ELSEWHERE
            | Reason.MEMBER_SUSPENDED
            | Reason.MEMBER_CLOSED
            | Reason.OWN_ACCOUNT
            | Reason.OUT_OF_STOCK
            | Reason.LIMIT_REACHED
            | Reason.REWARD_WITHDRAWN
            | Reason.DIRECT_REDEMPTION_OFF
            | Reason.CLAIM_NEEDED
            | Reason.PRICE_NOT_OFFERED
            | Reason.REDEMPTION_CLOSED
            | Reason.TENDER_NOT_ACCEPTED
            | Reason.TENDER_REFERENCE_USED
            | Reason.NO_CODE_LEFT
            | Reason.VOUCHER_USED
            | Reason.VOUCHER_OTHER_CURRENCY
            | Reason.VOUCHER_NOT_NEEDED
            | Reason.ALREADY_REVERSED
            | Reason.NOT_REVERSIBLE
            | Reason.CONVERSION_CLOSED
        ):
            return 409
        case _:
            assert_never(reason)


def init_app(app: Flask) -> None:
    """Answer refusals and faults in the form that the asker reads: a fragment at the counter, else a page."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _page_out_of_date)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(InternalServerError, _fault_outside_a_route)
    app.register_error_handler(Exception, _fault)


def wants_fragment() -> bool:
    """Whether the counter's script asks, which puts the answer into its page."""
    return request.headers.get("Countermark-Fragment") == "1"


def refused(refusal: Refusal) -> Response:
    """The counter's state “refused”."""
    # The counter reads 429 as “wait with the frames”; a person who typed must see the reason.
    status = status_of(refusal.reason)
    response = make_response(render_template("counter/states/refused.html", refusal=refusal))
    response.status_code = 409 if status in {401, 429} else status
    response.headers["Countermark-State"] = "refused"
    return response


def _refused(refusal: Refusal) -> Response:
    if problems.are_asked_for():
        return problems.of_refusal(refusal, status_of(refusal.reason))
    if wants_fragment():
        return refused(refusal)
    return _page(status_of(refusal.reason), messages.title_of(refusal), messages.action_of(refusal))


def _page_out_of_date(error: CSRFError) -> Response:
    del error
    if wants_fragment():
        return locked.shown(Lock.OUT_OF_DATE)
    return _page(400, _("This page is out of date"), _("Go back, load the page again and repeat the step."))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 - redirects are no errors
        return Response(error.get_response(request.environ).response, status, error.get_headers())
    if problems.are_asked_for():
        return problems.of_http_error(error)
    if wants_fragment() and isinstance(error, Unauthorized | TillLost):
        return locked.shown(Lock.TILL_LOST if isinstance(error, TillLost) else Lock.SIGNED_OUT)
    titles = {
        401: (_("Please sign in"), _("Sign in to go on.")),
        403: (_("You may not do this"), _("Ask your manager.")),
        404: (_("There is no such page"), _("Go back to the start.")),
        405: (_("This can't be done here"), _("Go back to the start.")),
        413: (_("That is too large"), _("Send a smaller picture.")),
        429: (_("Too many requests"), _("Wait a moment and try again.")),
    }
    title, text = titles.get(status, (_("That did not work"), _("Go back and try again.")))
    response = _page(status, title, text)
    for name in ("Retry-After", "Allow", "WWW-Authenticate"):
        if error.response is None and name in dict(error.get_headers()):
            response.headers[name] = dict(error.get_headers())[name]
    return response


def _fault_outside_a_route(error: InternalServerError) -> Response:
    """What failed before a route was asked, such as the reading of the session."""
    return _fault(error.original_exception or error)


def _fault(error: BaseException) -> Response:
    incident = uuid.uuid4().hex[:10]
    # The engines hide parameters, so that a database's message carries no member's data into the log.
    log.error("fault", incident=incident, endpoint=request.endpoint, exc_info=error)
    is_away = isinstance(error, OperationalError)  # it may be back in a moment
    if problems.are_asked_for():
        return problems.of_fault(503 if is_away else 500, incident)
    # Without the layout and what every template may name: the session and its user may be what failed.
    html = current_app.jinja_env.get_template("fault.html").render(
        localisation.context(),
        title=_("Something went wrong"),
        text=_("Nothing was half done. Try again."),
        incident=incident,
    )
    if is_away:
        return make_response(html, 503, {"Retry-After": "5"})
    return make_response(html, 500)


def _page(status: int, title: str, text: str) -> Response:
    return make_response(render_template("error.html", status=status, title=title, text=text), status)
