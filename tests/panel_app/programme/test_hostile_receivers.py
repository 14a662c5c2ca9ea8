"""Webhook receivers that mean harm: tills go on, and each receiver holds one sender at most and is left to rest."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from panel_app import deliverer as delivering
from panel_app.deliverer import SENDERS, Deliverer
from panel_app.programme import webhook_queue
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from panel_app.programme.webhook_terms import EventType
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.shop import Shop
from tests.panel_app.programme.test_webhook_delivery import listen
from tests.panel_app.receiving import Exchange, Receiver, on_loopback, receiver
from tests.panel_app.world import SEED

EVERYTHING = frozenset(EventType)


@pytest.fixture(autouse=True)
def _market(shop: Shop) -> None:
    new = NewKey(client="Market", source="marketplace", scopes=frozenset({Scope.HOLDS}))
    issue_key(shop.session, SEED, new)


@dataclass(slots=True)
class Senders:
    """The deliverer at work, and how many rounds its threads have begun."""

    rounds: int = 0
    silence_ends: threading.Event = field(default_factory=threading.Event)

    def work_on(self, more: int = 8) -> None:
        """Wait until so many more rounds were begun: time enough to do what must not be done."""
        wanted = self.rounds + more
        wait_until(lambda: self.rounds >= wanted)

    def be_silent(self, exchange: Exchange) -> None:
        self.silence_ends.wait(60)
        exchange.say(204)


def refuse(exchange: Exchange) -> None:
    exchange.say(500)


def hang_up(exchange: Exchange) -> None:
    exchange.connection.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < give_up_at, "it never came to that"
        time.sleep(0.01)


@contextmanager
def sending(fresh: Built, monkeypatch: pytest.MonkeyPatch) -> Iterator[Senders]:
    """A deliverer's threads, one round right after the other, with all the patience they may have."""
    senders, asked_for = Senders(), webhook_queue.asked_for

    def counted(session: object) -> frozenset[str]:
        senders.rounds += 1
        return asked_for(session)

    monkeypatch.setattr(webhook_queue, "asked_for", counted)
    monkeypatch.setattr(delivering, "SECONDS_BETWEEN", 0.01)
    deliverer = Deliverer(fresh.database, on_loopback(seconds_max=60))
    deliverer.start()
    try:
        yield senders
    finally:
        senders.silence_ends.set()
        deliverer.stop()


def asked(there: list[Receiver]) -> list[int]:
    return [len(one.got) for one in there]


def test_redemptions_go_on_and_each_hostile_receiver_is_asked_once_a_rest(
    shop: Shop, fresh: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack, sending(fresh, monkeypatch) as senders:
        inside = stack.enter_context(receiver())

        def lead_inside(exchange: Exchange) -> None:
            exchange.say(302, Location=inside.url)

        hostile = [refuse, senders.be_silent, lead_inside, hang_up]
        there = [stack.enter_context(receiver(behave)) for behave in hostile]
        for one in there:
            listen(shop, one.url, EVERYTHING)
        shop.claim(shop.world.tea)
        wait_until(lambda: asked(there) == [1, 1, 1, 1])

        for _number in range(10):
            shop.redeem(shop.claim(shop.world.tea).code)
        assert [row["status"] for row in shop.rows("redemptions")] == ["completed"] * 10
        senders.work_on()
        assert len(shop.rows("webhook_deliveries")) > 4 * 10 * 4
        assert asked(there) == [1, 1, 1, 1]
        names = [thread.name for thread in threading.enumerate() if thread.name.startswith("deliverer-")]
        assert len(names) == SENDERS

        shop.later(seconds=3)  # the first rest is over; the silent one's sender still waits
        wait_until(lambda: asked(there) == [2, 1, 2, 2])
        shop.later(seconds=3)  # the second lasts eleven seconds at least
        senders.work_on()
        assert asked(there) == [2, 1, 2, 2]
        assert inside.got == []


def test_control_a_receiver_that_is_not_left_to_rest_is_asked_for_every_event(
    shop: Shop, fresh: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_queue, "REST_MAX", timedelta(0))
    with ExitStack() as stack, sending(fresh, monkeypatch):
        there = stack.enter_context(receiver(refuse))
        listen(shop, there.url, EVERYTHING)
        for _number in range(10):
            shop.claim(shop.world.tea)
        wait_until(lambda: len(there.got) >= 10)
