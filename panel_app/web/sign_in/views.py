"""Signing in for one branch and till, and out again. Passwords are judged in programme/operators.py."""

from flask import Blueprint, Response, redirect, render_template, request, session, url_for

import ledger
from ledger import Refusal
from panel_app.programme import choosing_place, operators
from panel_app.programme.access import Permission
from panel_app.web import errors, fields, identity, messages
from panel_app.web.database import books
from panel_app.web.gettext import gettext as _
from panel_app.web.permissions import needs
from panel_app.web.rate_limits import SIGN_INS, limiter
from panel_app.web.sign_in import devices

blueprint = Blueprint("sign_in", __name__)

PASSWORD_LENGTH_MAX = 256


@blueprint.get("/sign-in")
@needs(Permission.PUBLIC)
@limiter.limit(SIGN_INS)
def form() -> str:
    """The form for user name and password."""
    return render_template("sign_in/form.html", form_errors=[])


@blueprint.post("/sign-in")
@needs(Permission.PUBLIC)
@limiter.limit(SIGN_INS)
def submit() -> str | Response | tuple[str, int]:
    """Judge name and password; on to choosing the place."""
    try:
        operator_id = operators.sign_in(
            books(),
            identity.public_actor(),
            fields.text("username", operators.USERNAME_LENGTH_MAX),
            request.form.get("password", "")[:PASSWORD_LENGTH_MAX],
        )
    except Refusal as refusal:
        words = f"{messages.title_of(refusal)}. {messages.action_of(refusal)}"
        page = render_template("sign_in/form.html", form_errors=[words])
        return page, errors.status_of(refusal.reason)
    identity.begin(f"operator:{operator_id}")
    return _to("sign_in.place")


@blueprint.get("/sign-in/place")
@needs(Permission.SIGNED_IN)
def place() -> str:
    """The tills that are open to this user in this browser; why it is asked again, if it is."""
    return _places([_till_lost()] if identity.signed_in().has_lost_till else [])


@blueprint.post("/sign-in/place")
@needs(Permission.SIGNED_IN)
def choose() -> str | Response | tuple[str, int]:
    """Take a till; everything seen and done from now on is of its branch."""
    try:
        chosen = choosing_place.choose(books(), identity.actor(), fields.identity("till_id"), devices.token())
    except Refusal as refusal:
        books().rollback()  # a choice that is refused has only read
        words = f"{messages.title_of(refusal)}. {messages.action_of(refusal)}"
        return _places([words]), errors.status_of(refusal.reason)
    session["branch_id"] = str(chosen.place.branch_id)
    session["till_id"] = str(chosen.place.till_id)
    response = _to("counter.page")
    if chosen.token is not None:
        devices.keep(response, chosen.token)
    return response


@blueprint.post("/sign-out")
@needs(Permission.SIGNED_IN)
def sign_out() -> Response:
    """End the session; a copied cookie is worth nothing from now on."""
    identity.end()
    return _to("sign_in.form")


def _till_lost() -> str:
    return _("This browser is no till any more: another one has taken it over, or a manager has revoked it.")


def _places(form_errors: list[str]) -> str:
    operator_id = identity.actor().operator_id
    with ledger.read(books()):
        choices = (
            [] if operator_id is None else choosing_place.places_open(books(), operator_id, devices.token())
        )
    return render_template("sign_in/place.html", choices=choices, form_errors=form_errors)


def _to(endpoint: str) -> Response:
    return redirect(url_for(endpoint))  # type: ignore[return-value]
