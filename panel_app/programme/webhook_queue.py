"""Which event goes where, when it is tried, and what became of it. Every step is a short transaction; sends nothing.

Safe in many copies: an event is fanned out by one of them, and an endpoint is in one sender's hands at a time,
under a lease that outlives a sender that died. What it sent and did not mark is then sent again, under the same id.
"""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import Instant, Session, outbox_events
from panel_app.programme import audit
from panel_app.programme.access import system
from panel_app.programme.models import WebhookDelivery, WebhookEndpoint
from panel_app.programme.webhook_terms import Delivery, DeliveryStatus, Target
from panel_app.programme.webhooks import secrets_of

EVENTS_AT_ONCE = 200
DELIVERIES_AT_ONCE = 50
# Longer than a sender works on one endpoint: a batch ends after 20 s, its last attempt and look-up take 40 s at most.
LEASE_LASTS = timedelta(seconds=90)
# After the first attempt, the second …; after the tenth the delivery has failed, three days later.
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600, 10_800, 28_800, 57_600, 86_400)
)
REST_MAX = timedelta(minutes=5)
# So many failures in a row are no single event's: what waits is sent as soon as the endpoint answers again.
DOWN_FROM = 4
GONE = 410  # HTTP's own number for "and will not be here again"
KEPT_FOR = timedelta(days=30)
PRUNED_AT_ONCE = 1000

_LISTENS = WebhookEndpoint.disabled_at.is_(None)
_PENDING = WebhookDelivery.status == DeliveryStatus.PENDING.value


def fan_out(session: Session) -> int:
    """Write the deliveries of events that have none yet; gives how many events. Looks before it writes."""
    with ledger.read(session):
        if session.scalar(_unfanned().limit(1)) is None:
            return 0
    return ledger.transact(session, lambda: _fan_out(session))


def asked_for(session: Session) -> frozenset[str]:
    """The types of event that any enabled endpoint wants."""
    with ledger.read(session):
        wanted = session.scalars(sa.select(WebhookEndpoint.events).where(_LISTENS)).all()
    return frozenset(event for events in wanted for event in events)


def pending(session: Session) -> int:
    """How many deliveries wait or are under way, over all endpoints, in the caller's reading transaction."""
    return session.scalar(sa.select(sa.func.count()).select_from(WebhookDelivery).where(_PENDING)) or 0


def waiting_endpoints(session: Session) -> Sequence[UUID]:
    """Those that have something due and are in nobody's hands."""
    now = session.now_sql()
    due = sa.exists().where(
        WebhookDelivery.endpoint_id == WebhookEndpoint.id, _PENDING, WebhookDelivery.next_at <= now
    )
    with ledger.read(session):
        return session.scalars(sa.select(WebhookEndpoint.id).where(*_free(now), due)).all()


def take(session: Session, endpoint_id: UUID) -> Target | None:
    """The endpoint for this sender alone, until put_back() or the end of the lease; None when another was faster."""

    def run() -> Target | None:
        lease = session.clock.now() + LEASE_LASTS
        taken = session.scalar(
            sa.update(WebhookEndpoint)
            .where(WebhookEndpoint.id == endpoint_id, *_free(session.now_sql()))
            .values(leased_until=lease)
            .returning(WebhookEndpoint)
            .execution_options(populate_existing=True)
        )
        if taken is None:
            return None
        return Target(endpoint_id=taken.id, url=taken.url, secrets=secrets_of(session, taken), lease=lease)

    return ledger.transact(session, run)


def put_back(session: Session, target: Target) -> None:
    """Somebody else may send there again; a lease that ran out meanwhile is not touched."""
    ledger.transact(
        session,
        lambda: session.execute(
            sa.update(WebhookEndpoint)
            .where(WebhookEndpoint.id == target.endpoint_id, WebhookEndpoint.leased_until == target.lease)
            .values(leased_until=None)
        ),
    )


def due_deliveries(session: Session, endpoint_id: UUID) -> list[Delivery]:
    """What is due there, in the order of the events' ids."""
    with ledger.read(session):
        rows = session.execute(
            sa.select(WebhookDelivery.attempts, *outbox_events.c)
            .join(outbox_events, outbox_events.c.id == WebhookDelivery.event_id)
            .where(
                WebhookDelivery.endpoint_id == endpoint_id,
                _PENDING,
                WebhookDelivery.next_at <= session.now_sql(),
            )
            .order_by(WebhookDelivery.event_id)
            .limit(DELIVERIES_AT_ONCE)
        ).all()
    return [
        Delivery(
            endpoint_id=endpoint_id,
            event_id=row.id,
            type=row.type,
            member_id=row.member_id,
            payload=row.payload,
            created_at=row.created_at,
            attempts=row.attempts,
        )
        for row in rows
    ]


def mark_delivered(session: Session, delivery: Delivery, answer: int) -> None:
    """It arrived: over, and the endpoint is well."""

    def run() -> None:
        now = session.clock.now()
        _mark(
            session, delivery, status=DeliveryStatus.DELIVERED.value, answer=answer, fault=None, closed_at=now
        )
        endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id)
        if endpoint.failures >= DOWN_FROM:
            waiting = WebhookDelivery.endpoint_id == delivery.endpoint_id, _PENDING
            session.execute(sa.update(WebhookDelivery).where(*waiting).values(next_at=now))
        if endpoint.failures or endpoint.failing_since is not None:
            endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None

    ledger.transact(session, run)


