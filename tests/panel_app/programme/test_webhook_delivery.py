"""Events on their way to real receivers: signed, in order, retried, replayed, never in a till's way."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

import ledger
from ledger import Session
from panel_app.deliverer import Deliverer
from panel_app.programme import webhook_queue, webhook_replays, webhooks
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from panel_app.programme.webhook_terms import EventType
from panel_app.programme.webhooks import MadeEndpoint, NewEndpoint
from panel_app.receivers import Fault, Reach, Receivers
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.shop import Shop
from tests.panel_app.receiving import Exchange, Receiver, on_loopback, receiver
from tests.panel_app.world import SEED

pytestmark = pytest.mark.both_kinds

CLAIMS = frozenset({EventType.CLAIM_ISSUED})


@pytest.fixture(autouse=True)
def _market(shop: Shop) -> None:
    issue_key(
        shop.session, SEED, NewKey(client="Market", source="marketplace", scopes=frozenset({Scope.HOLDS}))
    )


@pytest.fixture
def deliverer(fresh: Built) -> Deliverer:
    return Deliverer(fresh.database, on_loopback(seconds_max=0.5))


def listen(shop: Shop, url: str, events: frozenset[EventType] = CLAIMS) -> MadeEndpoint:
    """An endpoint at an address that only a demo may give: the shop is none."""
    new = NewEndpoint(client="Market", url="https://market.example/", events=events)
    made = webhooks.add_endpoint(shop.session, SEED, new)
    table = ledger.metadata.tables["webhook_endpoints"]
    ledger.transact(
        shop.session,
        lambda: shop.session.execute(table.update().where(table.c.id == made.id).values(url=url)),
    )
    return made


def claims(shop: Shop, count: int) -> list[str]:
    """Claims for so many events; their ids, oldest first."""
    for _number in range(count):
        shop.claim(shop.world.tea)
    found = [str(row["id"]) for row in shop.rows("outbox_events") if row["type"] == "claim.issued"]
    return found[-count:]


def deliveries(shop: Shop) -> list[tuple[str, int, int | None, str | None]]:
    return [
        (row["status"], row["attempts"], row["answer"], row["fault"])
        for row in shop.rows("webhook_deliveries")
    ]


def verified(secret: str, there: Receiver, number: int = 0) -> Any:
    """The message as the receiver's library takes it; it looks at the real clock, so the test's must be that."""
    return Webhook(secret).verify(there.got[number].body, there.got[number].headers)


def test_an_event_arrives_signed_and_holds_what_happened(shop: Shop, deliverer: Deliverer):
    with receiver() as there:
        made = listen(shop, there.url)
        (event_id,) = claims(shop, 1)
        shop.clock.set(datetime.now(UTC))
        assert deliverer.deliver() == 1
        assert deliverer.deliver() == 0
    message = verified(made.secret, there)
    (claim,) = shop.rows("claims")
    assert there.ids() == [event_id]
    assert message == {
        "type": "claim.issued",
        "timestamp": "2026-03-02T12:00:00.000000Z",
        "data": {"claim": str(claim["id"]), "member_id": str(shop.world.lena), "quantity": 1},
    }
    assert deliveries(shop) == [("delivered", 1, 204, None)]
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(there.got[0].body + b" ", there.got[0].headers)


def test_both_secrets_verify_while_they_overlap_and_the_old_one_not_afterwards(
    shop: Shop, deliverer: Deliverer
):
    with receiver() as there:
        made = listen(shop, there.url)
        shop.clock.set(datetime.now(UTC))
        new = webhooks.rotate_secret(shop.session, SEED, made.id, timedelta(hours=1))
        claims(shop, 1)
        deliverer.deliver()
        assert verified(made.secret, there) == verified(new, there)
        webhooks.rotate_secret(shop.session, SEED, made.id, timedelta(0))
        claims(shop, 1)
        deliverer.deliver()
    with pytest.raises(WebhookVerificationError):
        verified(new, there, 1)


def test_only_what_an_endpoint_asked_for_and_only_what_happens_while_it_listens_is_owed(
    shop: Shop, deliverer: Deliverer
):
    with receiver() as there:
        claims(shop, 1)
        shop.later(seconds=1)
        made = listen(shop, there.url)
        (owed,) = claims(shop, 1)
        shop.confirm(shop.reserve(shop.direct(shop.world.tea)).booking_id)
        deliverer.deliver()
        webhooks.disable(shop.session, SEED, made.id)
        claims(shop, 1)
        shop.later(seconds=1)
        assert deliverer.deliver() == 0
        webhooks.enable(shop.session, SEED, made.id)
        (after,) = claims(shop, 1)
        deliverer.deliver()
    assert there.ids() == [owed, after]


def test_events_arrive_in_the_order_of_their_ids(shop: Shop, deliverer: Deliverer):
    shop.later(seconds=1)  # the members' first points are no news
    with receiver() as there:
        listen(shop, there.url, frozenset(EventType))
        for _number in range(3):
            shop.confirm(shop.reserve(shop.direct(shop.world.tea)).booking_id)
        assert deliverer.deliver() == 12
    assert there.ids() == sorted(there.ids())


def test_a_failure_is_tried_again_later_with_the_same_id_and_the_same_body(shop: Shop, deliverer: Deliverer):
    with receiver(lambda exchange: exchange.say(500)) as there:
        listen(shop, there.url)
        (event_id,) = claims(shop, 1)
        assert deliverer.deliver() == 1
        assert deliveries(shop) == [("pending", 1, 500, None)]
        shop.later(seconds=3)
        assert deliverer.deliver() == 0
        shop.later(seconds=2)
        there.behave = lambda exchange: exchange.say(200)
        assert deliverer.deliver() == 1
    assert there.ids() == [event_id, event_id]
    assert there.got[0].body == there.got[1].body
    assert deliveries(shop) == [("delivered", 2, 200, None)]


def test_waits_grow_from_5_seconds_to_24_hours_and_are_never_longer():
    longest = [webhook_queue.wait_after(attempts, lambda _low, high: high) for attempts in range(12)]
    assert longest[0] == timedelta(seconds=5)
    assert longest == sorted(longest)
    assert longest[8:] == [timedelta(hours=24)] * 4
    assert webhook_queue.wait_after(0, lambda low, _high: low) == timedelta(seconds=3.75)


def test_after_ten_attempts_it_has_failed_and_a_replay_begins_anew(shop: Shop, deliverer: Deliverer):
    with receiver(lambda exchange: exchange.say(503)) as there:
        made = listen(shop, there.url)
        (event_id,) = claims(shop, 1)
        for _attempt in range(10):
            assert deliverer.deliver() == 1
            shop.later(hours=24)
        assert deliverer.deliver() == 0
        assert deliveries(shop) == [("failed", 10, 503, None)]
        there.behave = lambda exchange: exchange.say(200)
        assert webhook_replays.replay_failed(shop.session, SEED, made.id) == 1
        assert deliverer.deliver() == 1
    assert there.ids() == [event_id] * 11
    assert deliveries(shop) == [("delivered", 1, 200, None)]


def test_a_replay_since_a_moment_sends_also_what_was_never_owed(shop: Shop, deliverer: Deliverer):
    with receiver() as there, receiver() as later:
        listen(shop, there.url)
        first, second = claims(shop, 2)
        deliverer.deliver()
        shop.later(hours=1)
        made = listen(shop, later.url)
        assert webhook_replays.replay_since(shop.session, SEED, made.id, shop.clock.now()) == 0
        assert (
            webhook_replays.replay_since(shop.session, SEED, made.id, shop.clock.now() - timedelta(hours=1))
            == 2
        )
        deliverer.deliver()
        assert (
            webhook_replays.replay_since(shop.session, SEED, made.id, shop.clock.now() - timedelta(hours=1))
            == 2
        )
        deliverer.deliver()
    assert there.ids() == [first, second]
    assert later.ids() == [first, second] * 2


def test_an_event_that_is_refused_does_not_keep_the_others_back(shop: Shop, deliverer: Deliverer):
    with receiver() as there:
        listen(shop, there.url)
        poison, good, better = claims(shop, 3)
        there.behave = lambda exchange: exchange.say(400 if exchange.headers["webhook-id"] == poison else 200)
        assert deliverer.deliver() == 1
        shop.later(seconds=2.5)
        assert deliverer.deliver() == 2
        shop.later(seconds=2.5)
        assert deliverer.deliver() == 1
    assert there.ids() == [poison, good, better, poison]


def test_an_endpoint_that_was_down_gets_what_waits_as_soon_as_it_answers(shop: Shop, deliverer: Deliverer):
    with receiver(lambda exchange: exchange.say(503)) as there:
        listen(shop, there.url)
        wanted = claims(shop, 2)
        for _attempt in range(8):
            deliverer.deliver()
            shop.later(minutes=10)
        assert [row["attempts"] for row in shop.rows("webhook_deliveries")] == [
            5,
            3,
        ]  # the first waits an hour
        there.behave = lambda exchange: exchange.say(200)
        (new,) = claims(shop, 1)
        there.got.clear()
        while deliverer.deliver():
            pass
    assert sorted(there.ids()) == [*wanted, new]


def test_a_dead_endpoint_is_asked_once_a_rest_and_not_once_an_event(shop: Shop, deliverer: Deliverer):
    with receiver(lambda exchange: exchange.say(500)) as there:
        listen(shop, there.url)
        claims(shop, 5)
        assert [deliverer.deliver() for _round in range(3)] == [1, 0, 0]
        shop.later(seconds=2.5)
        assert [deliverer.deliver() for _round in range(3)] == [1, 0, 0]
    assert len(there.got) == 2


def test_a_receiver_that_is_gone_for_good_disables_its_endpoint_and_enabling_it_goes_on(
    shop: Shop, deliverer: Deliverer
):
    with receiver(lambda exchange: exchange.say(410)) as there:
        made = listen(shop, there.url)
        first, second = claims(shop, 2)
        assert deliverer.deliver() == 1
        gone_at = shop.clock.now()
        (endpoint,) = shop.rows("webhook_endpoints")
        assert (endpoint["disabled_at"], endpoint["gone_at"]) == (gone_at, gone_at)
        assert deliveries(shop) == [("pending", 1, 410, None), ("pending", 0, None, None)]
        (record,) = [row for row in shop.rows("audit_records") if row["action"] == "webhook.gone"]
        assert (record["client"], record["details"]) == ("system:deliverer", {"endpoint": str(made.id)})
        shop.later(hours=24)
        claims(shop, 1)  # not owed: it happens meanwhile
        assert deliverer.deliver() == 0
        shop.later(seconds=1)
        there.behave = lambda exchange: exchange.say(200)
        webhooks.enable(shop.session, SEED, made.id)
        assert deliverer.deliver() == 2
    assert there.ids() == [first, first, second]
    (endpoint,) = shop.rows("webhook_endpoints")
    assert (endpoint["disabled_at"], endpoint["gone_at"], endpoint["failing_since"]) == (None, None, None)


def test_control_another_answer_leaves_the_endpoint_enabled(shop: Shop, deliverer: Deliverer):
    with receiver(lambda exchange: exchange.say(404)) as there:
        listen(shop, there.url)
        claims(shop, 1)
        deliverer.deliver()
        (endpoint,) = shop.rows("webhook_endpoints")
        assert (endpoint["disabled_at"], endpoint["failing_since"]) == (None, shop.clock.now())


def test_an_endpoint_fails_since_its_first_failure_until_its_next_success(shop: Shop, deliverer: Deliverer):
    with receiver(lambda exchange: exchange.say(500)) as there:
        made = listen(shop, there.url)
        claims(shop, 1)
        began = shop.clock.now()
        for _attempt in range(2):
            assert deliverer.deliver() == 1
            shop.later(minutes=1)
        assert [row["failing_since"] for row in shop.rows("webhook_endpoints")] == [began]
        webhook_replays.replay_failed(shop.session, SEED, made.id)  # ends the rest, not the failing
        there.behave = lambda exchange: exchange.say(200)
        assert deliverer.deliver() == 1
    assert [row["failing_since"] for row in shop.rows("webhook_endpoints")] == [None]


def test_one_delivery_is_sent_again_once_for_its_wish(shop: Shop, deliverer: Deliverer):
    with receiver() as there:
        made = listen(shop, there.url)
        first, second = claims(shop, 2)
        assert deliverer.deliver() == 2

        def again(wish: str, event_id: str) -> int:
            return webhook_replays.replay_one_once(shop.session, SEED, wish, made.id, UUID(event_id))

        assert [again("wish", first), deliverer.deliver()] == [1, 1]
        assert [again("wish", first), deliverer.deliver()] == [1, 0]  # the same press arrives twice
        assert [again("another", second), deliverer.deliver()] == [1, 1]
        with shop.refused(ledger.NotFound, what="webhook delivery"):
            again("unknown", str(made.id))
    assert there.ids() == [first, second, first, second]


def test_what_went_wrong_without_an_answer_is_kept_in_one_word(shop: Shop, fresh: Built):
    with receiver(lambda _exchange: time.sleep(30)) as silent:
        listen(shop, silent.url)
        claims(shop, 1)
        Deliverer(fresh.database, on_loopback(seconds_max=0.3)).deliver()
        assert deliveries(shop) == [("pending", 1, None, Fault.TIME_OUT)]
        shop.later(seconds=5)
        Deliverer(fresh.database, Receivers(reach=Reach.WORLD)).deliver()
        assert deliveries(shop) == [("pending", 2, None, Fault.ADDRESS)]
        assert len(silent.got) == 1


def at_the_same_time(deliver: Any, copies: int = 4) -> None:
    threads = [threading.Thread(target=deliver) for _copy in range(copies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def slowly(exchange: Exchange) -> None:
    time.sleep(0.05)
    exchange.say(200)


def test_several_copies_deliver_each_event_once(shop: Shop, fresh: Built):
    with receiver(slowly) as there:
        listen(shop, there.url)
        wanted = claims(shop, 6)
        at_the_same_time(Deliverer(fresh.database, on_loopback()).deliver)
    assert there.ids() == wanted


def test_control_without_the_lease_an_event_is_delivered_several_times(shop: Shop, fresh: Built):
    class Careless(Deliverer):
        def send_all(self) -> None:
            with self.database.session() as session:
                for delivery in webhook_queue.due_deliveries(session, self.endpoint_id):
                    self._send(session, self.target, delivery)

    with receiver(slowly) as there:
        made = listen(shop, there.url)
        wanted = claims(shop, 6)
        careless = Careless(fresh.database, on_loopback())
        webhook_queue.fan_out(shop.session)
        careless.endpoint_id = made.id
        careless.target = webhook_queue.take(shop.session, made.id)
        at_the_same_time(careless.send_all)
    assert len(there.ids()) > len(wanted)


SENDER = """
import sys
from ledger import Database, Keyring, SystemClock
from panel_app.deliverer import Deliverer
from panel_app.receivers import Reach, Receivers
database = Database(sys.argv[1], clock=SystemClock(), keyring=Keyring(b"a secret that only the tests know"))
Deliverer(database, Receivers(reach=Reach.WORLD_AND_LOOPBACK)).deliver()
"""


def test_a_sender_killed_between_the_sending_and_its_mark_is_made_good_with_the_same_id(
    shop: Shop, fresh: Built, deliverer: Deliverer
):
    with receiver() as there:
        listen(shop, there.url)
        (event_id,) = claims(shop, 1)
        url = fresh.database.engine.url.render_as_string(hide_password=False)
        child = subprocess.Popen([sys.executable, "-c", SENDER, url])
        there.behave = lambda _exchange: child.kill()
        assert child.wait(60) == -9
        assert there.ids() == [event_id]
        assert deliveries(shop) == [("pending", 0, None, None)]

        there.behave = lambda exchange: exchange.say(200)
        shop.clock.set(datetime.now(UTC))
        assert deliverer.deliver() == 0  # the dead one's lease still runs
        shop.later(minutes=2)
        assert deliverer.deliver() == 1
    assert there.ids() == [event_id, event_id]
    assert deliveries(shop) == [("delivered", 1, 200, None)]


def test_a_till_does_not_wait_for_a_receiver(shop: Shop, fresh: Built):
    with receiver(lambda _exchange: time.sleep(30)) as silent:
        listen(shop, silent.url)
        claims(shop, 1)
        sender = threading.Thread(target=Deliverer(fresh.database, on_loopback(seconds_max=4)).deliver)
        sender.start()
        while not silent.got:
            time.sleep(0.01)
        assert redeemed_within(shop) < 2
        assert sender.is_alive()
        sender.join(30)


def test_control_a_till_waits_for_who_keeps_the_books_while_a_receiver_thinks(shop: Shop, fresh: Built):
    """Sent within a transaction that holds the member's account, it would be so."""
    begun = threading.Event()

    def in_a_transaction(session: Session) -> None:
        ledger.lock_member(session, shop.world.lena)
        begun.set()
        time.sleep(1.5)

    def send() -> None:
        with fresh.database.session() as session:
            ledger.transact(session, lambda: in_a_transaction(session))

    sender = threading.Thread(target=send)
    sender.start()
    begun.wait(10)
    assert redeemed_within(shop) > 1
    sender.join(30)


def redeemed_within(shop: Shop) -> float:
    began = time.monotonic()
    shop.confirm(shop.reserve(shop.direct(shop.world.tea)).booking_id)
    return time.monotonic() - began


def test_events_are_deleted_after_a_month_with_their_deliveries(shop: Shop, deliverer: Deliverer):
    with receiver() as there:
        listen(shop, there.url)
        claims(shop, 2)
        deliverer.deliver()
        shop.later(days=29)
        (kept,) = claims(shop, 1)
        deliverer.deliver()
        shop.later(days=1, seconds=1)
        deliverer.prune()
    assert [str(row["id"]) for row in shop.rows("outbox_events")] == [kept]
    assert [str(row["event_id"]) for row in shop.rows("webhook_deliveries")] == [kept]


def test_without_an_endpoint_nothing_is_written_for_anybody(shop: Shop, deliverer: Deliverer):
    claims(shop, 2)
    assert deliverer.deliver() == 0
    assert {row["fanned_out_at"] for row in shop.rows("outbox_events")} == {None}
    assert shop.rows("webhook_deliveries") == []
