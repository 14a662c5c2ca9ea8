"""countermark webhook: a secret alone on standard output, once; loopback only where demo and setting say so."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import ledger
from ledger import Database, Keyring, SystemClock
from panel_app.app import open_database
from panel_app.cli import main
from panel_app.config import Settings
from panel_app.deliverer import reach_of
from panel_app.programme import programme_facts
from panel_app.receivers import Reach

SECRET = "5f0c6a9be1d2478390aabbccddeeff01"


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNTERMARK_SECRET", SECRET)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    run("db", "upgrade")


@pytest.fixture
def _club() -> None:
    run("programme", "create", "--name", "Club", "--tag", "CC", "--time-zone", "Europe/Berlin")
    run("api-key", "create", "--client", "Market", "--source", "marketplace", "--scope", "holds")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def add(url: str = "https://market.example/hook") -> Result:
    return run(
        "webhook", "add", url, "--client", "Market", "--event", "entry.posted", "--event", "hold.placed"
    )


@pytest.mark.usefixtures("_club")
def test_an_endpoint_is_added_listed_rotated_disabled_enabled_and_replayed() -> None:
    made = add()
    assert made.exit_code == 0, made.output
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=\n", made.stdout)
    found = re.fullmatch(r"endpoint ([0-9a-f-]{36})\n", made.stderr)
    assert found is not None
    endpoint = found.group(1)
    face = f"{endpoint}  Market  https://market.example/hook  entry.posted,hold.placed"
    assert run("webhook", "list").stdout == f"{face}  enabled  0 pending  0 failed\n"
    rotated = run("webhook", "rotate", endpoint)
    assert rotated.stdout.startswith("whsec_")
    assert rotated.stdout != made.stdout
    assert run("webhook", "disable", endpoint).stdout == f"{endpoint} is disabled.\n"
    assert "  disabled 20" in run("webhook", "list").stdout
    assert run("webhook", "enable", endpoint).stdout == f"{endpoint} is enabled.\n"
    assert run("webhook", "replay", endpoint).stdout == "0 deliveries begin anew.\n"
    assert run("webhook", "replay", endpoint, "--since", "2026-01-31").stdout == "0 deliveries begin anew.\n"
    assert run("webhook", "deliver").stdout == "0 attempts.\n"


@pytest.mark.usefixtures("_club")
def test_plain_http_is_refused_outside_the_demo() -> None:
    made = add("http://market.example/hook")
    assert (made.exit_code, made.stdout) == (1, "")
    assert made.stderr.startswith("Error: refused: invalid_input (field url, rule https_address")


@pytest.mark.parametrize(
    ("demo", "wanted", "reach"),
    [
        (True, True, Reach.WORLD_AND_LOOPBACK),
        (True, False, Reach.WORLD),
        (False, True, Reach.WORLD),
        (False, False, Reach.WORLD),
    ],
)
def test_loopback_is_reached_by_a_demo_that_is_told_to_and_by_nothing_else(
    demo: bool,  # noqa: FBT001 - a row of the table
    wanted: bool,  # noqa: FBT001
    reach: Reach,
) -> None:
    settings = Settings(webhooks_to_loopback=wanted)
    database = open_database(settings)
    programme = programme_facts.Programme(name="Club", tag="CC", time_zone="UTC", demo=demo)
    with database.session() as session:
        ledger.transact(session, lambda: programme_facts.found(session, programme))
    assert reach_of(settings, database) is reach
    database.dispose()


def test_a_database_without_a_programme_reaches_no_loopback() -> None:
    settings = Settings(webhooks_to_loopback=True)
    database = Database(settings.database_url, clock=SystemClock(), keyring=Keyring(SECRET.encode()))
    assert reach_of(settings, database) is Reach.WORLD
    database.dispose()
