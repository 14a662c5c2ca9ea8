"""The disk fills up under the load: what can't be written is a fault and nothing else, until there is room again."""

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import alembic.command
import pytest

from ledger import Database, Keyring, SystemClock
from panel_app import log, sweeper
from tests.conftest import alembic_config
from tests.faults.durable_postgres import Postgres, folder_of_postgres
from tests.faults.journals import disagreements
from tests.faults.traffic import Till, load, open_tills, questions_of, settle, wait_until_ready
from tests.journeys.shop import Shop, open_shop

TILLS = 8
FAULTS = {500, 503}
ROOM = 8 * 1024 * 1024
ROOM_FOR_POSTGRESQL = 96 * 1024 * 1024


@contextmanager
def small_disk(folder: Path, room: int = ROOM) -> Iterator[Path]:
    """A file system of so many bytes for the database alone; only root may mount one."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", folder], check=True)  # noqa: S607
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)  # noqa: S607


@contextmanager
def no_file_may_grow(process_id: int) -> Iterator[None]:
    """Every write to a file fails, of the database and of the log, which stands on the same disk in most shops."""
    before = resource.prlimit(process_id, resource.RLIMIT_FSIZE)
    resource.prlimit(process_id, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process_id, resource.RLIMIT_FSIZE, before)


@contextmanager
def nothing_left_on(disk: Path) -> Iterator[None]:
    """Fill the file system to its last block."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    try:
        yield
    finally:
        filler.unlink()


def faults_while(full: AbstractContextManager[None], shop: Shop) -> tuple[list[Till], list[int]]:
    """The tills of a load in the middle of which the disk was full, and the faults they were answered with then."""
    tills = open_tills(shop, TILLS)
    with load(tills):
        time.sleep(0.7)
        with full:
            time.sleep(2)
            faults = [status for till in tills for status in till.statuses]
        asked = len(questions_of(tills))
        time.sleep(1)
    settle(tills)
    assert len(questions_of(tills)) > asked  # it goes on by itself
    return tills, faults


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_on_a_full_disk_nothing_is_half_done_and_it_goes_on_when_there_is_room(
    tmp_path: Path, sqlite_url: str
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        file = disk / "countermark.db"
        shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), file)
        with open_shop(tmp_path, f"sqlite:///{file}") as shop:
            tills, faults = faults_while(nothing_left_on(disk), shop)
            assert len(faults) >= TILLS
            assert set(faults) <= FAULTS
            assert disagreements(shop, questions_of(tills)) == []
            assert sum(till.incidents for till in tills) == sum(len(till.statuses) for till in tills)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_a_full_disk_under_postgresql_loses_nothing_even_where_it_stops_the_database(tmp_path: Path) -> None:
    with folder_of_postgres() as folder, small_disk(folder / "disk", ROOM_FOR_POSTGRESQL) as disk:
        postgres = Postgres(disk)
        # Small segments, so that its log needs room soon; a log that can't be written stops the whole server.
        postgres.initialise("--wal-segsize=1")
        try:
            postgres.start()
            alembic.command.upgrade(alembic_config(postgres.url), "head")
            with open_shop(tmp_path, postgres.url) as shop:
                tills, faults = faults_while(full_and_started_again(disk, postgres, shop), shop)
                shop.database.dispose()  # this process's own connections were cut as well
                assert len(faults) >= TILLS
                assert set(faults) <= FAULTS
                assert disagreements(shop, questions_of(tills)) == []
                os.kill(shop.process_id, 0)  # still the process that it was
        finally:
            postgres.stop()


@contextmanager
def full_and_started_again(disk: Path, postgres: Postgres, shop: Shop) -> Iterator[None]:
    """Not a block is left; once there is room, an administrator starts what had to stop."""
    with nothing_left_on(disk):
        yield
    postgres.start()
    wait_until_ready(shop.url)


def test_where_no_file_may_grow_nothing_is_half_done_and_it_goes_on_afterwards(
    tmp_path: Path, sqlite_url: str
) -> None:
    with open_shop(tmp_path, sqlite_url) as shop:
        tills, faults = faults_while(no_file_may_grow(shop.process_id), shop)
        assert len(faults) >= TILLS
        assert set(faults) <= FAULTS
        assert disagreements(shop, questions_of(tills)) == []
        assert sum(till.incidents for till in tills) == sum(len(till.statuses) for till in tills)


def test_the_sweeper_outlives_a_round_whose_failure_can_not_be_logged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keyring: Keyring
) -> None:
    # Without tables every round fails; /dev/full is a disk without room for the line that says so.
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}", clock=SystemClock(), keyring=keyring)
    monkeypatch.setattr(sweeper, "SECONDS_BETWEEN", 0.02)
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - its close fails as well, below
    sweeping = sweeper.Sweeper(database)
    log.configure()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", full)
        sweeping.start()
        time.sleep(0.5)
        alive = sweeping._thread.is_alive()
        sweeping.stop()
    with contextlib.suppress(OSError):
        full.close()
    database.dispose()
    assert alive
