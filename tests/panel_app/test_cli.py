"""The command countermark: what it does, and that an expected failure is one line with a way out."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ledger import has_wal_reset_bug
from panel_app.cli import main
from panel_app.commands.beside import risk_beside_server
from panel_app.commands.opening import opened_database
from panel_app.commands.serve import only_server_of
from panel_app.programme.terms import RedemptionType
from scanner import qr_png
from tests.panel_app.world import create_reward

SECRET = "5f0c6a9be1d2478390aabbccddeeff01"


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNTERMARK_SECRET", SECRET)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("PORT", raising=False)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def told(result: Result) -> str:
    """The one line of an expected failure."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("Error: ")
    return result.stderr


@pytest.mark.parametrize("secret", ["", "change-me-change-me-change-me-change-me"])
def test_the_server_does_not_start_without_a_good_secret(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("COUNTERMARK_SECRET", secret)
    result = run("serve")
    assert "COUNTERMARK_SECRET: " in told(result)
    assert "token_hex(32)" in result.stderr
    assert not Path("var").exists()


def test_the_first_upgrade_makes_the_tables_and_the_second_finds_them() -> None:
    assert run("db", "upgrade").exit_code == 0
    assert Path("var/countermark.db").exists()
    revision = run("db", "current").output
    assert "(head)" in revision
    assert run("db", "upgrade").exit_code == 0
    assert run("db", "current").output == revision


def test_migrations_work_without_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COUNTERMARK_SECRET")
    assert run("db", "upgrade").exit_code == 0


def test_a_database_of_another_version_is_refused_and_stays_as_it_is() -> None:
    run("db", "upgrade")
    with sqlite3.connect("var/countermark.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'feedc0ffee00'")
    connection.close()
    assert "delete var/countermark.db" in told(run("db", "upgrade"))
    assert "delete var/countermark.db" in told(run("db", "current"))


def test_asking_for_the_revision_makes_no_file() -> None:
    assert "run countermark db upgrade" in told(run("db", "current"))
    assert not Path("var").exists()


@pytest.mark.parametrize("url", ["countermark.db", "postgres//x", "oracle-of-delphi://x/y"])
def test_an_address_that_is_none_is_told_with_the_forms_that_are(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert "sqlite:///FILE" in told(run("db", "upgrade"))


def test_a_database_that_is_away_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    # Port 1 is nobody's.
    monkeypatch.setenv("DATABASE_URL", "postgresql://books:hunter2hunter2@127.0.0.1:1/countermark")
    result = run("db", "upgrade")
    assert "does not answer" in told(result)
    assert "hunter2" not in result.output


def test_a_second_server_of_one_sqlite_file_is_refused_by_the_name_of_the_first(tmp_path: Path) -> None:
    file = tmp_path / "books.db"
    with only_server_of(file), pytest.raises(click.ClickException) as refused, only_server_of(file):
        pass
    assert f"process {os.getpid()} already serves {file}" in refused.value.message
    with only_server_of(file):
        assert (tmp_path / "books.db.lock").read_text(encoding="ascii") == str(os.getpid())


def test_a_killed_server_leaves_no_lock_behind(tmp_path: Path) -> None:
    file = tmp_path / "books.db"
    holding = (
        "import sys, time, pathlib; from panel_app.commands.serve import only_server_of\n"
        "with only_server_of(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", holding, str(file)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with (
            pytest.raises(click.ClickException, match=f"process {child.pid} already serves"),
            only_server_of(file),
        ):
            pass
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=10)
        with only_server_of(file):
            assert (tmp_path / "books.db.lock").read_text(encoding="ascii") == str(os.getpid())


def test_postgresql_takes_several_servers() -> None:
    with only_server_of(None), only_server_of(None):
        assert not list(Path().glob("*.lock"))


@pytest.mark.parametrize(
    ("server", "version", "warned"),
    [
        ("alive", (3, 51, 2), True),
        ("alive", (3, 51, 3), False),  # repaired
        ("stopped", (3, 51, 2), False),
        ("never there", (3, 51, 2), False),
    ],
)
def test_a_risk_is_told_only_beside_a_server_and_with_an_sqlite_that_has_the_bug(
    tmp_path: Path, server: str, version: tuple[int, int, int], *, warned: bool
) -> None:
    file = tmp_path / "books.db"
    if server != "never there":
        with subprocess.Popen(["true"]) as stopped:  # noqa: S607 - a process that has ended
            stopped.wait()
        process = os.getppid() if server == "alive" else stopped.pid
        (tmp_path / "books.db.lock").write_text(str(process), encoding="ascii")
    told_risk = risk_beside_server(file, version)
    assert (told_risk is not None) == warned
    if told_risk is not None:
        assert told_risk.startswith(f"Warning: process {os.getppid()} serves {file}, and SQLite 3.51.2 may")


def test_a_command_that_writes_beside_a_server_warns_in_one_line_and_goes_on() -> None:
    run("db", "upgrade")
    before = run("holds", "expire")
    Path("var/countermark.db.lock").write_text(str(os.getppid()), encoding="ascii")
    beside = run("holds", "expire")
    assert (before.stderr, beside.exit_code, beside.stdout) == ("", 0, before.stdout)
    assert len(beside.stderr.splitlines()) == (1 if has_wal_reset_bug() else 0)
    assert run("verify").stderr == ""  # reads only


def test_scan_prints_one_json_line_a_file(tmp_path: Path) -> None:
    picture = tmp_path / "code.png"
    picture.write_bytes(qr_png("R1CMAAAAAAAAAAAAAAAA"))
    child = subprocess.run(
        [sys.executable, "-m", "panel_app", "scan", str(picture), "absent.png", "--json"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    read, absent = (json.loads(line) for line in child.stdout.splitlines())
    assert [payload["text"] for payload in read["payloads"]] == ["R1CMAAAAAAAAAAAAAAAA"]
    assert absent.pop("ms") >= 0
    assert absent == {"file": "absent.png", "payloads": [], "error": "unreadable"}
    assert child.returncode == 1


@pytest.fixture
def museum() -> None:
    """A programme with a reward MUSEUM whose claims draw a partner's code."""
    run("db", "upgrade")
    run("programme", "create", "--name", "Club", "--tag", "CM", "--time-zone", "Europe/Berlin")
    with opened_database() as database, database.session() as session:
        create_reward(session, sku="MUSEUM", redemption_types=(RedemptionType.EXTERNAL_QR,))


def test_codes_import_says_how_many_were_taken_and_names_the_other_lines(museum: None) -> None:
    Path("list.csv").write_text("code\nMuseum-1\nMuseum-2\nno\nMuseum-1\n", encoding="utf-8")
    result = run("codes", "import", "list.csv", "--reward", "MUSEUM")
    assert (result.exit_code, result.stdout) == (1, "2 codes of MUSEUM were taken.\n")
    assert result.stderr == "line 4 was not: length\nline 5 was not: twice in file\n"


def test_codes_import_of_a_good_list_succeeds(museum: None) -> None:
    Path("list.csv").write_text("\ufeffcode\nMuseum-1\n", encoding="utf-8")
    assert run("codes", "import", "list.csv", "--reward", "MUSEUM").exit_code == 0


def test_codes_import_of_no_list_is_one_line(museum: None) -> None:
    Path("list.csv").write_text("number\n1\n", encoding="utf-8")
    refused = told(run("codes", "import", "list.csv", "--reward", "MUSEUM"))
    assert refused == "Error: refused: invalid_input (field file, rule csv, example code)\n"
    absent = told(run("codes", "import", "list.csv", "--reward", "ZOO"))
    assert absent == "Error: refused: not_found (what reward)\n"


def test_vouchers_import_takes_those_in_a_branchs_currency(museum: None) -> None:
    where = ("--city", "Berlin", "--currency", "EUR", "--time-zone", "Europe/Berlin", "--locale", "de_DE")
    assert run("branch", "create", "BER", "--name", "Berlin Mitte", *where).exit_code == 0
    lines = ["code,amount,currency,last_day", "PAPER-01,5.00,EUR,2027-12-31", "PAPER-02,5.00,GBP,2027-12-31"]
    Path("list.csv").write_text("\n".join(lines), encoding="utf-8")
    result = run("vouchers", "import", "list.csv")
    assert (result.exit_code, result.stdout) == (1, "1 vouchers were taken.\n")
    assert result.stderr == "line 3 was not: currency\n"


def test_help_names_every_command() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name in ("serve", "db", "seed", "scan", "verify", "holds", "codes", "vouchers"):
        assert f"\n  {name} " in result.output
