"""Webhook endpoints of API clients: added, rotated with an overlap, disabled, enabled, replayed. Sends nothing.

A secret is told once and kept encrypted: unlike a key of the API it is needed again, to sign.
"""

import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Session, new_id, outbox_events
from panel_app.programme import audit
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import ApiClient, WebhookDelivery, WebhookEndpoint
from panel_app.programme.programme_facts import programme_of
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain
from panel_app.programme.webhook_terms import DeliveryStatus, EventType

T = TypeVar("T")

URL_LENGTH_MAX = 500
SECRET_BYTES = 32
_SECRET = "webhook secret"  # noqa: S105 - names the purpose of its key


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    client: str
    url: str
    events: frozenset[EventType]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEndpoint:
    """The secret itself, which is told here once and never again."""

    id: UUID
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFace:
    """An endpoint as a list shows it."""

    id: UUID
    client: str
    url: str
    events: Sequence[EventType]
    disabled_at: datetime | None
    pending: int
    failed: int


def add_endpoint(session: Session, actor: Actor, new: NewEndpoint) -> MadeEndpoint:
    """An endpoint that is owed what happens from three seconds on. NotFound for the client, or InvalidInput."""

    def run() -> MadeEndpoint:
        client_id = session.scalar(sa.select(ApiClient.id).where(ApiClient.name == new.client))
        if client_id is None:
            raise NotFound(what="api client")
        _judge_url(session, new.url)
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

    return _step(session, actor, "webhook.add", run)


def rotate_secret(session: Session, actor: Actor, endpoint_id: UUID, overlap: timedelta) -> str:
    """A new secret; the old one signs as well for `overlap`, so that the receiver may change in its own time."""

    def run() -> str:
        endpoint, secret = _endpoint(session, endpoint_id), _new_secret()
        endpoint.old_secret_cipher = endpoint.secret_cipher
        endpoint.old_secret_until = session.clock.now() + overlap
        endpoint.secret_cipher = _sealed(session, endpoint_id, secret)
        audit.record(session, actor, "webhook.rotated", endpoint=endpoint_id)
        return secret

    return _step(session, actor, "webhook.rotate", run)


def disable(session: Session, actor: Actor, endpoint_id: UUID) -> None:
    """Nothing is sent there any more, and what happens meanwhile is not owed. Again does nothing more."""

    def run() -> None:
        endpoint = _endpoint(session, endpoint_id)
        endpoint.disabled_at = endpoint.disabled_at or session.clock.now()
        audit.record(session, actor, "webhook.disabled", endpoint=endpoint_id)

    _step(session, actor, "webhook.disable", run)


def enable(session: Session, actor: Actor, endpoint_id: UUID) -> None:
    """It is owed what happens from now on, and what was pending goes on. Again does nothing more."""

    def run() -> None:
        endpoint = _endpoint(session, endpoint_id)
        if endpoint.disabled_at is not None:
            endpoint.disabled_at, endpoint.listens_from = None, session.clock.now()
        endpoint.failures, endpoint.rests_until = 0, None
        audit.record(session, actor, "webhook.enabled", endpoint=endpoint_id)

    _step(session, actor, "webhook.enable", run)


def replay_failed(session: Session, actor: Actor, endpoint_id: UUID) -> int:
    """What was given up begins anew, under the same ids; gives how many."""

    def run() -> int:
        again = _again(session, endpoint_id, WebhookDelivery.status == DeliveryStatus.FAILED.value)
        audit.record(session, actor, "webhook.replayed", endpoint=endpoint_id, deliveries=again)
        return again

    return _step(session, actor, "webhook.replay", run)


