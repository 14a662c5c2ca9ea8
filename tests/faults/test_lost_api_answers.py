"""Three surfaces at the API over a line that loses three answers in ten: each operation has its effect once."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ledger
from examples.countermark_client import Api
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from tests.faults.surfaces import EARNED, Forgetful, Surface, disagreements
from tests.faults.test_lost_answers import LOST, Line, line_to
from tests.journeys.furniture import SEED
from tests.journeys.shop import Shop, open_shop

SOURCES = ("marketplace", "vending-machine", "loyalty-app")
OPERATIONS = {
    *("balance", "credit", "debit", "reversal", "hold", "capture", "release", "claim"),
    *("redemption", "confirm", "cancel", "reversal of a redemption"),
}


def surfaces_of(shop: Shop, line: Line, kind: type[Surface] = Surface) -> list[Surface]:
    """A key, a till and a chance of its own for each; the members are everybody's."""
    members = [shop.customer(points=EARNED).id for _ in range(3)]
    made = []
    for number, source in enumerate(SOURCES):
        new = NewKey(client=f"{source} {ledger.new_id()}", source=source, scopes=frozenset({Scope.ADMIN}))
        with shop.database.session() as session:
            key = issue_key(session, SEED, new).text
        chance = random.Random(number)
        made.append(kind(Api(line.url, key), shop.till(), members, shop.reward_ids, chance))
    return made


def ask_over(line: Line, surfaces: list[Surface], operations: int, loses: float) -> None:
    def work(surface: Surface) -> None:
        for _ in range(operations // len(surfaces)):
            surface.act()

    line.loses = loses
    with ThreadPoolExecutor(len(surfaces)) as pool:
        list(pool.map(work, surfaces))
    line.loses = 0.0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("operations", [120, pytest.param(1002, marks=pytest.mark.long)])
def test_of_answers_that_are_lost_each_operation_of_three_surfaces_has_its_effect_once(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, operations: int
) -> None:
    with (
        open_shop(tmp_path, request.getfixturevalue(f"{kind}_url")) as shop,
        line_to(shop.url) as line,
    ):
        surfaces = surfaces_of(shop, line)
        ask_over(line, surfaces, operations, LOST)
        answered = sum(
            (surface.journal.answered for surface in surfaces), start=type(surfaces[0].journal.answered)()
        )
        assert sum(answered.values()) == operations
        assert set(answered) == OPERATIONS
        assert sum(surface.unanswered for surface in surfaces) == line.lost > operations // 10
        assert disagreements(shop, surfaces) == []


def test_control_with_a_new_key_each_time_there_are_more_effects_than_operations(
    tmp_path: Path, sqlite_url: str
) -> None:
    with open_shop(tmp_path, sqlite_url) as shop, line_to(shop.url) as line:
        surfaces = surfaces_of(shop, line, Forgetful)
        ask_over(line, surfaces, 30, loses=0.5)
        found = disagreements(shop, surfaces)
    assert any(one.startswith("points") and one.endswith("was never told") for one in found), found
