"""countermark api-key: a key alone on standard output, once; afterwards only its prefix is shown."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from panel_app.cli import main


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNTERMARK_SECRET", "5f0c6a9be1d2478390aabbccddeeff01")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    run("db", "upgrade")
    run("programme", "create", "--name", "Club", "--tag", "CC", "--time-zone", "Europe/Berlin")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_a_key_is_printed_once_and_ends_when_it_is_revoked() -> None:
    made = run("api-key", "create", "--client", "Market", "--source", "marketplace", "--scope", "holds")
    assert made.exit_code == 0, made.output
    found = re.fullmatch(r"cmk_([0-9a-f]{12})_[\w-]{43}\n", made.stdout)
    assert found is not None
    prefix = found.group(1)
    listed = run("api-key", "list").stdout
    assert listed == f"{prefix}  Market  marketplace  holds  every branch  no end  never used\n"
    rotated = run("api-key", "rotate", prefix)
    assert rotated.stdout.startswith("cmk_")
    assert rotated.stdout != made.stdout
    assert run("api-key", "revoke", prefix).stdout == f"{prefix} is revoked.\n"
    assert run("api-key", "revoke", prefix).stderr == "Error: refused: not_found (what api key)\n"


def test_a_key_for_a_branch_that_is_not_there_is_refused() -> None:
    made = run(
        *("api-key", "create", "--client", "M", "--source", "m", "--scope", "admin", "--branch", "NOWHERE")
    )
    assert (made.exit_code, made.stderr) == (1, "Error: refused: not_found (what branch)\n")
