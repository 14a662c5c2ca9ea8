"""A PostgreSQL as durable as a shop's, which keeps its data when it is killed; and its standby. Knows no panel."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.postgres import _as_postgres, _is_root, program


class Postgres:
    """One server on a data directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if _is_root():
            shutil.chown(folder, "postgres", "postgres")
        self._server: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def initialise(self, *options: str) -> None:
        command: list[str | Path] = [program("initdb"), "-D", self.folder / "data", "-U", "postgres"]
        command += ["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", *options]
        subprocess.run(_as_postgres(command), check=True, capture_output=True)

    def follow(self, primary: "Postgres") -> None:
        """Become a streaming standby of a running server, from a copy of its data."""
        command: list[str | Path] = [
            program("pg_basebackup"),
            "-D",
            self.folder / "data",
            "-R",
            "-X",
            "stream",
        ]
        command += ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres", "-c", "fast", "--no-sync"]
        subprocess.run(_as_postgres(command), check=True, capture_output=True)

    def start(self) -> None:
        give_up_at = time.monotonic() + 30
        while True:
            if self._server is None or self._server.poll() is not None:
                # Perhaps again: the first one may find the memory of those killed still in use.
                self._server = self._process()
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < give_up_at, (self.folder / "log").read_text()
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

    def tell(self, statement: str) -> list[tuple[object, ...]]:
        """One statement of its administrator, outside any transaction."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            answered = admin.execute(statement.encode())
            return answered.fetchall() if answered.description else []

    def _process(self) -> "subprocess.Popen[bytes]":
        command: list[str | Path] = [program("postgres"), "-D", self.folder / "data", "-k", self.folder]
        command += ["-p", str(self.port), "-h", "127.0.0.1"]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(_as_postgres(command), stdout=log, stderr=log)


@contextmanager
def folder_of_postgres() -> Iterator[Path]:
    """A folder in memory, gone afterwards."""
    memory = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it
    with tempfile.TemporaryDirectory(
        prefix="countermark-pg-", dir=memory if memory.is_dir() else None
    ) as name:
        Path(name).chmod(0o755)  # servers of another user have folders in it
        yield Path(name)