def replay_since(session: Session, actor: Actor, endpoint_id: UUID, since: datetime) -> int:
    """Everything since then that is still kept is sent once more, and what was never owed as well; how many."""

    def run() -> int:
        endpoint = _endpoint(session, endpoint_id)
        wanted = sa.select(outbox_events.c.id).where(
            outbox_events.c.created_at >= since, outbox_events.c.type.in_(endpoint.events)
        )
        again = _again(session, endpoint_id, WebhookDelivery.event_id.in_(wanted))
        known = sa.select(WebhookDelivery.event_id).where(WebhookDelivery.endpoint_id == endpoint_id)
        # What is not fanned out yet comes by itself.
        missing = wanted.where(outbox_events.c.id.not_in(known), outbox_events.c.fanned_out_at.is_not(None))
        events = session.scalars(missing).all()
        for event_id in events:
            session.add(
                WebhookDelivery(
                    endpoint_id=endpoint_id,
                    event_id=event_id,
                    status=DeliveryStatus.PENDING.value,
                    attempts=0,
                    next_at=session.clock.now(),
                )
            )
        count = again + len(events)
        audit.record(session, actor, "webhook.replayed", endpoint=endpoint_id, deliveries=count)
        return count

    return _step(session, actor, "webhook.replay", run)


def endpoints(session: Session) -> list[EndpointFace]:
    """Every endpoint with its client, in the order they were added."""
    rows = session.execute(
        sa.select(WebhookEndpoint, ApiClient.name)
        .join(ApiClient, ApiClient.id == WebhookEndpoint.client_id)
        .order_by(WebhookEndpoint.id)
    )
    return [
        EndpointFace(
            id=endpoint.id,
            client=client,
            url=endpoint.url,
            events=[EventType(event) for event in endpoint.events],
            disabled_at=endpoint.disabled_at,
            pending=_count(session, endpoint.id, DeliveryStatus.PENDING),
            failed=_count(session, endpoint.id, DeliveryStatus.FAILED),
        )
        for endpoint, client in rows
    ]


def secrets_of(session: Session, endpoint: WebhookEndpoint) -> tuple[str, ...]:
    """What signs now, the newest first."""
    ciphers = [endpoint.secret_cipher]
    if endpoint.old_secret_cipher is not None and endpoint.old_secret_until is not None:
        ciphers += [endpoint.old_secret_cipher] * (session.clock.now() < endpoint.old_secret_until)
    opened = (session.keyring.decrypt(_SECRET, cipher, bound_to=str(endpoint.id)) for cipher in ciphers)
    return tuple(secret.decode() for secret in opened)


def _step(session: Session, actor: Actor, operation: str, run: Callable[[], T]) -> T:
    return plain(session, actor, Step(operation=operation, permission=Permission.ADMINISTER), run)


def _endpoint(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = session.get(WebhookEndpoint, endpoint_id, with_for_update=True)
    if endpoint is None:
        raise NotFound(what="webhook endpoint")
    return endpoint


def _again(session: Session, endpoint_id: UUID, which: sa.ColumnElement[bool]) -> int:
    endpoint = _endpoint(session, endpoint_id)
    endpoint.failures, endpoint.rests_until = 0, None
    begun = session.scalars(
        sa.update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id, which)
        .values(status=DeliveryStatus.PENDING.value, attempts=0, next_at=session.clock.now(), closed_at=None)
        .returning(WebhookDelivery.event_id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(begun)


def _count(session: Session, endpoint_id: UUID, status: DeliveryStatus) -> int:
    of_endpoint = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.status == status.value)
    return session.scalar(sa.select(sa.func.count()).select_from(WebhookDelivery).where(*of_endpoint)) or 0


def _judge_url(session: Session, url: str) -> None:
    """Where it leads is judged at every delivery, by what its name resolves to then."""
    programme = programme_of(session)
    schemes = {"https", "http"} if programme is not None and programme.demo else {"https"}
    plain_text = 0 < len(url) <= URL_LENGTH_MAX and all("!" <= symbol <= "~" for symbol in url)
    try:
        parts = urlsplit(url)
        is_address = bool(parts.scheme in schemes and parts.hostname and parts.port != 0)
    except ValueError:  # of a port or of brackets that are none
        is_address = False
    if not plain_text or not is_address or "@" in parts.netloc or parts.fragment:
        raise InvalidInput(field="url", rule=Rule.HTTPS_ADDRESS)


def _new_secret() -> str:
    """As Standard Webhooks writes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _sealed(session: Session, endpoint_id: UUID, secret: str) -> bytes:
    return session.keyring.encrypt(_SECRET, secret.encode(), bound_to=str(endpoint_id))
