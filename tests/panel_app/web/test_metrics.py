"""Whoever watches reads numbers and nothing else; who may not watch reads nothing."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr
from werkzeug.test import TestResponse

import ledger
from ledger import AnchorFile, Database, SealKey
from panel_app.app import build_app
from panel_app.config import Settings
from panel_app.programme import webhook_queue, webhooks
from panel_app.programme.access import Permission
from panel_app.programme.models import ProgrammeSetting
from panel_app.programme.scopes import Scope
from panel_app.programme.webhook_terms import EventType
from panel_app.programme.webhooks import NewEndpoint
from panel_app.web.permissions import needs
from panel_app.web.request_times import Kind, RequestTally
from scanner import new_reward_code, qr_png
from tests.panel_app.web.conftest import SETTINGS
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of
from tests.panel_app.web.redeeming import accepted, address, cash
from tests.panel_app.world import SEED

TOKEN = "watch-7d1f0c6a9be1d2478390aabbccddee"


@pytest.fixture
def settings() -> Settings:
    return SETTINGS.model_copy(update={"metrics_token": SecretStr(TOKEN)})


def asked(app: Flask, token: str | None = TOKEN, address: str = "203.0.113.7") -> TestResponse:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    client = app.test_client(use_cookies=False)
    return client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})


def figures(house: House) -> dict[str, float]:
    """Each line of the answer, by its name and labels."""
    answer = asked(house.app)
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in lines}


def named(found: dict[str, float], name: str) -> dict[str, float]:
    return {line: value for line, value in found.items() if line.startswith(name)}


def make_demo(house: House, mode: str) -> None:
    table = ProgrammeSetting.metadata.tables["programme_settings"]
    change = sa.update(table).where(table.c.name == "mode").values(value=mode)
    ledger.transact(house.shop.session, lambda: house.shop.session.execute(change))


def test_only_the_token_opens_the_figures(house: House) -> None:
    assert asked(house.app).status_code == 200
    for token in (None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper()):
        refused = asked(house.app, token, "127.0.0.1")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer"), token
        assert "countermark_" not in refused.text


def test_without_a_token_a_demo_shows_them_to_its_own_machine_and_nobody_else_sees_them(house: House) -> None:
    """Of production not even to loopback: a proxy beside the server brings the whole world from there."""
    app = build_app(SETTINGS, house.database)
    seen = {}
    for mode in ("production", "demo"):
        make_demo(house, mode)
        for place in ("127.0.0.1", "::1", "203.0.113.7"):
            seen[mode, place] = asked(app, None, place).status_code
    assert seen == {
        ("production", "127.0.0.1"): 404,
        ("production", "::1"): 404,
        ("production", "203.0.113.7"): 404,
        ("demo", "127.0.0.1"): 200,
        ("demo", "::1"): 200,
        ("demo", "203.0.113.7"): 404,
    }


def test_requests_are_told_apart_by_route_and_never_by_what_strangers_make_up(house: House) -> None:
    program = Program.of(house, Scope.POINTS)
    for member in (house.world.lena, house.world.omar, ledger.new_id()):
        program.get(f"/members/{member}/balance")
    for path in ("/nothing", "/nothing/else", "/livez"):
        house.browser().get(path)
    house.app.test_client().open("/livez", method="PROPFIND")
    found = named(figures(house), "countermark_request_seconds_count")
    route = 'route="/api/v1/members/<uuid:id>/balance"'
    assert found == {
        f'countermark_request_seconds_count{{method="GET",{route},status="2xx"}}': 2,
        f'countermark_request_seconds_count{{method="GET",{route},status="4xx"}}': 1,
        'countermark_request_seconds_count{method="GET",route="/livez",status="2xx"}': 1,
        'countermark_request_seconds_count{method="any",route="no route",status="4xx"}': 3,
    }
    text = asked(house.app).text
    assert str(house.world.lena) not in text
    assert "nothing" not in text


def test_a_request_counts_in_every_bucket_from_its_own_time_on() -> None:
    tally = RequestTally()
    kind = Kind(route="/livez", method="GET", status="2xx")
    for seconds in (0.005, 0.0051, 0.3, 11.0):
        tally.add(kind, seconds)
    times = tally.snapshot()[kind]
    assert times.buckets == [1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert times.seconds == pytest.approx(11.3101)


def test_a_fault_is_a_request_that_failed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(house.app.view_functions, "health.live", needs(Permission.PUBLIC)(lambda: 1 / 0))
    assert house.browser().get("/livez").status_code == 500
    assert named(figures(house), "countermark_request_seconds_count") == {
        'countermark_request_seconds_count{method="GET",route="/livez",status="5xx"}': 1
    }


@on_both
def test_redemptions_count_once_by_source_and_refusals_once_by_reason_however_often_they_are_asked(
    house: House,
) -> None:
    till, market = house.at_till("anna"), Program.of(house, Scope.POINTS, source="marketplace")
    confirm = address(accepted(house, till), "confirm")
    for _time in range(3):
        till.ask(confirm, {"key": "confirmed"} | cash("4,00"))
    debit = {"points": 10**6, "reference": "much"}
    for _time in range(2):
        path = f"/members/{house.world.omar}/debits"
        assert code_of(market.post(path, debit, key="one")) == (409, "not_enough_points")
    market.post(f"/members/{house.world.omar}/debits", {"points": 5, "reference": "little"})
    found = figures(house)
    done = 'countermark_steps_total{operation="%s",source="%s"}'
    assert found[done % ("redemption.confirm", "in-store")] == 1
    assert found[done % ("points.debit", "marketplace")] == 1
    assert named(found, "countermark_refusals") == {
        'countermark_refusals_total{reason="not_enough_points"}': 1
    }


def test_pictures_count_by_what_came_of_them_and_by_stage(house: House) -> None:
    till = house.at_till("anna")
    before = figures(house)
    till.ask("/counter/frames", qr_png(new_reward_code("CM").text))
    till.ask("/counter/frames", b"\xff\xd8 no picture")
    after = figures(house)
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert named(grown, "countermark_frames") == {
        'countermark_frames_total{outcome="hit"}': 1,
        'countermark_frames_total{outcome="unknown_format"}': 1,
    }
    assert named(grown, "countermark_reader_hits") == {'countermark_reader_hits_total{stage="plain"}': 1}
    assert grown['countermark_reader_runs_total{stage="plain"}'] == 1
    assert 'countermark_reader_cpu_seconds_total{stage="plain"}' in after


@on_both
def test_what_waits_is_counted_in_the_database(house: House, tmp_path: Path) -> None:
    session, market = house.shop.session, Program.of(house, name="Market")
    new = NewEndpoint(
        client="Market", url="https://market.example/", events=frozenset({EventType.CLAIM_ISSUED})
    )
    webhooks.add_endpoint(session, SEED, new)
    house.shop.later(seconds=4)
    for _number in range(3):
        house.shop.claim(house.world.tea)
    webhook_queue.fan_out(session)
    waiting = figures(house)
    assert waiting["countermark_database_up"] == 1
    assert waiting["countermark_webhook_deliveries_pending"] == 3
    assert waiting["countermark_unsealed_records"] == len(house.shop.rows("leaves"))
    assert "countermark_newest_seal_timestamp_seconds" not in waiting
    ledger.seal_and_anchor(session, SealKey(ledger.new_seal_key()), AnchorFile(tmp_path / "anchors.jsonl"))
    sealed = figures(house)
    assert sealed["countermark_unsealed_records"] == 0
    assert sealed["countermark_newest_seal_timestamp_seconds"] == session.clock.now().timestamp()
    market.post("/members", {"external_id": "W-1", "name": "Wanda"})
    assert figures(house)["countermark_unsealed_records"] > 0


def test_while_the_database_is_away_the_process_still_tells_of_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.browser().get("/livez")

    def away(_database: Database) -> None:
        raise sa.exc.OperationalError("connect", {}, ConnectionError("refused"))

    with monkeypatch.context() as patch:
        patch.setattr(Database, "session", away)
        found = figures(house)
    assert named(found, "countermark_database_up") == {"countermark_database_up": 0}
    assert named(found, "countermark_webhook") == {}
    assert found['countermark_request_seconds_count{method="GET",route="/livez",status="2xx"}'] == 1
    assert found["process_resident_memory_bytes"] > 10**6
