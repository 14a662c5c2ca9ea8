"""A real server, a real receiver: what a program does over the API arrives signed, within seconds and by itself."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.panel_app.receiving import Receiver, receiver
from tests.panel_app.test_cli_server import countermark, free_port, serving


@pytest.fixture(autouse=True)
def _demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMARK_WEBHOOKS_TO_LOOPBACK", "true")
    assert countermark(tmp_path, "db", "upgrade").returncode == 0
    seeded = countermark(tmp_path, "seed", "--demo", "--members", "3", "--entries", "10")
    assert seeded.returncode == 0, seeded.stderr


def said(folder: Path, *words: str) -> str:
    done = countermark(folder, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def post(port: int, key: str, path: str, body: dict[str, object], wish: str) -> dict[str, Any]:
    headers = {
        "Authorization": f"Bearer {key}",
        "Idempotency-Key": wish,
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1{path}", json.dumps(body).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        told: dict[str, Any] = json.load(answer)
    return told


def wait_for(there: Receiver, count: int) -> None:
    give_up_at = time.monotonic() + 10
    while len(there.got) < count and time.monotonic() < give_up_at:
        time.sleep(0.05)
    assert len(there.got) == count


def test_a_credit_over_the_api_is_told_to_the_program_that_asked_for_it(tmp_path: Path) -> None:
    port = free_port()
    with receiver() as there:
        key = said(
            tmp_path,
            *("api-key", "create", "--client", "Market", "--source", "marketplace", "--scope", "admin"),
        )
        secret = said(tmp_path, "webhook", "add", there.url, "--client", "Market", "--event", "entry.posted")
        with serving(tmp_path, port) as server:
            member = post(port, key, "/members", {"external_id": "W-1", "name": "Wanda Weiß"}, "wish-1")
            credit = {"points": 120, "type": "milestone_award", "reference": "order of Wanda's"}
            entry = post(port, key, f"/members/{member['id']}/credits", credit, "wish-2")
            wait_for(there, 1)
            server.terminate()
            assert server.wait(timeout=20) == 0
    message = Webhook(secret).verify(there.got[0].body, there.got[0].headers)
    assert message["type"] == "entry.posted"
    assert message["data"] == {
        "entry_id": entry["id"],
        "member_id": member["id"],
        "type": "Earn",
        "kind": "milestone_award",
        "points": 120,
        "number": 1,
        "balance_after": 120,
        "source": "marketplace",
    }
