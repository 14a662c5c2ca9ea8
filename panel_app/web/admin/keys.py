"""Keys of the API for the programme's administrator: who has one, a new one, its rotation, its end."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

import ledger
from ledger import NotFound, Refusal
from panel_app.programme import api_clients, branches, key_faces
from panel_app.programme.access import Permission
from panel_app.programme.api_clients import NewKey
from panel_app.programme.key_faces import KeyFace
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.scopes import Scope
from panel_app.programme.told_once import Secret
from panel_app.web import errors, fields, formats, identity, messages
from panel_app.web.admin import overlaps
from panel_app.web.admin.scope_routes import ROUTES
from panel_app.web.database import books
from panel_app.web.permissions import needs

blueprint = Blueprint("admin_keys", __name__, url_prefix="/admin/keys")

EVERY_BRANCH = "every"
BRANCHES_MAX = 1000
USUALLY_LASTS = timedelta(days=365)
_NEVER = datetime.max.replace(tzinfo=UTC)


@blueprint.get("")
@needs(Permission.ADMINISTER)
def page() -> str:
    """Every key: those in use by what ends first, then those that ended."""
    with ledger.read(books()):
        faces = key_faces.keys(books(), identity.actor())
        names = branches.branch_names(books())
    return render_template(
        "admin/keys.html",
        in_use=sorted((key for key in faces if key.is_good), key=lambda key: key.expires_at or _NEVER),
        ended=sorted((key for key in faces if key.ended_at), key=_ended_at, reverse=True),
        branch_names=names,
    )


@blueprint.get("/new")
@needs(Permission.ADMINISTER)
def new() -> str:
    """The form of a new key."""
    return _form({})


@blueprint.post("")
@needs(Permission.ADMINISTER)
def make() -> str | tuple[str, int]:
    """Make a key and show it: this answer is the one place where it ever stands."""
    try:
        secret = api_clients.issue_key_once(books(), identity.actor(), fields.key(), _new_key())
    except Refusal as refusal:
        return _form(messages.beside_fields(refusal)), errors.status_of(refusal.reason)
    return _shown(secret, None)


@blueprint.get("/<prefix>")
@needs(Permission.ADMINISTER)
def key(prefix: str) -> str:
    """One key: what it may do, its rotation and its end."""
    return _key(prefix, {})


@blueprint.post("/<prefix>/rotate")
@needs(Permission.ADMINISTER)
def rotate(prefix: str) -> str | tuple[str, int]:
    """Make a key that may do the same and show it; the old one goes on for the overlap."""
    try:
        secret = api_clients.rotate_key_once(
            books(), identity.actor(), fields.key(), prefix, overlaps.chosen()
        )
    except Refusal as refusal:
        return _key(prefix, messages.beside_fields(refusal)), errors.status_of(refusal.reason)
    return _shown(secret, prefix)


@blueprint.get("/<prefix>/revoke")
@needs(Permission.ADMINISTER)
def ask_to_revoke(prefix: str) -> str:
    """What stops working, before it does."""
    with ledger.read(books()):
        face = key_faces.key_by_prefix(books(), identity.actor(), prefix)
        others = [
            other
            for other in key_faces.keys(books(), identity.actor())
            if other.is_good and other.client == face.client and other.prefix != prefix
        ]
    return render_template("admin/revoke_key.html", face=face, others=others)


@blueprint.post("/<prefix>/revoke")
@needs(Permission.ADMINISTER)
def revoke(prefix: str) -> Response:
    """End the key at once. Pressed twice it is shown as ended."""
    with suppress(NotFound):  # ended already, or unknown: the page that follows says which
        api_clients.revoke_key(books(), identity.actor(), prefix)
    return redirect(url_for("admin_keys.key", prefix=prefix))


def _form(form_errors: dict[str, str]) -> str:
    with ledger.read(books()):
        clients = key_faces.clients(books(), identity.actor())
        names = branches.branch_names(books())
        now = books().clock.now()
    return render_template(
        "admin/new_key.html",
        errors=form_errors,
        clients=clients,
        branch_names=names,
        routes=ROUTES,
        today=formats.today(now),
        usual_end=formats.today(now + USUALLY_LASTS),
        key=ledger.new_id(),
    )


def _key(prefix: str, form_errors: dict[str, str]) -> str:
    with ledger.read(books()):
        face = key_faces.key_by_prefix(books(), identity.actor(), prefix)
        names = branches.branch_names(books())
    return render_template(
        "admin/key.html",
        face=face,
        errors=form_errors,
        branch_names=names,
        routes=ROUTES,
        overlaps=overlaps.OFFERED,
        usual_overlap=overlaps.USUAL,
        key=ledger.new_id(),
    )


def _shown(secret: Secret, rotated: str | None) -> str:
    with ledger.read(books()):
        face = key_faces.key_by_prefix(books(), identity.actor(), secret.name)
        old = rotated and key_faces.key_by_prefix(books(), identity.actor(), rotated)
    return render_template("admin/made_key.html", face=face, secret=secret.text, old=old)


def _ended_at(face: KeyFace) -> datetime:
    return face.ended_at or _NEVER


def _new_key() -> NewKey:
    last_day = fields.day(fields.text("expires_on", 10), "expires_on")
    return NewKey(
        client=fields.required("client", api_clients.NAME_LENGTH_MAX),
        source=fields.required("source", api_clients.NAME_LENGTH_MAX),
        scopes=_scopes(),
        branch_ids=_branch_ids(),
        expires_at=None if last_day is None else formats.midnight(last_day + timedelta(days=1)),
    )


def _scopes() -> frozenset[Scope]:
    try:
        return frozenset(Scope(text) for text in fields.texts("scope", len(Scope)))
    except ValueError:
        raise InvalidInput(field="scope", rule=Rule.CHOICE) from None


def _branch_ids() -> Sequence[UUID]:
    """None for every branch, which has to be said: a form left empty must not open all of them."""
    chosen = fields.texts("branch", BRANCHES_MAX)
    if not chosen:
        raise InvalidInput(field="branch", rule=Rule.REQUIRED)
    if EVERY_BRANCH in chosen:
        return ()
    try:
        return tuple(UUID(text) for text in chosen)
    except ValueError:
        raise InvalidInput(field="branch", rule=Rule.CHOICE) from None
