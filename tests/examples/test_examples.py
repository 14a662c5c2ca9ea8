"""The examples and the walk through docs/api.md, run against a served panel; and what answers lost on the way do."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ledger
from examples.countermark_client import Api, Refused
from examples.marketplace import Marketplace
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from tests.faults.test_lost_answers import Line, line_to
from tests.journeys.furniture import SEED
from tests.journeys.shop import Shop, open_shop

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shop(tmp_path: Path, sqlite_url: str) -> Iterator[Shop]:
    with open_shop(tmp_path, sqlite_url) as opened:
        yield opened


def key_of(shop: Shop, *scopes: Scope) -> str:
    new = NewKey(client="Market", source="marketplace", scopes=frozenset(scopes))
    with shop.database.session() as session:
        return issue_key(session, SEED, new).text


def findings(shop: Shop) -> list[ledger.Finding]:
    with shop.database.session() as session, ledger.read(session):
        return ledger.verify(session)


def test_the_walk_through_the_docs_does_what_it_says(shop: Shop) -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    variables = {
        "URL": shop.url,
        "KEY": key_of(shop, Scope.ADMIN),
        "REWARD": str(shop.reward_ids["MUG"]),
        "TILL": shop.till(),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", script],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr.count("curl:")) == (0, 1), done.stderr + done.stdout
    assert done.stdout.endswith("200 points are not enough\n")
    assert '"status":"captured"' in done.stdout
    assert done.stdout.count('"available":200') == 1
    assert '"code": "not_enough_points"' in done.stdout


def test_the_marketplace_sells_gives_up_and_takes_back(shop: Shop) -> None:
    member = shop.customer(points=1000)
    market = Marketplace(Api(shop.url, key_of(shop, Scope.HOLDS, Scope.REVERSALS)))
    first = market.order(str(member.id), 600, "A 1")
    with pytest.raises(Refused) as refused:
        market.order(str(member.id), 600, "A 2")
    assert (refused.value.code, refused.value.data) == (
        "not_enough_points",
        {"missing": 200, "available": 400},
    )
    entry = market.ship(first)
    market.give_up(market.order(str(member.id), 400, "A 3"))
    assert market.take_back(entry, 100) == 500
    assert market.available(str(member.id)) == shop.available(member) == 500
    assert findings(shop) == []


def test_the_marketplace_runs_as_a_program(shop: Shop) -> None:
    member = shop.customer(points=50)
    done = subprocess.run(
        [sys.executable, "-m", "examples.marketplace", shop.url, str(member.id), "20"],
        cwd=ROOT,
        input=key_of(shop, Scope.HOLDS),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("sold; 30 points are left\n", "")


def sell(shop: Shop, line: Line, orders: int) -> tuple[int, int]:
    """Sell for 7 points each from four programs over a line that loses answers; points told as sold, points gone."""
    member = shop.customer(points=orders * 7 + 3)
    key = key_of(shop, Scope.HOLDS)

    def work(worker: int) -> int:
        market = Marketplace(Api(line.url, key))
        for number in range(orders // 4):
            market.ship(market.order(str(member.id), 7, f"{worker}-{number}"))
        return 7 * (orders // 4)

    with ThreadPoolExecutor(4) as pool:
        sold = sum(pool.map(work, range(4)))
    return sold, orders * 7 + 3 - shop.available(member)


@pytest.mark.parametrize("orders", [100, pytest.param(500, marks=pytest.mark.long)])
def test_of_answers_that_are_lost_each_order_is_sold_once(shop: Shop, orders: int) -> None:
    with line_to(shop.url) as line:
        line.loses = 0.3
        sold, gone = sell(shop, line, orders)
    assert line.lost > orders // 4
    assert (sold, gone) == (orders * 7, orders * 7)
    assert findings(shop) == []


def test_control_with_a_new_key_each_time_more_is_gone_than_was_sold(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Api._ask

    def forgetful(self: Api, method: str, path: str, body: object, key: str | None) -> object:
        forgetful.count += 1
        return known(self, method, path, body, None if key is None else f"{key[:50]}-{forgetful.count}")

    forgetful.count = 0
    monkeypatch.setattr(Api, "_ask", forgetful)
    member = shop.customer(points=100_000)
    market = Marketplace(Api(shop.url, key_of(shop, Scope.POINTS)))
    with line_to(shop.url) as line:
        line.loses, market.api.url = 0.5, line.url
        for number in range(12):
            market.api.wish(f"/members/{member.id}/debits", {"points": 7, "reference": str(number)})
    assert 100_000 - shop.available(member) > 12 * 7
