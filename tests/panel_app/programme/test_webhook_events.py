"""What the outbox is told, step by step: each event exactly when its deed is done, with ids, numbers and times."""

import pytest

import ledger
from ledger import BookEvent
from ledger.asked import Asked
from panel_app.commands import webhooks as command
from panel_app.deliverer import Deliverer
from panel_app.programme import audit, redemptions, reversals
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.terms import RedemptionStatus
from panel_app.programme.webhook_terms import EventType
from panel_app.receivers import Reach, Receivers
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import cash

MIX = 1


def told(shop: Shop, after: int = 0) -> list[str]:
    return [row["type"] for row in shop.rows("outbox_events")][after:]


def test_a_redemption_tells_of_its_hold_its_entry_and_itself(shop: Shop):
    before = len(told(shop))
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    assert told(shop, before) == ["hold.placed"]
    receipt = shop.confirm(reserved.booking_id, cash(400))
    assert sorted(told(shop, before)[1:]) == ["entry.posted", "hold.captured", "redemption.completed"]

    events = {row["type"]: row for row in shop.rows("outbox_events")[before:]}
    (hold,) = shop.rows("holds")
    entry = next(row for row in shop.rows("entries") if row["hold_id"] == hold["id"])
    where = {
        "source": "in-store",
        "branch_id": str(shop.world.berlin.branch_id),
        "booking_id": receipt.booking_id,
    }
    assert {row["member_id"] for row in events.values()} == {shop.world.lena}
    assert events["entry.posted"]["payload"] == {
        "entry_id": str(entry["id"]),
        "type": "Debit By Redemption",
        "points": -600,
        "number": 2,
        "balance_after": 4400,
        "hold_id": str(hold["id"]),
        **where,
    }
    assert events["hold.captured"]["payload"] == {
        "hold_id": str(hold["id"]),
        "expires_at": ledger.instant(hold["expires_at"]),
        **where,
    }


def test_a_release_an_expiry_and_a_reversal_are_told(shop: Shop):
    before = len(told(shop))
    redemptions.cancel(shop.session, shop.world.berlin, shop.reserve(shop.direct(shop.world.tea)).booking_id)
    assert told(shop, before) == ["hold.placed", "hold.released"]

    before = len(told(shop))
    shop.reserve(shop.direct(shop.world.tea))
    shop.later(minutes=3)
    assert shop.sweep() == 1
    assert told(shop, before) == ["hold.placed", "hold.expired"]

    booking_id = shop.confirm(shop.reserve(shop.direct(shop.world.tea)).booking_id).booking_id
    before = len(told(shop))
    wanted = reversals.Reversal(
        booking_id=booking_id, reason=ReversalReason.FAULTY_GOODS, goods=Goods.RETURNED
    )
    done = reversals.reverse(shop.session, shop.world.manager, shop.key(), wanted)
    assert done.status is RedemptionStatus.REVERSED
    assert told(shop, before) == ["entry.posted", "redemption.reversed"]


def test_every_type_that_the_books_tell_may_be_asked_for_and_the_command_offers_all():
    assert {event.value for event in BookEvent} <= {event.value for event in EventType}
    assert list(command.EVENTS) == [event.value for event in EventType]


def test_what_a_program_credits_and_debits_is_told_as_entries(shop: Shop):
    before = len(told(shop))
    shop.credit(shop.world.lena, 50)
    shop.spend_all_but(1000)
    events = shop.rows("outbox_events")[before:]
    assert [(row["type"], row["payload"]["points"]) for row in events] == [
        ("entry.posted", 50),
        ("entry.posted", -4050),
    ]


def test_a_type_that_is_not_on_the_list_is_a_fault(shop: Shop):
    with pytest.raises(ValueError, match=r"points\.moved"):
        audit.event(shop.session, "points.moved", shop.world.lena)


def test_the_books_tell_what_is_asked_for_and_without_fresh_knowledge_everything(shop: Shop):
    now = [0.0]
    shop.session.asked = Asked(lambda: now[0])
    shop.session.asked.know(frozenset({"hold.placed"}), seconds=3)
    before = len(told(shop))
    shop.confirm(shop.reserve(shop.direct(shop.world.tea)).booking_id)
    assert told(shop, before) == ["hold.placed", "redemption.completed"]
    now[0] = 3.0
    before = len(told(shop))
    shop.confirm(shop.reserve(shop.direct(shop.world.tea)).booking_id)
    assert len(told(shop, before)) == 4


def test_a_deliverer_tells_its_process_what_is_asked_for(fresh: Built, shop: Shop):
    Deliverer(fresh.database, Receivers(reach=Reach.WORLD)).deliver()
    assert not fresh.database.asked.has("entry.posted")
    assert shop.session.asked is fresh.database.asked
    fresh.database.asked.know(frozenset(), seconds=0)
    assert shop.session.asked.has("entry.posted")
