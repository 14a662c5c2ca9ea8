"""Many tills at once, on both databases, with real threads: what may happen once happens once.

Each race has a control: the same race with one guard taken out, which must show the harm.
"""

import time
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
import sqlalchemy as sa

import ledger
from ledger import Database, KeyInUse, ManualClock, NotEnoughPoints, Session
from panel_app.programme import catalogue, claims, redemptions, stock
from panel_app.programme.access import Actor
from panel_app.programme.baskets import Order
from panel_app.programme.models import Claim
from panel_app.programme.redemptions import Payment
from panel_app.programme.refusals import (
    AlreadyRedeemed,
    LimitReached,
    OutOfStock,
    TenderReferenceUsed,
)
from tests.panel_app.programme.presses import Act, outcomes_of, told
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, build, card, cash, create_reward

MIX = 1
TRIES_MAX = 12


@pytest.fixture
def shop(database: Database, session: Session, clock: ManualClock) -> Shop:
    return Shop(session, clock, build(session))


def tills(shop: Shop) -> list[Actor]:
    return [shop.world.berlin, shop.world.berlin_2, shop.world.london, shop.world.london_2]


# One claim, forty presses at four tills of two branches.


def redeem_one_claim(database: Database, shop: Shop, presses: int) -> tuple[UUID, list[Any]]:
    made = shop.claim(create_reward(shop.session))
    acts: list[Act] = []
    for press in range(presses):
        actor = tills(shop)[press % 4]
        order = Order.one(visit_id=shop.scan(made.code, actor).visit_id, claim_id=made.id)
        acts.append(_press(actor, order, f"press-{press}"))
    return made.id, outcomes_of(database, acts)


def _press(actor: Actor, order: Order, key: str) -> Act:
    return lambda session: redemptions.redeem_at_once(session, actor, key, order)


def completed(shop: Shop) -> list[dict[str, Any]]:
    return [row for row in shop.rows("redemptions") if row["status"] == "completed"]


def test_of_forty_presses_for_one_claim_at_two_branches_one_redeems_it(database: Database, shop: Shop):
    claim_id, outcomes = redeem_one_claim(database, shop, 40)

    assert told(outcomes) == {"done": 1, "AlreadyRedeemed": 39}
    (receipt,) = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    (claim,) = [row for row in shop.rows("claims") if row["id"] == claim_id]
    assert (claim["spent"], claim["status"], claim["held_by"]) == (1, "redeemed", None)
    assert [row["booking_id"] for row in completed(shop)] == [receipt.booking_id]
    assert [row["booking_id"] for row in shop.rows("entries") if row["booking_id"]] == [receipt.booking_id]
    for refusal in outcomes:
        if isinstance(refusal, AlreadyRedeemed):
            assert refusal.booking_id == receipt.booking_id
    assert shop.findings() == []


def take_without_looking(session: Session, claim_id: UUID, redemption_id: UUID) -> bool:
    """claims.take without its guard."""
    session.execute(sa.update(Claim).where(Claim.id == claim_id).values(held_by=redemption_id))
    return True


def spend_without_looking(session: Session, claim_id: UUID, redemption_id: UUID, units: int) -> None:
    """claims.spend as read, think, write."""
    claim = session.get_one(Claim, claim_id)
    claim.spent, claim.held_by, claim.status = claim.quantity, None, "redeemed"


def test_control_without_the_guard_of_the_claim_it_is_redeemed_twice(
    postgresql_url: str, clock: ManualClock, keyring: ledger.Keyring
):
    # SQLite has one writer at a time, so that judging alone would do there; PostgreSQL needs the guard.
    database = Database(postgresql_url, clock=clock, keyring=keyring)
    with database.session() as session, patch.object(claims, "take", take_without_looking):
        shop = Shop(session, clock, build(session))
        with patch.object(claims, "spend", spend_without_looking):
            harmed = any(
                told(redeem_one_claim(database, shop, 16)[1])["done"] > 1 for _try in range(TRIES_MAX)
            )
    database.dispose()
    assert harmed


# One key, thirty presses: the answer was lost thirty times.


def retried(act: Act) -> Act:
    """Ask again while a twin is under way, as the page does."""

    def run(session: Session) -> Any:
        give_up_at = time.monotonic() + 30
        while True:
            try:
                return act(session)
            except KeyInUse:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.05)

    return run


def confirm_with_one_key(database: Database, shop: Shop, presses: int) -> list[Any]:
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    payment = Payment(booking_id=reserved.booking_id, tenders=(cash(400, given=500),))
    key = shop.key()

    def confirm(session: Session) -> Any:
        return redemptions.confirm(session, shop.world.berlin, key, payment)

    return outcomes_of(database, [retried(confirm)] * presses)


def test_thirty_presses_with_one_key_get_one_booking_and_thirty_equal_answers(database: Database, shop: Shop):
    outcomes = confirm_with_one_key(database, shop, 30)

    assert told(outcomes) == {"done": 30}
    assert [outcome for outcome in outcomes if outcome != outcomes[0]] == []
    assert shop.balance() == (4400, 0)
    assert [row["amount"] for row in shop.rows("tenders")] == [400]
    assert len([row for row in shop.rows("outbox_events") if row["type"] == "redemption.completed"]) == 1
    assert shop.findings() == []


