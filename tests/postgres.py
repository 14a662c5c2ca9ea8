"""A throw-away PostgreSQL of the tests and benchmarks: fresh data, loopback only, gone with the process."""

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

START_SECONDS_MAX = 30


@contextmanager
def throw_away_server(*settings: str) -> Iterator[str]:
    """The URL of a fresh server's empty database `postgres`; `settings` as name=value."""
    memory = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it
    folder = Path(tempfile.mkdtemp(prefix="countermark-pg-", dir=memory if memory.is_dir() else None))
    data = folder / "data"
    try:
        if _is_root():
            shutil.chown(folder, "postgres", "postgres")
        init: list[str | Path] = [
            program("initdb"),
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(_as_postgres([*init, "--locale=C"]), check=True, capture_output=True)
        port = _free_port()
        options = ("fsync=off", "full_page_writes=off", "max_connections=200", *settings)
        start: list[str | Path] = [
            program("postgres"),
            "-D",
            data,
            "-k",
            folder,
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
        ]
        for option in options:
            start += ["-c", option]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(_as_postgres(start), stdout=log, stderr=log)
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait(url, server, folder / "log")
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # the fast shutdown: open connections are cut
            server.wait(START_SECONDS_MAX)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program(name: str) -> str:
    """The path of one of PostgreSQL's own programs, or a clear word that it is missing."""
    found = shutil.which(name)
    if found:
        return found
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not newest:
        raise RuntimeError(
            f"PostgreSQL is needed for the tests, but {name} was not found; see script/setup --tests"
        )
    return str(newest[-1])


def _as_postgres(command: list[str | Path]) -> list[str | Path]:
    """PostgreSQL refuses to run as root; --pdeathsig ends it when we are killed."""
    if not _is_root():
        return command
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=INT"]
    return [*user, *command]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError as fault:
            if server.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from fault
            time.sleep(0.02)
        else:
            return
