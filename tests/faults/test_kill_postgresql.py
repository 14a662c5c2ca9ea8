"""PostgreSQL is killed outright under the load and started again on its data: the server comes back by itself."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import alembic.command
import psycopg
import pytest

from tests.conftest import alembic_config
from tests.faults.traffic import disagreements, load, open_tills, questions_of, settle, wait_until_ready
from tests.journeys.shop import open_shop
from tests.postgres import _as_postgres, _is_root, program

TILLS = 8
AWAY = {500, 503}


class Postgres:
    """A PostgreSQL of this test alone, which keeps its data when it is killed; durable, as in a shop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        command: list[str | Path] = [program("initdb"), "-D", folder / "data", "-U", "postgres"]
        command += ["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(_as_postgres(command), check=True, capture_output=True)

    def start(self) -> None:
        give_up_at = time.monotonic() + 30
        while True:
            if self._server is None or self._server.poll() is not None:
                self._server = (
                    self._process()
                )  # the first one may find the memory of those killed still in use
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < give_up_at, (self._folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Kill it with all its processes at once, so that none of them ends in order."""
        assert self._server is not None
        with psycopg.connect(self.url) as admin:
            found = admin.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        for process_id in (self._server.pid, *(row[0] for row in found)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        self._server.wait(10)

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(30)

    def _process(self) -> "subprocess.Popen[bytes]":
        command: list[str | Path] = [program("postgres"), "-D", self._folder / "data", "-k", self._folder]
        command += ["-p", str(self._port), "-h", "127.0.0.1"]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(_as_postgres(command), stdout=log, stderr=log)


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    memory = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it
    parent = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="countermark-pg-", dir=parent) as folder:
        if _is_root():
            shutil.chown(folder, "postgres", "postgres")
        server = Postgres(Path(folder))
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
