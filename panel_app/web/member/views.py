"""The member's phone: sign-in by PIN, balance and changing code, rewards to claim, claims and orders."""

import secrets

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup

import ledger
from ledger import MemberId, Refusal
from panel_app.programme import claiming, member_codes, own_account
from panel_app.programme.access import Actor, Permission
from panel_app.programme.claiming import ClaimOrder
from panel_app.programme.refusals import NotAllowed
from panel_app.web import errors, fields, identity, messages
from panel_app.web.database import books
from panel_app.web.permissions import needs
from panel_app.web.rate_limits import SIGN_INS, limiter
from scanner import qr_svg

blueprint = Blueprint("member", __name__, url_prefix="/me")

IDENTIFIER_LENGTH_MAX = 254  # the longest e-mail address
PIN_LENGTH_MAX = 12


@blueprint.get("/sign-in")
@needs(Permission.PUBLIC)
@limiter.limit(SIGN_INS)
def sign_in_form() -> str:
    """The form for number, phone or e-mail and PIN."""
    return render_template("member/sign_in.html", form_errors=[])


@blueprint.post("/sign-in")
@needs(Permission.PUBLIC)
@limiter.limit(SIGN_INS)
def sign_in() -> str | Response | tuple[str, int]:
    """Sign the member in; this phone gets the secret of its own changing codes."""
    public = Actor(
        client="public",
        source=identity.MEMBER_APP,
        permissions=frozenset(),
        request_id=identity.request_id(),
    )
    try:
        phone = member_codes.sign_in_phone(
            books(),
            public,
            fields.text("identifier", IDENTIFIER_LENGTH_MAX),
            request.form.get("pin", "")[:PIN_LENGTH_MAX],
        )
    except Refusal as refusal:
        words = f"{messages.title_of(refusal)}. {messages.action_of(refusal)}"
        page = render_template("member/sign_in.html", form_errors=[words])
        return page, errors.status_of(refusal.reason)
    identity.begin(f"member:{phone.member_id}", device_id=str(phone.device_id))
    return _home()


@blueprint.post("/sign-out")
@needs(Permission.MEMBER_SELF)
def sign_out() -> Response:
    """End the session on this phone."""
    identity.end()
    return redirect(url_for("member.sign_in_form"))  # type: ignore[return-value]


@blueprint.get("")
@needs(Permission.MEMBER_SELF)
def home() -> str:
    """Balance, code, claims and orders."""
    with ledger.read(books()):
        account = own_account.account_of(books(), identity.actor())
    own = [
        {
            "face": claim.face,
            "code": claim.code,
            "short_code": claim.short_code,
            "pin": claim.pin,
            "by_pin_alone": claim.by_pin_alone,
            "qr_svg": Markup(qr_svg(claim.code)),  # noqa: S704 - drawn by our own scanner
        }
        for claim in account.claims
    ]
    return render_template(
        "member/home.html",
        member=account.member,
        claims=own,
        expired=account.expired,
        orders=account.orders,
    )


@blueprint.get("/code")
@needs(Permission.MEMBER_SELF)
def code() -> Response:
    """The changing code of this moment, as text, drawing and seconds left."""
    person = identity.signed_in()
    if person.actor.member_id is None or person.device_id is None:
        raise NotAllowed(permission=Permission.MEMBER_SELF.value)
    with ledger.read(books()):
        shown = member_codes.shown_code(books(), person.actor.member_id, person.device_id)
    return jsonify(
        text=shown.text, svg=qr_svg(shown.text), typed=shown.typed, seconds_left=shown.seconds_left
    )


@blueprint.get("/rewards")
@needs(Permission.MEMBER_SELF)
def rewards() -> str:
    """What the points can be claimed for."""
    return _rewards([])


@blueprint.post("/claims")
@needs(Permission.MEMBER_SELF)
def claim() -> str | Response | tuple[str, int]:
    """Claim a reward for the own points; a second press claims nothing more."""
    actor = identity.actor()
    try:
        claiming.make_claim(
            books(),
            actor,
            fields.key(),
            ClaimOrder(
                member_id=_own_id(actor),
                reward_id=fields.identity("reward_id"),
                option_id=fields.optional_identity("option_id"),
                quantity=fields.whole("quantity", default=1),
            ),
        )
    except Refusal as refusal:
        words = f"{messages.title_of(refusal)}. {messages.action_of(refusal)}"
        return _rewards([words]), errors.status_of(refusal.reason)
    return _home()


def _rewards(form_errors: list[str]) -> str:
    with ledger.read(books()):
        offers = own_account.rewards_for(books(), identity.actor())
    return render_template(
        "member/rewards.html", offers=offers, key=secrets.token_urlsafe(16), form_errors=form_errors
    )


def _own_id(actor: Actor) -> MemberId:
    if actor.member_id is None:
        raise NotAllowed(permission=Permission.MEMBER_SELF.value)
    return actor.member_id


def _home() -> Response:
    return redirect(url_for("member.home"))  # type: ignore[return-value]
