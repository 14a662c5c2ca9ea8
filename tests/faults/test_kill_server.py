"""The server is killed outright in the middle of the load and started again: what was told is there, once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.journals import Question, disagreements
from tests.faults.traffic import Till, load, open_tills, questions_of, settle, wait_until_ready
from tests.journeys.shop import Shop, open_shop

TILLS = 8


@contextmanager
def killed_and_started_again(
    shop: Shop, tills: list[Till], kills: int, pause_seconds: float
) -> Iterator[None]:
    """The tills redeem while the server dies so many times; it serves again inside the block."""
    command = [sys.executable, "-m", "panel_app", "serve"]
    victim, server = shop.process_id, None
    with (shop.folder / "again.log").open("wb") as log:
        try:
            with load(tills):
                for _ in range(kills):
                    time.sleep(pause_seconds + random.random())
                    os.kill(victim, signal.SIGKILL)
                    if server is not None:
                        server.wait(10)
                    server = subprocess.Popen(
                        command, cwd=shop.folder, env=shop.environment, stdout=log, stderr=log
                    )
                    victim = server.pid
                    wait_until_ready(shop.url)
                time.sleep(pause_seconds)
            yield
        finally:
            if server is not None:
                server.terminate()
                server.wait(30)


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        ("sqlite", 2),
        pytest.param("postgresql", 3, marks=pytest.mark.long),
        pytest.param("sqlite", 15, marks=pytest.mark.long),
        pytest.param("postgresql", 15, marks=pytest.mark.long),
    ],
)
def test_after_kills_in_the_middle_of_the_load_everything_told_is_there_once(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, kills: int
) -> None:
    with open_shop(tmp_path, request.getfixturevalue(f"{kind}_url")) as shop:
        tills = open_tills(shop, TILLS)
        with killed_and_started_again(shop, tills, kills, 0.6):
            settle(tills)
            assert sum(till.unanswered for till in tills) >= kills
            assert disagreements(shop, questions_of(tills)) == []
            expired = shop.command("holds", "expire")
            assert (expired.returncode, expired.stdout) == (0, "0 ran out and were closed.\n")
            judge_doctored(shop, questions_of(tills))


def judge_doctored(shop: Shop, journal: list[Question]) -> None:
    """The control: a journal that does not fit the books is noticed, whichever of the two has more."""
    done = next(one for one in journal if one.told == "done")
    price = (done.price.points, done.price.cents)
    invented = disagreements(shop, [*journal, replace(done, booking_id="B1-CM000000000")])
    told_twice = disagreements(shop, [*journal, done])
    never_told = disagreements(shop, [one for one in journal if one is not done])
    assert f"booking {('B1-CM000000000', *price)} was told, but is not in the books" in invented
    assert f"booking {(done.booking_id, *price)} was told, but is not in the books" in told_twice
    assert f"booking {(done.booking_id, *price)} is in the books, but was never told" in never_told
