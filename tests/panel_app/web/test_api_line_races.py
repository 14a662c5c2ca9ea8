"""Orders of several lines at once, in crossing order: one claim, one shelf, one balance; with controls."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest

from ledger import Points, Session
from panel_app.programme import catalogue, claims, stock
from panel_app.programme.catalogue import NewOption
from panel_app.programme.refusals import OutOfStock
from panel_app.programme.scopes import Scope
from tests.panel_app.programme.presses import outcomes_of
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program
from tests.panel_app.world import SEED, create_reward

TILLS = ({"branch": "BER", "till": "1"}, {"branch": "BER", "till": "2"})
TRIES_MAX = 6
only_postgresql = pytest.mark.parametrize("kind", ["postgresql"])  # SQLite has one writer at a time


def answers(house: House, wishes: list[dict[str, Any]]) -> Counter[tuple[int, str]]:
    """What the orders came to when they were asked for at the same moment: statuses with their codes."""
    program = Program.of(house, Scope.REDEMPTIONS)

    def ask(wish: dict[str, Any], key: str) -> Callable[[Session], tuple[int, str]]:
        def run(_session: Session) -> tuple[int, str]:
            answer = program.post("/redemptions", wish, key=key)
            return answer.status_code, answer.get_json().get("code", "")

        return run

    acts = [ask(wish, house.shop.key()) for wish in wishes]
    return Counter(outcomes_of(house.database, acts))


def crossing(lines: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """So many orders of the same lines, every second one the other way round and at the other till."""
    return [TILLS[number % 2] | {"lines": lines[:: 1 - 2 * (number % 2)]} for number in range(count)]


def for_claims(house: House) -> list[dict[str, Any]]:
    reward_id = create_reward(house.shop.session, options=[NewOption(points=Points(1))])
    return crossing([{"code": house.shop.claim(reward_id).code} for _line in range(3)], 2)


@on_both
def test_of_two_orders_that_share_their_claims_one_has_all_of_them(house: House) -> None:
    for _round in range(2):
        assert answers(house, for_claims(house)) == {(201, ""): 1, (409, "held_elsewhere"): 1}
    held = [row["held_by"] for row in house.shop.rows("claims")]
    assert sorted(Counter(held).values()) == [3] * 2
    assert None not in held


def take_without_looking(session: Session, claim_id: UUID, redemption_id: UUID) -> bool:
    del session, claim_id, redemption_id
    return True


@only_postgresql
def test_control_where_claims_are_only_looked_at_two_orders_have_one(house: House) -> None:
    with (
        patch.object(claims, "lock", lambda _session, _ids: None),
        patch.object(claims, "take", take_without_looking),
    ):
        found = [answers(house, for_claims(house))[201, ""] for _try in range(TRIES_MAX)]
    assert max(found) == 2


def for_the_shelf(house: House) -> list[dict[str, Any]]:
    """Twelve orders of two rewards, of each of which five are there, for three members in turn."""
    lines = []
    for _reward in range(2):
        reward_id = create_reward(house.shop.session, options=[NewOption(points=Points(100))])
        catalogue.receive_stock(house.shop.session, SEED, house.world.berlin.branch(), reward_id, 5)
        lines.append({"reward_id": str(reward_id)})
    people = [str(one) for one in (house.world.lena, house.world.omar, house.world.anna)]
    return [wish | {"member_id": people[number % 3]} for number, wish in enumerate(crossing(lines, 12))]


@on_both
def test_twelve_orders_for_a_shelf_of_five_are_granted_five_times(house: House) -> None:
    assert answers(house, for_the_shelf(house)) == {(201, ""): 5, (409, "out_of_stock"): 7}
    levels = [(row["on_hand"], row["reserved"]) for row in house.shop.rows("stock_levels")]
    assert sorted(levels) == [(5, 0), (5, 5), (5, 5)]  # the world's mugs lie untouched
    people = (house.world.lena, house.world.omar, house.world.anna)
    assert sum(house.shop.balance(one)[1] for one in people) == 5 * 200


def look_then_reserve(
    session: Session, branch_id: UUID, reward_id: UUID, quantity: int, redemption_id: UUID
) -> None:
    """stock.reserve that only looks at what is left."""
    left = stock.available(session, branch_id, [reward_id])[reward_id]
    if left < quantity:
        raise OutOfStock(left=left)


@only_postgresql
def test_control_where_the_shelf_is_only_looked_at_all_twelve_are_granted(house: House) -> None:
    with patch.object(stock, "reserve", look_then_reserve):
        assert answers(house, for_the_shelf(house))[201, ""] > 5


@on_both
def test_twelve_orders_of_two_lines_are_granted_what_the_balance_holds(house: House) -> None:
    tea = {"reward_id": str(house.world.tea)}
    wishes = [wish | {"member_id": str(house.world.lena)} for wish in crossing([tea, tea], 12)]
    assert answers(house, wishes) == {(201, ""): 8, (409, "not_enough_points"): 4}
    assert house.shop.balance() == (200, 4800)


@on_both
def test_orders_of_two_lines_together_keep_to_a_members_limit(house: House) -> None:
    line = {"reward_id": str(create_reward(house.shop.session, daily_limit=3))}
    wishes = [wish | {"member_id": str(house.world.lena)} for wish in crossing([line, line], 6)]
    assert answers(house, wishes) == {(201, ""): 1, (409, "limit_reached"): 5}
    assert house.shop.balance() == (4400, 600)
