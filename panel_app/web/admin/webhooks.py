"""Webhook endpoints for the programme's administrator: what is told where, how it goes, what is sent once more."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import ledger
from ledger import Refusal
from panel_app.programme import key_faces, webhook_faces, webhook_replays, webhooks
from panel_app.programme.access import Permission
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.told_once import Secret
from panel_app.programme.webhook_terms import EventType
from panel_app.programme.webhooks import NewEndpoint
from panel_app.receivers import addresses_of
from panel_app.web import errors, fields, formats, identity, messages
from panel_app.web.admin import overlaps
from panel_app.web.database import books
from panel_app.web.permissions import needs

blueprint = Blueprint("admin_webhooks", __name__, url_prefix="/admin/webhooks")


@blueprint.get("")
@needs(Permission.ADMINISTER)
def page() -> str:
    """Every endpoint and how it stands."""
    with ledger.read(books()):
        faces = webhook_faces.endpoints(books(), identity.actor())
    return render_template("admin/webhooks.html", endpoints=faces)


@blueprint.get("/new")
@needs(Permission.ADMINISTER)
def new() -> str:
    """The form of a new endpoint."""
    return _form({})


@blueprint.post("")
@needs(Permission.ADMINISTER)
def make() -> str | tuple[str, int]:
    """Add an endpoint and show its secret: this answer is the one place where it ever stands."""
    try:
        secret = webhooks.add_endpoint_once(books(), identity.actor(), fields.key(), _new_endpoint())
    except Refusal as refusal:
        return _form(messages.beside_fields(refusal)), errors.status_of(refusal.reason)
    return _shown(secret)


@blueprint.get("/<uuid:id>")
@needs(Permission.ADMINISTER)
def endpoint(id: UUID) -> str:  # noqa: A002 - as the address calls it
    """One endpoint with its deliveries, a page at a time."""
    return _endpoint(id, {})


@blueprint.post("/<uuid:id>/rotate")
@needs(Permission.ADMINISTER)
def rotate(id: UUID) -> str | tuple[str, int]:  # noqa: A002 - as the address calls it
    """Make a new secret and show it; the old one signs as well for the overlap."""
    try:
        secret = webhooks.rotate_secret_once(books(), identity.actor(), fields.key(), id, overlaps.chosen())
    except Refusal as refusal:
        return _endpoint(id, messages.beside_fields(refusal)), errors.status_of(refusal.reason)
    return _shown(secret)


@blueprint.post("/<uuid:id>/disable")
@needs(Permission.ADMINISTER)
def disable(id: UUID) -> Response:  # noqa: A002 - as the address calls it
    """Send nothing there any more."""
    webhooks.disable(books(), identity.actor(), id)
    return redirect(url_for("admin_webhooks.endpoint", id=id))


@blueprint.post("/<uuid:id>/enable")
@needs(Permission.ADMINISTER)
def enable(id: UUID) -> Response:  # noqa: A002 - as the address calls it
    """Send there again, from now on."""
    webhooks.enable(books(), identity.actor(), id)
    return redirect(url_for("admin_webhooks.endpoint", id=id))


@blueprint.post("/<uuid:id>/deliveries/<uuid:event_id>/again")
@needs(Permission.ADMINISTER)
def send_again(id: UUID, event_id: UUID) -> Response:  # noqa: A002 - as the address calls it
    """One delivery begins anew."""
    count = webhook_replays.replay_one_once(books(), identity.actor(), fields.key(), id, event_id)
    return _begun(id, count)


@blueprint.post("/<uuid:id>/failed-again")
@needs(Permission.ADMINISTER)
def send_failed_again(id: UUID) -> Response:  # noqa: A002 - as the address calls it
    """What was given up begins anew."""
    return _begun(id, webhook_replays.replay_failed_once(books(), identity.actor(), fields.key(), id))


@blueprint.post("/<uuid:id>/again")
@needs(Permission.ADMINISTER)
def send_since_again(id: UUID) -> Response | tuple[str, int]:  # noqa: A002 - as the address calls it
    """Everything since a day begins anew."""
    try:
        since = formats.midnight(fields.required_day("since"))
        count = webhook_replays.replay_since_once(books(), identity.actor(), fields.key(), id, since)
    except InvalidInput as refusal:
        return _endpoint(id, messages.beside_fields(refusal)), errors.status_of(refusal.reason)
    return _begun(id, count)


def _begun(endpoint_id: UUID, count: int) -> Response:
    return redirect(url_for("admin_webhooks.endpoint", id=endpoint_id, begun=count))


def _form(form_errors: dict[str, str]) -> str:
    with ledger.read(books()):
        clients = key_faces.clients(books(), identity.actor())
    return render_template(
        "admin/new_webhook.html",
        errors=form_errors,
        clients=clients,
        events=list(EventType),
        key=ledger.new_id(),
    )


def _endpoint(endpoint_id: UUID, form_errors: dict[str, str]) -> str:
    before = request.args.get("cursor", "")
    try:
        cursor = UUID(before) if before else None
    except ValueError:
        raise InvalidInput(field="cursor", rule=Rule.ID) from None
    with ledger.read(books()):
        face = webhook_faces.endpoint_face(books(), identity.actor(), endpoint_id)
        deliveries = webhook_faces.deliveries_of(books(), identity.actor(), endpoint_id, cursor)
        now = books().clock.now()
    return render_template(
        "admin/webhook.html",
        face=face,
        deliveries=deliveries,
        errors=form_errors,
        begun=request.args.get("begun", type=int),
        today=formats.today(now),
        overlaps=overlaps.OFFERED,
        usual_overlap=overlaps.USUAL,
        new_key=ledger.new_id,
    )


def _shown(secret: Secret) -> str:
    with ledger.read(books()):
        face = webhook_faces.endpoint_face(books(), identity.actor(), UUID(secret.name))
    return render_template("admin/made_secret.html", face=face, secret=secret.text)


def _new_endpoint() -> NewEndpoint:
    url = fields.required("url", webhooks.URL_LENGTH_MAX)
    try:
        events = frozenset(EventType(text) for text in fields.texts("event", len(EventType)))
    except ValueError:
        raise InvalidInput(field="event", rule=Rule.CHOICE) from None
    client = fields.required("client", webhooks.URL_LENGTH_MAX)
    return NewEndpoint(client=client, url=url, events=events, addresses=addresses_of(url))
