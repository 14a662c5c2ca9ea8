"""countermark serve, seed, verify and holds expire against a real database, the server as a real process."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRET = "5f0c6a9be1d2478390aabbccddeeff01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of its own with a migrated, empty database in var/."""
    assert countermark(tmp_path, "db", "upgrade").returncode == 0
    return tmp_path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with demo data, for tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("demo")
    assert countermark(folder, "db", "upgrade").returncode == 0
    seeded = countermark(folder, "seed", "--demo", "--members", "3", "--entries", "10")
    assert seeded.returncode == 0, seeded.stderr
    return folder


def countermark(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        cwd=folder,
        env=env(**environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "panel_app", *words]


def env(**changes: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PORT"}}
    return own | {"COUNTERMARK_SECRET": SECRET, "PYTHONPATH": str(ROOT)} | changes


@contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The server as a process that answers; ended with SIGTERM when the block has not ended it."""
    server = subprocess.Popen(
        command("serve"), cwd=folder, env=env(PORT=str(port)), stdout=subprocess.PIPE, text=True
    )
    with server:
        try:
            wait_for_answer(port)
            yield server
        finally:
            server.send_signal(signal.SIGTERM)


def wait_for_answer(port: int) -> int:
    """The status of the first page, whatever it is, once there is one."""
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            answer.close()
            return answer.code
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server gave no answer in 30 s")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_server_answers_on_its_port_and_ends_calmly_when_asked(demo: Path) -> None:
    port = free_port()
    with serving(demo, port) as server:
        assert wait_for_answer(port) < 500
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) == 0
        assert server.stdout is not None
        assert server.stdout.read() == f"Countermark is on http://127.0.0.1:{port} (Ctrl+C stops it)\n"


def test_a_second_server_is_refused_and_the_first_goes_on(demo: Path) -> None:
    port = free_port()
    with serving(demo, port) as server:
        second = countermark(demo, "serve", "--port", str(free_port()))
        assert second.returncode == 1
        assert second.stderr.startswith(f"Error: process {server.pid} already serves var/countermark.db")
        assert wait_for_answer(port) < 500


def test_a_port_that_is_taken_is_told(demo: Path) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = countermark(demo, "serve", "--port", str(port))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: 127.0.0.1:{port} can not be listened on")


def test_another_secret_than_the_databases_own_is_told_at_start(demo: Path) -> None:
    refused = countermark(demo, "serve", COUNTERMARK_SECRET=SECRET[::-1])
    assert refused.returncode == 1
    assert "secret" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_without_tables_is_told_at_start(tmp_path: Path) -> None:
    absent = countermark(tmp_path, "serve")
    assert (absent.returncode, absent.stderr) == (
        1,
        "Error: there is no var/countermark.db: run countermark db upgrade\n",
    )
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "countermark.db").touch()
    empty = countermark(tmp_path, "serve")
    assert empty.returncode == 1
    assert empty.stderr.startswith("Error: the database is at revision none, this version needs ")
    assert empty.stderr.endswith(": run countermark db upgrade\n")


def test_the_seed_prints_logins_that_are_kept_beside_the_database(demo: Path) -> None:
    logins = json.loads((demo / "var" / "demo.json").read_text(encoding="utf-8"))
    first = logins["staff"][0]
    again = countermark(demo, "seed", "--demo", "--if-empty")
    assert again.returncode == 0
    assert f"{first['username']} " in again.stdout
    assert first["password"] in again.stdout
    assert logins["members"][0]["login"]["identifier"] in again.stdout


def test_the_seed_leaves_data_as_it_is(demo: Path) -> None:
    before = (demo / "var" / "demo.json").read_bytes()
    refused = countermark(demo, "seed", "--demo")
    assert (refused.returncode, refused.stderr) == (
        1,
        "Error: the database has data: the demo fills an empty one only\n",
    )
    assert (demo / "var" / "demo.json").read_bytes() == before


def test_the_seed_wants_to_hear_that_it_is_a_demo(folder: Path) -> None:
    refused = countermark(folder, "seed")
    assert refused.returncode == 2
    assert "--demo" in refused.stderr


def test_the_books_of_the_demo_hold(demo: Path) -> None:
    verified = countermark(demo, "verify")
    books, seals = verified.stdout.splitlines()
    assert (verified.returncode, books) == (0, "The books hold.")
    assert seals.endswith(" records in 1 seals; 0 of them wait for the next seal.")


def test_verify_names_the_first_broken_place(folder: Path) -> None:
    assert countermark(folder, "seed", "--demo", "--members", "3", "--entries", "10").returncode == 0
    with closing(sqlite3.connect(folder / "var" / "countermark.db")) as connection, connection:
        (member,) = connection.execute("SELECT member_id FROM balances WHERE posted > 0 LIMIT 1").fetchone()
        connection.execute("UPDATE balances SET posted = posted + 1 WHERE member_id = ?", [member])
    broken = countermark(folder, "verify")
    assert broken.returncode == 1
    assert broken.stderr.startswith(f"I2 is broken at {member}: ")


def test_expiring_holds_of_a_fresh_demo_closes_nothing(demo: Path) -> None:
    expired = countermark(demo, "holds", "expire")
    assert (expired.returncode, expired.stdout) == (0, "0 ran out and were closed.\n")


def test_plain_http_to_a_network_is_refused(demo: Path) -> None:
    refused = countermark(demo, "serve", "--host", "0.0.0.0")  # noqa: S104 - it must not be served
    assert refused.returncode == 1
    assert "COUNTERMARK_TRUSTED_PROXY" in refused.stderr