def mark_undelivered(session: Session, delivery: Delivery, answer: int | None, fault: str | None) -> None:
    """It is tried again later, unless this was the last time; the endpoint rests, so that a dead one costs little.

    A receiver that says it is gone for good disables its endpoint, as Standard Webhooks ask; enabling it goes on.
    """

    def run() -> None:
        now = session.clock.now()
        if delivery.attempts < len(WAITS):
            _mark(session, delivery, answer=answer, fault=fault, next_at=now + wait_after(delivery.attempts))
        else:
            failed = DeliveryStatus.FAILED.value
            _mark(session, delivery, status=failed, answer=answer, fault=fault, closed_at=now)
        endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id, with_for_update=True)
        # Shorter than the delivery waits: an event that the receiver refuses must not keep the others back.
        endpoint.rests_until = now + min(wait_after(endpoint.failures) / 2, REST_MAX)
        endpoint.failures += 1
        endpoint.failing_since = endpoint.failing_since or now
        if answer == GONE and endpoint.disabled_at is None:
            endpoint.disabled_at = endpoint.gone_at = now
            audit.record(session, system("deliverer"), "webhook.gone", endpoint=endpoint.id)

    ledger.transact(session, run)


def wait_after(attempts: int, jitter: Callable[[float, float], float] = random.uniform) -> timedelta:
    """How long after so many earlier attempts; a little less by chance, so that retries don't come in step."""
    return WAITS[min(attempts, len(WAITS) - 1)] * jitter(0.75, 1)


def prune(session: Session) -> int:
    """Delete the oldest events, with their deliveries, once they are a month old; gives how many."""
    oldest = sa.select(outbox_events.c.id, outbox_events.c.created_at)
    oldest = oldest.order_by(outbox_events.c.id).limit(PRUNED_AT_ONCE)
    with ledger.read(session):
        ends = session.clock.now() - KEPT_FOR
        ids = [row.id for row in session.execute(oldest) if row.created_at < ends]
    if ids:
        ledger.transact(session, lambda: _delete(session, ids))
    return len(ids)


def _delete(session: Session, ids: Sequence[UUID]) -> None:
    session.execute(sa.delete(WebhookDelivery).where(WebhookDelivery.event_id.in_(ids)))
    session.execute(sa.delete(outbox_events).where(outbox_events.c.id.in_(ids)))


def _unfanned() -> sa.Select[tuple[UUID]]:
    """Events that somebody who listens is owed; none while nobody does."""
    earliest = sa.select(sa.func.min(WebhookEndpoint.listens_from)).where(_LISTENS).scalar_subquery()
    new = outbox_events.c.fanned_out_at.is_(None), outbox_events.c.created_at >= earliest
    return sa.select(outbox_events.c.id).where(*new).order_by(outbox_events.c.created_at, outbox_events.c.id)


def _fan_out(session: Session) -> int:
    ids = session.scalars(_unfanned().limit(EVENTS_AT_ONCE).with_for_update(skip_locked=True)).all()
    listening = session.scalars(sa.select(WebhookEndpoint).where(_LISTENS)).all()
    now = session.clock.now()
    # Marked by a guarded update: only what this copy marked are its own to deliver.
    events = session.execute(
        sa.update(outbox_events)
        .where(outbox_events.c.id.in_(ids), outbox_events.c.fanned_out_at.is_(None))
        .values(fanned_out_at=sa.literal(now, Instant()))
        .returning(outbox_events.c.id, outbox_events.c.type, outbox_events.c.created_at)
    ).all()
    rows = [
        _new_delivery(endpoint.id, event.id, now)
        for event in events
        for endpoint in listening
        if event.type in endpoint.events and event.created_at >= endpoint.listens_from
    ]
    if rows:
        session.execute(sa.insert(WebhookDelivery), rows)
    return len(events)


def _new_delivery(endpoint_id: UUID, event_id: UUID, now: datetime) -> dict[str, object]:
    pending = DeliveryStatus.PENDING.value
    return {
        "endpoint_id": endpoint_id,
        "event_id": event_id,
        "status": pending,
        "attempts": 0,
        "next_at": now,
    }


def _free(now: sa.ColumnElement[datetime]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _LISTENS,
        sa.or_(WebhookEndpoint.leased_until.is_(None), WebhookEndpoint.leased_until <= now),
        sa.or_(WebhookEndpoint.rests_until.is_(None), WebhookEndpoint.rests_until <= now),
    )


def _mark(session: Session, delivery: Delivery, **values: object) -> None:
    """A replay or a faster twin may have moved it on: then it stays as they left it."""
    session.execute(
        sa.update(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == delivery.endpoint_id,
            WebhookDelivery.event_id == delivery.event_id,
            WebhookDelivery.attempts == delivery.attempts,
            _PENDING,
        )
        .values(attempts=delivery.attempts + 1, **values)
    )
