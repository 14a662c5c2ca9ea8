"""Webhook endpoints of API clients: added, rotated with an overlap, disabled, enabled. Sends nothing.

A secret is told once and kept encrypted: unlike a key of the API it is needed again, to sign.
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Session, new_id
from panel_app.programme import audit
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import ApiClient, WebhookEndpoint
from panel_app.programme.programme_facts import programme_of
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Keyed, Step, plain
from panel_app.programme.told_once import Secret, told_once
from panel_app.programme.webhook_terms import EventType
from panel_app.receivers import Reach, may_reach, written_addresses

URL_LENGTH_MAX = 500
SECRET_BYTES = 32
_SECRET = "webhook secret"  # noqa: S105 - names the purpose of its key
_ADD = Step(operation="webhook.add", permission=Permission.ADMINISTER)
_ROTATE = Step(operation="webhook.rotate", permission=Permission.ADMINISTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """`addresses`: what the URL's name was found to resolve to, where that was asked for."""

    client: str
    url: str
    events: frozenset[EventType]
    addresses: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEndpoint:
    """The secret itself, which is told here once and never again."""

    id: UUID
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A new endpoint as its wish's fingerprint wants it: sets have no order, and a name's addresses change."""

    client: str
    url: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rotation:
    endpoint_id: UUID
    overlap: timedelta


def add_endpoint(session: Session, actor: Actor, new: NewEndpoint) -> MadeEndpoint:
    """An endpoint that is owed what happens from three seconds on. NotFound for the client, or InvalidInput."""
    return plain(session, actor, _ADD, lambda: _added(session, actor, new))


def add_endpoint_once(session: Session, actor: Actor, wish: str, new: NewEndpoint) -> Secret:
    """As add_endpoint(), once for the wish."""

    def run() -> tuple[str, str]:
        made = _added(session, actor, new)
        return str(made.id), made.secret

    asked = _Asked(client=new.client, url=new.url, events=tuple(sorted(new.events)))
    return told_once(session, actor, _ADD, Keyed(key=wish, body=asked), run)


def rotate_secret(session: Session, actor: Actor, endpoint_id: UUID, overlap: timedelta) -> str:
    """A new secret; the old one signs as well for `overlap`, so that the receiver may change in its own time."""
    return plain(session, actor, _ROTATE, lambda: _rotated(session, actor, endpoint_id, overlap))


def rotate_secret_once(
    session: Session, actor: Actor, wish: str, endpoint_id: UUID, overlap: timedelta
) -> Secret:
    """As rotate_secret(), once for the wish."""

    def run() -> tuple[str, str]:
        return str(endpoint_id), _rotated(session, actor, endpoint_id, overlap)

    once = Keyed(key=wish, body=_Rotation(endpoint_id=endpoint_id, overlap=overlap))
    return told_once(session, actor, _ROTATE, once, run)


def disable(session: Session, actor: Actor, endpoint_id: UUID) -> None:
    """Nothing is sent there any more, and what happens meanwhile is not owed. Again does nothing more."""

    def run() -> None:
        endpoint = endpoint_by_id(session, endpoint_id)
        endpoint.disabled_at = endpoint.disabled_at or session.clock.now()
        audit.record(session, actor, "webhook.disabled", endpoint=endpoint_id)

    plain(session, actor, Step(operation="webhook.disable", permission=Permission.ADMINISTER), run)


def enable(session: Session, actor: Actor, endpoint_id: UUID) -> None:
    """It is owed what happens from now on, and what was pending goes on. Again does nothing more."""

    def run() -> None:
        endpoint = endpoint_by_id(session, endpoint_id)
        if endpoint.disabled_at is not None:
            endpoint.disabled_at, endpoint.listens_from = None, session.clock.now()
        endpoint.gone_at = endpoint.failing_since = endpoint.rests_until = None
        endpoint.failures = 0
        audit.record(session, actor, "webhook.enabled", endpoint=endpoint_id)

    plain(session, actor, Step(operation="webhook.enable", permission=Permission.ADMINISTER), run)


def secrets_of(session: Session, endpoint: WebhookEndpoint) -> tuple[str, ...]:
    """What signs now, the newest first."""
    ciphers = [endpoint.secret_cipher]
    if endpoint.old_secret_cipher is not None and endpoint.old_secret_until is not None:
        ciphers += [endpoint.old_secret_cipher] * (session.clock.now() < endpoint.old_secret_until)
    opened = (session.keyring.decrypt(_SECRET, cipher, bound_to=str(endpoint.id)) for cipher in ciphers)
    return tuple(secret.decode() for secret in opened)


def endpoint_by_id(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    """The endpoint's row, locked, for use cases; NotFound when there is none."""
    endpoint = session.get(WebhookEndpoint, endpoint_id, with_for_update=True)
    if endpoint is None:
        raise NotFound(what="webhook endpoint")
    return endpoint


def _added(session: Session, actor: Actor, new: NewEndpoint) -> MadeEndpoint:
    client_id = session.scalar(sa.select(ApiClient.id).where(ApiClient.name == new.client))
    if client_id is None:
        raise NotFound(what="api client")
    _judge_url(session, new)
    if not new.events:
        raise InvalidInput(field="event", rule=Rule.REQUIRED)
    endpoint_id, secret, now = new_id(), _new_secret(), session.clock.now()
    session.add(
        WebhookEndpoint(
            id=endpoint_id,
            client_id=client_id,
            url=new.url,
            events=sorted(new.events),
            secret_cipher=_sealed(session, endpoint_id, secret),
            created_at=now,
            listens_from=now,
            failures=0,
        )
    )
    audit.record(session, actor, "webhook.added", endpoint=endpoint_id, api_client=client_id)
    return MadeEndpoint(id=endpoint_id, secret=secret)


def _rotated(session: Session, actor: Actor, endpoint_id: UUID, overlap: timedelta) -> str:
    endpoint, secret = endpoint_by_id(session, endpoint_id), _new_secret()
    endpoint.old_secret_cipher = endpoint.secret_cipher
    endpoint.old_secret_until = session.clock.now() + overlap
    endpoint.secret_cipher = _sealed(session, endpoint_id, secret)
    audit.record(session, actor, "webhook.rotated", endpoint=endpoint_id)
    return secret


def _judge_url(session: Session, new: NewEndpoint) -> None:
    """Told here, where it can be mended. What counts is judged at every delivery, by what is resolved then."""
    programme = programme_of(session)
    is_demo = programme is not None and programme.demo
    schemes = {"https", "http"} if is_demo else {"https"}
    url = new.url
    plain_text = 0 < len(url) <= URL_LENGTH_MAX and all("!" <= symbol <= "~" for symbol in url)
    try:
        parts = urlsplit(url)
        is_address = bool(parts.scheme in schemes and parts.hostname and parts.port != 0)
    except ValueError:  # of a port or of brackets that are none
        is_address = False
    if not plain_text or not is_address or "@" in parts.netloc or parts.fragment:
        raise InvalidInput(field="url", rule=Rule.HTTPS_ADDRESS)
    reach = Reach.WORLD_AND_LOOPBACK if is_demo else Reach.WORLD
    known = [*new.addresses, *written_addresses(parts.hostname or "")]
    if not all(may_reach(address, reach) for address in known):
        raise InvalidInput(field="url", rule=Rule.OUTSIDE_ADDRESS)


def _new_secret() -> str:
    """As Standard Webhooks writes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _sealed(session: Session, endpoint_id: UUID, secret: str) -> bytes:
    return session.keyring.encrypt(_SECRET, secret.encode(), bound_to=str(endpoint_id))
