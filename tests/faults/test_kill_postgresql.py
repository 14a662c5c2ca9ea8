"""PostgreSQL is killed outright under the load and started again on its data: the server comes back by itself."""

import os
import random
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import alembic.command
import pytest

from tests.conftest import alembic_config
from tests.faults.durable_postgres import Postgres, folder_of_postgres
from tests.faults.journals import disagreements
from tests.faults.traffic import load, open_tills, questions_of, settle, wait_until_ready
from tests.journeys.shop import open_shop

TILLS = 8
AWAY = {500, 503}


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with folder_of_postgres() as folder:
        server = Postgres(folder)
        server.initialise()
        try:
            server.start()
            alembic.command.upgrade(alembic_config(server.url), "head")
            yield server
        finally:
            server.stop()


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own http address
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.long)])
def test_the_server_outlives_its_killed_database_and_nothing_told_is_lost(
    postgres: Postgres, tmp_path: Path, kills: int
) -> None:
    with open_shop(tmp_path, postgres.url) as shop:
        tills = open_tills(shop, TILLS)
        meanwhile = []
        with load(tills):
            for _ in range(kills):
                time.sleep(0.8 + random.random())
                postgres.kill()
                meanwhile.append((status_of(f"{shop.url}/livez"), status_of(f"{shop.url}/readyz")))
                time.sleep(1)
                postgres.start()
                wait_until_ready(shop.url)
            asked_before = len(questions_of(tills))
            time.sleep(1)
        settle(tills)

        assert [alive for alive, _ready in meanwhile] == [200] * kills
        assert {ready for _alive, ready in meanwhile} <= AWAY
        faults = [status for till in tills for status in till.statuses]
        assert faults
        assert set(faults) <= AWAY
        assert sum(till.incidents for till in tills) == len(faults)
        assert len(questions_of(tills)) > asked_before
        shop.database.dispose()  # this process's own connections were cut as well
        assert disagreements(shop, questions_of(tills)) == []
        os.kill(shop.process_id, 0)  # still the process that it was