def test_control_with_the_table_of_outcomes_ignored_the_answers_differ(database: Database, shop: Shop):
    def forgetful(session: Session, request: ledger.Request) -> None:
        return None

    def nothing(session: Session, *rest: object) -> None:
        return None

    with (
        patch.object(ledger, "claim_key", forgetful),
        patch.object(ledger, "remember_success", nothing),
        patch.object(ledger, "remember_refusal", nothing),
    ):
        outcomes = confirm_with_one_key(database, shop, 8)

    assert told(outcomes) == {"done": 1, "RedemptionClosed": 7}


# Sixteen tills, one balance; eight tills, the last item; eight tills, once a day; eight tills, one slip.


def reserve_at(database: Database, shop: Shop, orders: Sequence[tuple[Actor, Order]]) -> list[Any]:
    def act(actor: Actor, order: Order, key: str) -> Act:
        return lambda session: redemptions.reserve(session, actor, key, order)

    return outcomes_of(database, [act(actor, order, shop.key()) for actor, order in orders])


def orders_for(shop: Shop, reward_id: UUID, count: int) -> list[tuple[Actor, Order]]:
    """Lena's orders, each under a visit at one of the four tills."""
    visits = [(actor, shop.visit(shop.world.lena, actor)) for actor in tills(shop)]
    option_id = shop.option(reward_id, 0)
    return [
        (actor, Order.one(visit_id=visit_id, reward_id=reward_id, option_id=option_id))
        for actor, visit_id in (visits * count)[:count]
    ]


def test_sixteen_reservations_for_ten_rewards_worth_of_points_hold_exactly_ten(
    database: Database, shop: Shop
):
    shop.spend_all_but(3000)
    outcomes = reserve_at(database, shop, orders_for(shop, shop.world.tea, 16))

    assert told(outcomes) == {"done": 10, "NotEnoughPoints": 6}
    assert shop.balance() == (0, 3000)
    assert len([row for row in shop.rows("holds") if row["status"] == "held"]) == 10
    refusals = [outcome for outcome in outcomes if isinstance(outcome, NotEnoughPoints)]
    assert {(refusal.missing, refusal.available) for refusal in refusals} == {(300, 0)}
    assert shop.findings() == []


def orders_for_the_last_item(shop: Shop) -> list[tuple[Actor, Order]]:
    reward_id = create_reward(shop.session)
    catalogue.receive_stock(shop.session, SEED, shop.world.berlin.branch(), reward_id, 1)
    berlin = [shop.world.berlin, shop.world.berlin_2]
    option_id = shop.option(reward_id, 0)
    visits = [(actor, shop.visit(shop.world.lena, actor)) for actor in berlin]
    return [
        (actor, Order.one(visit_id=visit_id, reward_id=reward_id, option_id=option_id))
        for actor, visit_id in visits * 4
    ]


def test_the_last_item_in_stock_goes_to_one_of_eight(database: Database, shop: Shop):
    outcomes = reserve_at(database, shop, orders_for_the_last_item(shop))

    assert told(outcomes) == {"done": 1, "OutOfStock": 7}
    assert {refusal.left for refusal in outcomes if isinstance(refusal, OutOfStock)} == {0}
    levels = {(row["on_hand"], row["reserved"]) for row in shop.rows("stock_levels")}
    assert levels == {(5, 0), (1, 1)}
    assert shop.balance() == (4700, 300)
    assert shop.findings() == []


def test_a_reward_once_a_day_goes_once_to_a_member_at_eight_tills(database: Database, shop: Shop):
    reward_id = create_reward(shop.session, daily_limit=1)
    outcomes = reserve_at(database, shop, orders_for(shop, reward_id, 8))

    assert told(outcomes) == {"done": 1, "LimitReached": 7}
    assert {refusal.limit for refusal in outcomes if isinstance(refusal, LimitReached)} == {1}
    assert shop.balance() == (4700, 300)


def test_one_slip_of_the_card_terminal_pays_one_of_two_bookings(database: Database, shop: Shop):
    paid = []
    for actor in (shop.world.berlin, shop.world.berlin_2):
        booking_id = shop.reserve(shop.direct(shop.world.mug, MIX, actor=actor), actor).booking_id
        paid.append((actor, Payment(booking_id=booking_id, tenders=(card(400, "4711"),))))

    def act(actor: Actor, payment: Payment) -> Act:
        return lambda session: redemptions.confirm(session, actor, "press", payment)

    outcomes = outcomes_of(database, [act(actor, payment) for actor, payment in paid])

    assert told(outcomes) == {"done": 1, "TenderReferenceUsed": 1}
    assert any(isinstance(outcome, TenderReferenceUsed) for outcome in outcomes)
    assert shop.balance() == (3800, 600)
    assert shop.findings() == []


def look_then_reserve(
    session: Session, branch_id: UUID, reward_id: UUID, quantity: int, redemption_id: UUID
) -> None:
    """stock.reserve that only looks at what is left."""
    left = stock.available(session, branch_id, [reward_id])[reward_id]
    if left < quantity:
        raise OutOfStock(left=left)


def test_control_when_stock_is_only_looked_at_the_last_item_goes_twice(
    postgresql_url: str, clock: ManualClock, keyring: ledger.Keyring
):
    database = Database(postgresql_url, clock=clock, keyring=keyring)
    with database.session() as session, patch.object(stock, "reserve", look_then_reserve):
        shop = Shop(session, clock, build(session))
        outcomes = reserve_at(database, shop, orders_for_the_last_item(shop))
    database.dispose()
    assert told(outcomes)["done"] > 1
