"""Webhook endpoints and their deliveries as lists and pages show them; never a secret. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Session, outbox_events
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import ApiClient, WebhookDelivery, WebhookEndpoint
from panel_app.programme.webhook_terms import DeliveryStatus, EventType

DELIVERIES_AT_ONCE = 50


class EndpointState(StrEnum):
    WORKING = "working"
    FAILING = "failing"
    DISABLED = "disabled"
    GONE = "gone"  # disabled because its receiver answered 410


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFace:
    """An endpoint; `since` is when it began to fail or was disabled, None while it works."""

    id: UUID
    client: str
    url: str
    events: Sequence[EventType]
    state: EndpointState
    since: datetime | None
    created_at: datetime
    old_secret_until: datetime | None  # the old secret signs as well until then; None when only one signs
    pending: int
    failed: int

    @property
    def is_enabled(self) -> bool:
        return self.state in {EndpointState.WORKING, EndpointState.FAILING}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFace:
    """A delivery with its event; of the last attempt the HTTP status or, where there was none, the fault."""

    event_id: UUID
    type: EventType
    created_at: datetime
    status: DeliveryStatus
    attempts: int
    answer: int | None
    fault: str | None
    next_at: datetime | None  # None once it was delivered or given up


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    rows: Sequence[DeliveryFace]
    next_cursor: UUID | None


def endpoints(session: Session, actor: Actor) -> list[EndpointFace]:
    """Every endpoint with its client, in the order they were added."""
    actor.require(Permission.ADMINISTER)
    rows = session.execute(_endpoints().order_by(WebhookEndpoint.id)).all()
    counts = _counts(session)
    return [_face(session, endpoint, client, counts) for endpoint, client in rows]


def endpoint_face(session: Session, actor: Actor, endpoint_id: UUID) -> EndpointFace:
    """NotFound when there is none."""
    actor.require(Permission.ADMINISTER)
    row = session.execute(_endpoints().where(WebhookEndpoint.id == endpoint_id)).one_or_none()
    if row is None:
        raise NotFound(what="webhook endpoint")
    return _face(session, row.WebhookEndpoint, row.name, _counts(session))


def deliveries_of(session: Session, actor: Actor, endpoint_id: UUID, before: UUID | None) -> DeliveryPage:
    """An endpoint's deliveries by their events, the newest first; `before` is the cursor of the page before."""
    actor.require(Permission.ADMINISTER)
    query = (
        sa.select(WebhookDelivery, outbox_events.c.type, outbox_events.c.created_at)
        .join(outbox_events, outbox_events.c.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
        .order_by(WebhookDelivery.event_id.desc())
        .limit(DELIVERIES_AT_ONCE + 1)
    )
    if before is not None:
        query = query.where(WebhookDelivery.event_id < before)
    rows = session.execute(query).all()
    shown = [_delivery(*row) for row in rows[:DELIVERIES_AT_ONCE]]
    return DeliveryPage(rows=shown, next_cursor=shown[-1].event_id if len(rows) > len(shown) else None)


def _endpoints() -> sa.Select[WebhookEndpoint, str]:
    return sa.select(WebhookEndpoint, ApiClient.name).join(
        ApiClient, ApiClient.id == WebhookEndpoint.client_id
    )


def _counts(session: Session) -> dict[tuple[UUID, str], int]:
    """How many deliveries are pending or failed, by endpoint and status."""
    status = WebhookDelivery.status
    rows = session.execute(
        sa.select(WebhookDelivery.endpoint_id, status, sa.func.count())
        .where(status != DeliveryStatus.DELIVERED.value)
        .group_by(WebhookDelivery.endpoint_id, status)
    )
    return {(endpoint_id, status): count for endpoint_id, status, count in rows}


def _face(
    session: Session, endpoint: WebhookEndpoint, client: str, counts: dict[tuple[UUID, str], int]
) -> EndpointFace:
    state = _state(endpoint)
    overlaps = endpoint.old_secret_until is not None and session.clock.now() < endpoint.old_secret_until
    return EndpointFace(
        id=endpoint.id,
        client=client,
        url=endpoint.url,
        events=[EventType(event) for event in endpoint.events],
        state=state,
        since=endpoint.failing_since if state is EndpointState.FAILING else endpoint.disabled_at,
        created_at=endpoint.created_at,
        old_secret_until=endpoint.old_secret_until if overlaps else None,
        pending=counts.get((endpoint.id, DeliveryStatus.PENDING.value), 0),
        failed=counts.get((endpoint.id, DeliveryStatus.FAILED.value), 0),
    )


def _state(endpoint: WebhookEndpoint) -> EndpointState:
    if endpoint.disabled_at is not None:
        return EndpointState.DISABLED if endpoint.gone_at is None else EndpointState.GONE
    return EndpointState.WORKING if endpoint.failing_since is None else EndpointState.FAILING


def _delivery(delivery: WebhookDelivery, event_type: str, created_at: datetime) -> DeliveryFace:
    is_pending = delivery.status == DeliveryStatus.PENDING.value
    return DeliveryFace(
        event_id=delivery.event_id,
        type=EventType(event_type),
        created_at=created_at,
        status=DeliveryStatus(delivery.status),
        attempts=delivery.attempts,
        answer=delivery.answer,
        fault=delivery.fault,
        next_at=delivery.next_at if is_pending else None,
    )
