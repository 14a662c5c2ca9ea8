"""An operator's undo, a manager's reversal and more of both at the same moment: one gives back, the others say so."""

from typing import Any
from unittest.mock import patch

import pytest

from ledger import Database, ManualClock, Session
from panel_app.programme import reversals
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.reversals import Reversal, Undo
from tests.panel_app.programme.presses import Act, outcomes_of, told
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import build, cash

MIX = 1
ROUNDS = 5
PRESSES = 4


@pytest.fixture
def shop(database: Database, session: Session, clock: ManualClock) -> Shop:
    return Shop(session, clock, build(session))


def presses(shop: Shop) -> list[Act]:
    """Four undos and four reversals of one booking, each under a key of its own."""
    reserved = shop.reserve(shop.direct(shop.world.mug, MIX))
    booking_id = shop.confirm(reserved.booking_id, cash(400)).booking_id
    undo = Undo(booking_id=booking_id)
    wanted = Reversal(booking_id=booking_id, reason=ReversalReason.WRONG_REWARD, goods=Goods.RETURNED)
    acts: list[Act] = []
    for _press in range(PRESSES):
        keys = shop.key(), shop.key()
        acts.append(lambda session, key=keys[0]: reversals.undo(session, shop.world.berlin, key, undo))
        acts.append(lambda session, key=keys[1]: reversals.reverse(session, shop.world.manager, key, wanted))
    return acts


def on_hand(shop: Shop) -> int:
    (row,) = [row for row in shop.rows("stock_levels") if row["reward_id"] == shop.world.mug]
    return int(row["on_hand"])


def test_of_undos_and_reversals_at_once_one_gives_back(database: Database, shop: Shop):
    for _round in range(ROUNDS):
        outcomes = outcomes_of(database, presses(shop))
        assert told(outcomes) == {"done": 1, "RedemptionClosed": 2 * PRESSES - 1}
        assert (shop.balance(), on_hand(shop)) == ((5000, 0), 5)
    assert shop.findings() == []


def without_looking(redemption: Any) -> Any:
    """The guard taken out: whatever its state, it counts as confirmed."""
    return redemption.closed_at


def test_control_without_the_look_at_the_state_only_the_books_stop_the_second_one(
    database: Database, shop: Shop
):
    with patch.object(reversals, "judge_completed", without_looking):
        outcomes = outcomes_of(database, presses(shop))
    assert told(outcomes) == {"done": 1, "AlreadyReversed": 2 * PRESSES - 1}
    assert shop.balance() == (5000, 0)
