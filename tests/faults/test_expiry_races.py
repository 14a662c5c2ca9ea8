"""A Confirm at the very moment of the expiry, against the sweeper and a till that wants the same points."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

import ledger
from ledger import Database, ManualClock, Refusal, Session
from panel_app.programme import access, catalogue, redemptions
from panel_app.programme.models import Redemption
from panel_app.programme.redemptions import Payment
from panel_app.programme.refusals import RedemptionExpired
from panel_app.programme.terms import Receipt
from tests.panel_app.programme.presses import outcomes_of
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, build, cash

MIX = 1
ROUNDS, MUGS = 30, 40
RIVAL_TRIES = 4


@pytest.fixture
def shop(database: Database, session: Session, clock: ManualClock) -> Shop:
    """There are mugs for every round."""
    opened = Shop(session, clock, build(session))
    catalogue.receive_stock(session, SEED, opened.world.berlin.branch(), opened.world.mug, MUGS - 5)
    return opened


def sweep(session: Session) -> int:
    return redemptions.expire_due(session, access.system("sweeper"))


def race(database: Database, shop: Shop) -> tuple[str, Any]:
    """Lena has 600 points, all reserved in Berlin with 4.00 to pay, when the time is over and all act at once.

    The rival in London tries to reserve two teas for the same 600 points. Gives the booking ID and what came
    of its Confirm.
    """
    berlin, london = shop.world.berlin, shop.world.london
    rival = shop.direct(shop.world.tea, units=2, actor=london)
    order = shop.direct(shop.world.mug, MIX)
    shop.credit(shop.world.lena, 600)
    reserved = shop.reserve(order)
    payment = Payment(booking_id=reserved.booking_id, tenders=(cash(400),))
    confirm_key, rival_keys = shop.key(), [shop.key() for _try in range(RIVAL_TRIES)]

    def confirm(session: Session) -> Any:
        return redemptions.confirm(session, berlin, confirm_key, payment)

    def reserve(session: Session) -> Any:
        for key in rival_keys:
            try:
                return redemptions.reserve(session, london, key, rival)
            except Refusal:
                continue
        return None

    def tick(_session: Session) -> None:
        shop.clock.set(reserved.expires_at)

    _ticked, confirmed, _swept, rivalled = outcomes_of(database, [tick, confirm, sweep, reserve])
    if rivalled is not None and not isinstance(rivalled, Exception):
        redemptions.cancel(shop.session, london, rivalled.booking_id)
    return reserved.booking_id, confirmed


def outcome(shop: Shop, booking_id: str) -> dict[str, Any]:
    """What the redemption, the books and the tenders each say of a booking."""
    (redemption,) = [row for row in shop.rows("redemptions") if row["booking_id"] == booking_id]
    return {
        "status": redemption["status"],
        "points": [row["points"] for row in shop.rows("entries") if row["booking_id"] == booking_id],
        "cash": [row["amount"] for row in shop.rows("tenders") if row["redemption_id"] == redemption["id"]],
    }


CONFIRMED = {"status": "completed", "points": [-600], "cash": [400]}
RELEASED = {"status": "expired", "points": [], "cash": []}


def level(shop: Shop) -> tuple[int, int]:
    (row,) = [row for row in shop.rows("stock_levels") if row["reward_id"] == shop.world.mug]
    return row["on_hand"], row["reserved"]


def test_at_the_moment_of_its_expiry_a_redemption_is_confirmed_or_released_and_never_both(
    database: Database, shop: Shop
):
    shop.spend_all_but(0)
    on_hand = MUGS
    for _round in range(ROUNDS):
        booking_id, confirmed = race(database, shop)
        shop.sweep()
        if isinstance(confirmed, Receipt):
            on_hand -= 1
            assert outcome(shop, booking_id) == CONFIRMED
            assert shop.balance() == (0, 0)
        else:
            assert isinstance(confirmed, RedemptionExpired)
            assert outcome(shop, booking_id) == RELEASED
            assert shop.balance() == (600, 0)
            shop.spend_all_but(0)
        assert level(shop) == (on_hand, 0)
    assert shop.findings() == []


def overdue(session: Session) -> list[UUID]:
    is_over = Redemption.expires_at <= session.clock.now()
    with ledger.read(session):
        return list(session.scalars(sa.select(Redemption.id).where(Redemption.status == "reserved", is_over)))


def test_control_a_sweeper_that_does_not_look_again_releases_what_was_confirmed(
    database: Database, shop: Shop
):
    payment = reserved_and_over(shop)
    with database.session() as sweeper:
        # As read, think, write: it closes what it saw open, whatever happened since.
        seen = overdue(sweeper)
        redemptions.confirm(shop.session, shop.world.berlin, shop.key(), payment)
        closed = {"status": "expired", "entry_id": None, "closed_at": sweeper.clock.now()}
        close = sa.update(Redemption).where(Redemption.id.in_(seen)).values(closed)
        ledger.transact(sweeper, lambda: sweeper.execute(close))
    assert outcome(shop, payment.booking_id) == {**CONFIRMED, "status": "expired"}


def reserved_and_over(shop: Shop) -> Payment:
    """The payment of a redemption whose time ran out a second ago, and that nobody has swept."""
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    shop.later(seconds=121)
    return Payment(booking_id=reserved.booking_id, tenders=(cash(400),))


def holds(shop: Shop) -> list[str]:
    return sorted(row["status"] for row in shop.rows("holds"))


def test_the_capture_itself_judges_the_expiry_although_nobody_swept(shop: Shop):
    payment = reserved_and_over(shop)
    redemptions.confirm(shop.session, shop.world.berlin, shop.key(), payment)
    assert holds(shop) == ["captured", "expired"]


def test_control_a_clock_that_was_read_before_captures_what_has_expired(database: Database, shop: Shop):
    payment = reserved_and_over(shop)
    with database.session() as session:
        session.clock = ManualClock(shop.clock.now() - timedelta(seconds=2))
        redemptions.confirm(session, shop.world.berlin, shop.key(), payment)
    assert holds(shop) == ["captured"]
