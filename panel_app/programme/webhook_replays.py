"""What is sent to an endpoint once more, under the same ids: one delivery, what failed, or all since a moment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Session, outbox_events
from panel_app.programme import audit
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import WebhookDelivery
from panel_app.programme.steps import Keyed, Step, keyed, plain
from panel_app.programme.webhook_terms import DeliveryStatus
from panel_app.programme.webhooks import endpoint_by_id

_REPLAY = Step(operation="webhook.replay", permission=Permission.ADMINISTER)
_FAILED = WebhookDelivery.status == DeliveryStatus.FAILED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """What a page asks to be sent once more; neither an event nor a moment: what failed."""

    endpoint_id: UUID
    event_id: UUID | None = None
    since: datetime | None = None


def replay_failed(session: Session, actor: Actor, endpoint_id: UUID) -> int:
    """What was given up begins anew; gives how many."""
    return plain(session, actor, _REPLAY, lambda: _failed(session, actor, endpoint_id))


def replay_since(session: Session, actor: Actor, endpoint_id: UUID, since: datetime) -> int:
    """Everything since then that is still kept is sent once more, and what was never owed as well; how many."""
    return plain(session, actor, _REPLAY, lambda: _since(session, actor, endpoint_id, since))


def replay_one_once(session: Session, actor: Actor, wish: str, endpoint_id: UUID, event_id: UUID) -> int:
    """One delivery begins anew, whatever became of it; once for the wish. NotFound when there is none."""

    def run() -> int:
        if not _again(session, endpoint_id, WebhookDelivery.event_id == event_id):
            raise NotFound(what="webhook delivery")
        audit.record(session, actor, "webhook.replayed", endpoint=endpoint_id, event=event_id, deliveries=1)
        return 1

    return _once(session, actor, wish, _Again(endpoint_id=endpoint_id, event_id=event_id), run)


def replay_failed_once(session: Session, actor: Actor, wish: str, endpoint_id: UUID) -> int:
    """As replay_failed(), once for the wish."""
    asked = _Again(endpoint_id=endpoint_id)
    return _once(session, actor, wish, asked, lambda: _failed(session, actor, endpoint_id))


def replay_since_once(session: Session, actor: Actor, wish: str, endpoint_id: UUID, since: datetime) -> int:
    """As replay_since(), once for the wish."""
    asked = _Again(endpoint_id=endpoint_id, since=since)
    return _once(session, actor, wish, asked, lambda: _since(session, actor, endpoint_id, since))


def _once(session: Session, actor: Actor, wish: str, asked: _Again, run: Callable[[], int]) -> int:
    return keyed(session, actor, _REPLAY, Keyed(key=wish, body=asked), int, run)


def _failed(session: Session, actor: Actor, endpoint_id: UUID) -> int:
    count = _again(session, endpoint_id, _FAILED)
    audit.record(session, actor, "webhook.replayed", endpoint=endpoint_id, deliveries=count)
    return count


def _since(session: Session, actor: Actor, endpoint_id: UUID, since: datetime) -> int:
    endpoint = endpoint_by_id(session, endpoint_id)
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


def _again(session: Session, endpoint_id: UUID, which: sa.ColumnElement[bool]) -> int:
    endpoint = endpoint_by_id(session, endpoint_id)
    endpoint.failures, endpoint.rests_until = 0, None
    begun = session.scalars(
        sa.update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id, which)
        .values(status=DeliveryStatus.PENDING.value, attempts=0, next_at=session.clock.now(), closed_at=None)
        .returning(WebhookDelivery.event_id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(begun)
