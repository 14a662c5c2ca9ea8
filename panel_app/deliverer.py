"""The deliverer: threads that bring events to webhook endpoints. Safe in many copies; no till waits for it."""

import ssl
import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

import structlog

import ledger
from ledger import Database, Session
from panel_app.config import Settings
from panel_app.programme import webhook_queue
from panel_app.programme.programme_facts import programme_of
from panel_app.programme.webhook_messages import body_of, headers_of
from panel_app.programme.webhook_terms import Delivery, Target
from panel_app.receivers import Answer, Reach, Receivers

SECONDS_BETWEEN = 1.0
# A receiver that is silent keeps one of them busy for ten seconds, and then rests.
SENDERS = 3
BATCH_SECONDS_MAX = 20.0
# For so long a process goes by what it knows of the endpoints; a new one is owed what happens from then on.
KNOWN_FOR_SECONDS = 3.0
ROUNDS_BETWEEN_PRUNES = 600

log = structlog.get_logger()


def reach_of(settings: Settings, database: Database) -> Reach:
    """The world; this machine too where the setting says so and the database is a demo's."""
    with database.session() as session, ledger.read(session):
        programme = programme_of(session)
    is_demo = programme is not None and programme.demo
    return Reach.WORLD_AND_LOOPBACK if is_demo and settings.webhooks_to_loopback else Reach.WORLD


@dataclass(slots=True)
class Deliverer:
    """Delivers until it is stopped."""

    database: Database
    receivers: Receivers
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(SENDERS):
            thread = threading.Thread(target=self._run, name=f"deliverer-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Lets attempts under way end; what is left waits for the next start."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def _run(self) -> None:
        round_number = 0
        while not self._stopped.wait(SECONDS_BETWEEN):
            try:
                self.deliver()
                if round_number % ROUNDS_BETWEEN_PRUNES == 0:
                    self.prune()
            except Exception:
                # The next round tries again; a database that is away for a while must not end it.
                log.exception("the deliverer failed")
            round_number += 1

    def deliver(self) -> int:
        """One round: new events get their deliveries, each waiting endpoint its batch; gives how many attempts."""
        with self.database.session() as session:
            self.database.asked.know(webhook_queue.asked_for(session), seconds=KNOWN_FOR_SECONDS)
            while webhook_queue.fan_out(session) == webhook_queue.EVENTS_AT_ONCE:
                pass
            waiting = webhook_queue.waiting_endpoints(session)
            return sum(self._send_batch(session, endpoint_id) for endpoint_id in waiting)

    def prune(self) -> None:
        with self.database.session() as session:
            while webhook_queue.prune(session) == webhook_queue.PRUNED_AT_ONCE:
                pass

    def _send_batch(self, session: Session, endpoint_id: UUID) -> int:
        """Deliveries of one endpoint in turn, up to the first that fails; how many were tried."""
        target = webhook_queue.take(session, endpoint_id)
        if target is None:
            return 0
        end, count = time.monotonic() + BATCH_SECONDS_MAX, 0
        try:
            for delivery in webhook_queue.due_deliveries(session, endpoint_id):
                if self._stopped.is_set() or time.monotonic() > end:
                    break
                count += 1
                if not self._send(session, target, delivery).is_success:
                    break
        finally:
            webhook_queue.put_back(session, target)
        return count

    def _send(self, session: Session, target: Target, delivery: Delivery) -> Answer:
        """One attempt; no transaction is open while the receiver thinks."""
        body = body_of(delivery)
        headers = headers_of(target, delivery, body, session.clock.now())
        answer = self.receivers.post(target.url, headers, body)
        if answer.is_success and answer.status is not None:
            webhook_queue.mark_delivered(session, delivery, answer.status)
        else:
            webhook_queue.mark_undelivered(session, delivery, answer.status, answer.fault)
            log.warning(
                "a webhook was not delivered",
                endpoint=str(target.endpoint_id),
                event_id=str(delivery.event_id),
                answer=answer.status,
                fault=answer.fault,
            )
        return answer


def deliverer_of(settings: Settings, database: Database) -> Deliverer:
    """The deliverer of this installation."""
    tls = ssl.create_default_context()
    return Deliverer(database, Receivers(reach=reach_of(settings, database), tls=tls))
