"""The primary PostgreSQL dies for good and its standby is promoted: what was told to anybody is there, once.

The server is given both addresses and finds the one that takes writes. The fault is the worst one: the line to
the standby stalls first, so that a primary which does not wait for it acknowledges what only it has.
"""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import alembic.command
import pytest

from tests.conftest import alembic_config
from tests.faults.durable_postgres import Postgres, folder_of_postgres
from tests.faults.journals import disagreements
from tests.faults.traffic import Till, load, open_tills, questions_of, settle, wait_until_ready
from tests.journeys.shop import Shop, open_shop

TILLS = 8


@dataclass(frozen=True, slots=True)
class Pair:
    primary: Postgres
    standby: Postgres

    @property
    def url(self) -> str:
        """Both addresses, and that writes are wanted: the driver tries one after the other."""
        hosts = "&".join(f"host=127.0.0.1:{each.port}" for each in (self.primary, self.standby))
        return f"postgresql://postgres@/postgres?{hosts}&target_session_attrs=read-write"

    def wait_for_standby(self) -> None:
        """Every commit is acknowledged only once the standby has it."""
        self.primary.tell("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.tell("SELECT pg_reload_conf()")
        give_up_at = time.monotonic() + 30
        while self.primary.tell("SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
            assert time.monotonic() < give_up_at, "the standby does not follow"
            time.sleep(0.05)

    def fail_over(self) -> None:
        """The line stalls, a little later the primary is killed, and the standby takes over."""
        ((sender,),) = self.primary.tell("SELECT pid FROM pg_stat_replication")
        os.kill(int(str(sender)), signal.SIGSTOP)
        time.sleep(0.7)
        self.primary.kill()
        self.standby.tell("SELECT pg_promote()")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with folder_of_postgres() as folder:
        (folder / "primary").mkdir()
        (folder / "standby").mkdir()
        primary, standby = Postgres(folder / "primary"), Postgres(folder / "standby")
        primary.initialise()
        try:
            primary.start()
            alembic.command.upgrade(alembic_config(primary.url), "head")
            standby.follow(primary)
            standby.start()
            yield Pair(primary, standby)
        finally:
            standby.stop()
            primary.stop()


def fail_over_under_load(shop: Shop, pair: Pair) -> list[Till]:
    """The tills of a load in the middle of which the primary was lost; all of them have been told everything."""
    tills = open_tills(shop, TILLS)
    with load(tills):
        time.sleep(1.5)
        pair.fail_over()
        wait_until_ready(shop.url)
        asked = len(questions_of(tills))
        time.sleep(1.5)
    settle(tills)
    assert len(questions_of(tills)) > asked
    shop.database.dispose()  # this process's own connections lead to the dead one
    return tills


@pytest.mark.long
def test_after_a_failover_to_a_synchronous_standby_nothing_told_is_lost(pair: Pair, tmp_path: Path) -> None:
    with open_shop(tmp_path, pair.url) as shop:
        pair.wait_for_standby()
        tills = fail_over_under_load(shop, pair)

        assert disagreements(shop, questions_of(tills)) == []
        assert sum(one.told == "done" for one in questions_of(tills)) > TILLS
        os.kill(shop.process_id, 0)  # still the process that it was


@pytest.mark.long
def test_control_without_waiting_for_the_standby_what_was_told_is_lost(pair: Pair, tmp_path: Path) -> None:
    with open_shop(tmp_path, pair.url) as shop:
        tills = fail_over_under_load(shop, pair)
        found = disagreements(shop, questions_of(tills))

    assert any("was told, but is not in the books" in one for one in found), found
