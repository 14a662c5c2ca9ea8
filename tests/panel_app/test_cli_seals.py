"""countermark seal, backup, restore and verify, each in a folder of its own with demo data."""

import json
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

import ledger
from ledger import AnchorFile, Database, Keyring, SealKey, SystemClock
from panel_app.sealer import Sealer
from tests.panel_app.test_cli import SECRET, run, told
from tests.panel_app.test_cli_server import countermark, free_port, serving

FILE = Path("var/countermark.db")
ANCHOR = Path("var/anchors.jsonl")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeded")
    assert countermark(folder, "db", "upgrade").returncode == 0
    done = countermark(folder, "seed", "--demo", "--members", "3", "--entries", "10")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, seeded: Path, tmp_path: Path) -> Path:
    """A copy of the seeded folder, as the working directory."""
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNTERMARK_SECRET", SECRET)
    for name in ("DATABASE_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def alter(statement: str, file: Path = FILE) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)


def one(question: str) -> str:
    with closing(sqlite3.connect(FILE)) as connection:
        return str(connection.execute(question).fetchone()[0])


def create_branch(code: str) -> None:
    """Something that is recorded, and not sealed yet."""
    words = ("branch", "create", code, "--name", code, "--city", "Ulm", "--currency", "EUR")
    made = run(*words, "--time-zone", "Europe/Berlin", "--locale", "de_DE")
    assert made.exit_code == 0, made.output


def booking() -> str:
    return one("SELECT booking_id FROM entries WHERE booking_id IS NOT NULL ORDER BY id LIMIT 1")


def test_the_seed_seals_with_a_key_of_the_owner_s() -> None:
    assert stat.S_IMODE(Path("var/seal.key").stat().st_mode) == 0o600
    assert Path("var/seal.pub").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    assert [json.loads(line)["seal"] for line in ANCHOR.read_text().splitlines()] == [1]
    assert run("seal", "now").output == "Nothing was left to seal.\n"


def test_what_a_command_recorded_waits_and_is_sealed_by_seal_now() -> None:
    create_branch("ULM")
    waiting = run("verify").output
    assert waiting.endswith(" records in 1 seals; 1 of them wait for the next seal.\n")

    assert run("seal", "now").output == "Seal 2: 1 records.\n"
    assert run("verify").output.endswith(" records in 2 seals; 0 of them wait for the next seal.\n")


def test_verify_names_an_edited_record() -> None:
    record = one("SELECT id FROM audit_records ORDER BY id LIMIT 1")
    alter("UPDATE audit_records SET client = 'nobody' WHERE id = (SELECT min(id) FROM audit_records)")

    broken = run("verify")

    assert broken.exit_code == 1
    assert broken.stderr == f"I16 is broken at {record}: a record (audit_record) is not as it was written\n"


def test_a_copy_of_the_anchor_kept_elsewhere_is_checked_too() -> None:
    newest = run("seal", "newest").output
    Path("printed").write_text(newest)
    assert run("verify", "--anchor", "printed").exit_code == 0
    Path("printed").write_text(newest.replace('"seal":1', '"seal":2'))
    assert "seal 2" in run("verify", "--anchor", "printed").stderr


def test_a_booking_is_proved_with_the_public_key_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    booking_id = booking()
    Path("shown").write_text(run("seal", "prove", booking_id).output)
    monkeypatch.delenv("COUNTERMARK_SECRET")
    FILE.unlink()

    checked = run("seal", "check", "shown", "--public-key", "var/seal.pub")

    assert checked.exit_code == 0, checked.output
    kinds = {
        (record["record"], record["booking_id"]) for record in map(json.loads, checked.stdout.splitlines())
    }
    assert kinds >= {("entry", booking_id), ("audit_record", booking_id)}


def touch_text(shown: dict[str, Any]) -> None:
    shown["records"][0]["text"] = shown["records"][0]["text"].replace("in-store", "desk")


def touch_place(shown: dict[str, Any]) -> None:
    shown["records"][0]["index"] ^= 1


def touch_seal(shown: dict[str, Any]) -> None:
    shown["seals"][0]["message"] = shown["seals"][0]["message"].replace('"era":0', '"era":1')


def leave_out_seal(shown: dict[str, Any]) -> None:
    shown["seals"] = []


def say_another_booking(shown: dict[str, Any]) -> None:
    shown["booking_id"] = "B1-CM0000000000"


@pytest.mark.parametrize("touch", [touch_text, touch_place, touch_seal, leave_out_seal, say_another_booking])
def test_a_proof_that_was_touched_is_refused(touch: Callable[[dict[str, Any]], None]) -> None:
    shown = json.loads(run("seal", "prove", booking()).output)
    before = json.dumps(shown)
    touch(shown)
    assert json.dumps(shown) != before
    Path("shown").write_text(json.dumps(shown))

    told(run("seal", "check", "shown", "--public-key", "var/seal.pub"))


def test_a_proof_of_nothing_proves_nothing() -> None:
    shown = json.loads(run("seal", "prove", booking()).output)
    Path("shown").write_text(json.dumps({**shown, "records": []}))
    assert "no record is shown" in told(run("seal", "check", "shown", "--public-key", "var/seal.pub"))
    Path("shown").write_text(json.dumps({**shown, "records": [], "seals": []}))
    assert "no record is shown" in told(run("seal", "check", "shown", "--public-key", "var/seal.pub"))


def test_a_proof_under_another_key_is_refused() -> None:
    Path("shown").write_text(run("seal", "prove", booking()).output)
    Path("other.pub").write_bytes(SealKey(ledger.new_seal_key()).public_pem())
    assert "not signed by this key" in told(run("seal", "check", "shown", "--public-key", "other.pub"))
    Path("shown").write_text("{}")
    assert "nothing that seal prove printed" in told(
        run("seal", "check", "shown", "--public-key", "other.pub")
    )
    assert "nothing is recorded under B1-NONE" in told(run("seal", "prove", "B1-NONE"))


def test_a_missing_key_is_told_and_verify_goes_on_with_the_public_half() -> None:
    Path("var/seal.key").unlink()
    assert "var/seal.key is gone" in told(run("seal", "now"))
    assert run("verify").exit_code == 0
    Path("var/seal.pub").unlink()
    assert "neither var/seal.pub nor var/seal.key" in told(run("verify"))


def test_a_new_demo_sets_the_anchor_of_the_old_one_aside() -> None:
    for file in Path("var").glob("countermark.db*"):
        file.unlink()
    assert run("db", "upgrade").exit_code == 0
    seeded_again = run("seed", "--demo", "--members", "3", "--entries", "10")
    assert "The anchor of earlier data is now var/anchors.jsonl.until-" in seeded_again.stderr
    assert run("verify").exit_code == 0


def test_a_server_seals_what_is_left_when_it_stops(folder: Path) -> None:
    create_branch("ULM")
    with serving(folder, free_port()):
        pass
    assert run("verify").output.endswith(" records in 2 seals; 0 of them wait for the next seal.\n")


def test_a_sealer_that_can_not_seal_says_so_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(f"sqlite:///{FILE}", clock=SystemClock(), keyring=Keyring(SECRET.encode()))
    stranger = Sealer(database, SealKey(ledger.new_seal_key()), AnchorFile(ANCHOR))
    stranger.seal()
    stranger.seal()
    database.dispose()
    assert capsys.readouterr().out.count("nothing was sealed") == 2


def test_a_backup_is_restored_with_a_known_gap_and_goes_on() -> None:
    create_branch("ULM")
    assert run("backup", "copy.db").exit_code == 0
    assert stat.S_IMODE(Path("copy.db").stat().st_mode) == 0o600
    for code in ("BONN", "KIEL"):
        create_branch(code)
        assert run("seal", "now").exit_code == 0
    FILE.rename("lost.db")

    restored = run("restore", "copy.db")

    assert restored.exit_code == 0, restored.output
    assert "seals 2 to 3 were lost with the backup" in restored.output
    verified = run("verify").output
    assert " records in 2 seals; 0 of them wait for the next seal.\nKnown gap: restored on " in verified
    create_branch("JENA")
    assert run("seal", "now").output == "Seal 3: 1 records.\n"
    assert run("verify").exit_code == 0
    assert sorted(path.name for path in Path("var").glob("countermark.db*")) == [
        "countermark.db",
        "countermark.db.lock",
    ]


def test_a_restore_without_the_command_is_found() -> None:
    assert run("backup", "copy.db").exit_code == 0
    create_branch("ULM")
    assert run("seal", "now").exit_code == 0
    shutil.copyfile("copy.db", FILE)

    assert "knows a seal that the database does not" in run("verify").stderr
    assert "ends with seal 2, which this database does not have" in told(run("seal", "now"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_records SET client = 'nobody'",
        "UPDATE balances SET posted = posted + 1",
        "UPDATE seals SET root = previous",
    ],
)
def test_a_broken_copy_is_not_restored(statement: str) -> None:
    assert run("backup", "copy.db").exit_code == 0
    alter(statement, Path("copy.db"))
    FILE.rename("lost.db")
    before = ANCHOR.read_bytes()

    refused = run("restore", "copy.db")

    assert refused.exit_code == 1
    assert "the copy is broken: nothing was restored" in refused.stderr
    assert not FILE.exists()
    assert ANCHOR.read_bytes() == before


def test_neither_a_backup_nor_a_restore_writes_over_anything() -> None:
    Path("copy.db").write_text("mine")
    assert "copy.db is there already" in told(run("backup", "copy.db"))
    assert "nowhere is no folder" in told(run("backup", "nowhere/copy.db"))
    assert "move it away first" in told(run("restore", "copy.db"))
    FILE.rename("lost.db")
    assert "can't be copied" in told(run("restore", "copy.db"))
    assert (Path("copy.db").read_text(), FILE.exists()) == ("mine", False)


def test_a_backup_while_many_write_is_whole(folder: Path) -> None:
    with serving(folder, free_port()):
        create_branch("ULM")
        assert run("backup", "copy.db").exit_code == 0
        create_branch("BONN")
    FILE.rename("lost.db")
    Path("var/countermark.db-wal").touch()
    assert "var/countermark.db-wal is there" in told(run("restore", "copy.db"))
    for log in ("wal", "shm"):
        Path(f"var/countermark.db-{log}").unlink(missing_ok=True)
    assert run("restore", "copy.db").exit_code == 0
    assert one("SELECT count(*) FROM branches WHERE code IN ('ULM', 'BONN')") == "1"


@pytest.fixture
def two_databases(postgresql_server: str) -> Iterator[tuple[str, str]]:
    names = ("from_here", "to_there")
    with psycopg.connect(postgresql_server, autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name}")
        yield tuple(postgresql_server.rpartition("/")[0] + "/" + name for name in names)
        for name in names:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_postgresql_is_backed_up_and_restored_by_its_own_programs(
    monkeypatch: pytest.MonkeyPatch, two_databases: tuple[str, str]
) -> None:
    here, there = two_databases
    monkeypatch.setenv("DATABASE_URL", here)
    assert run("db", "upgrade").exit_code == 0
    assert run("seed", "--demo", "--members", "3", "--entries", "10").exit_code == 0
    create_branch("ULM")
    assert run("backup", "copy.dump").exit_code == 0
    assert run("seal", "now").output == "Seal 2: 1 records.\n"
    assert "has tables: restore into an empty one" in told(run("restore", "copy.dump"))
    monkeypatch.setenv("DATABASE_URL", there)

    restored = run("restore", "copy.dump")

    assert restored.exit_code == 0, restored.output
    assert "seals 2 to 2 were lost with the backup" in restored.output
    create_branch("JENA")
    assert run("seal", "now").output == "Seal 3: 1 records.\n"
    verified = run("verify")
    assert verified.exit_code == 0, verified.stderr
    assert " in 3 seals; 0 of them wait for the next seal.\nKnown gap: " in verified.output


def test_a_broken_copy_leaves_postgresql_as_empty_as_it_was(
    monkeypatch: pytest.MonkeyPatch, two_databases: tuple[str, str]
) -> None:
    here, there = two_databases
    monkeypatch.setenv("DATABASE_URL", here)
    assert run("db", "upgrade").exit_code == 0
    assert run("seed", "--demo", "--members", "3", "--entries", "10").exit_code == 0
    with psycopg.connect(here, autocommit=True) as owner:
        owner.execute("ALTER TABLE entries DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE entries SET source = 'nowhere' WHERE id = (SELECT min(id::text)::uuid FROM entries)"
        )
        owner.execute("ALTER TABLE entries ENABLE TRIGGER USER")
    assert run("backup", "copy.dump").exit_code == 0
    before = ANCHOR.read_bytes()
    monkeypatch.setenv("DATABASE_URL", there)

    for _time in range(2):
        refused = run("restore", "copy.dump")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "the copy is broken: nothing was restored" in refused.stderr

    with psycopg.connect(there) as target:
        assert target.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
        assert target.execute(
            "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        ).fetchone() == (0,)
    assert ANCHOR.read_bytes() == before


def test_without_the_client_programs_a_backup_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://books@127.0.0.1:1/none")
    monkeypatch.setenv("PATH", "")
    assert "pg_dump is needed and was not found" in told(run("backup", "copy.dump"))
    assert not Path("copy.dump").exists()
    assert not Path("copy.dump.part").exists()
