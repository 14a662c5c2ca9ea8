"""Who may ask the API what: keys, scopes by route, limits, the audit trail; and nothing for anybody else."""

import json

import pytest
from flask import Flask

import ledger
from panel_app.programme import api_clients
from panel_app.programme.access import Permission
from panel_app.programme.scopes import Scope
from panel_app.web.api import keys
from panel_app.web.api.operations import EVERY_KEY
from panel_app.web.api.routes import OPERATIONS
from panel_app.web.permissions import permission_of
from tests.panel_app.web.house import House
from tests.panel_app.web.program import Program, code_of
from tests.panel_app.world import SEED

SCOPES = {
    "enrol_member": {"members"},
    "find_member": {"members"},
    "read_member": {"members"},
    "change_member": {"members"},
    "read_balance": {"members", "points", "holds"},
    "read_entries": {"points", "reports"},
    "credit": {"points"},
    "debit": {"points"},
    "transfer": {"points"},
    "reverse_entry": {"reversals"},
    "place_hold": {"holds"},
    "read_hold": {"holds"},
    "extend_hold": {"holds"},
    "capture_hold": {"holds"},
    "release_hold": {"holds"},
    "list_branches": set(EVERY_KEY),
    "list_rewards": set(EVERY_KEY),
    "claim": {"redemptions"},
    "quote": {"redemptions"},
    "reserve": {"redemptions"},
    "list_redemptions": {"redemptions", "reports"},
    "read_redemption": {"redemptions", "reports"},
    "confirm": {"redemptions"},
    "cancel": {"redemptions"},
    "reverse_redemption": {"reversals"},
    "convert": {"points"},
    "read_conversion": {"points"},
    "conversion_fulfilled": {"points"},
    "conversion_failed": {"points"},
    "report_transactions": {"reports"},
    "export_transactions": {"reports"},
}


def path_of(path: str) -> str:
    return path.replace("<uuid:id>", str(ledger.new_id())).replace("<booking_id>", "B1-CMAAAAAAAA0")


def test_every_route_of_the_api_has_its_scopes_in_the_one_table(app: Flask) -> None:
    assert {one.name: {str(scope) for scope in one.scopes} for one in OPERATIONS} == SCOPES
    served = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    assert {rule.endpoint for rule in served} == {f"api.{name}" for name in SCOPES} | {"openapi.spec"}
    declared = {permission_of(app.view_functions[f"api.{name}"]) for name in SCOPES}
    assert declared == {Permission.API_CLIENT}


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_is_let_in_by_its_scope_and_nowhere_else(house: House, scope: Scope) -> None:
    program, wrong = Program.of(house, scope), []
    before = house.shop.facts()
    for one in OPERATIONS:
        answer = program.ask(one.method, path_of(one.path), json={}, headers={"Idempotency-Key": "k"})
        is_in = scope is Scope.ADMIN or scope.value in SCOPES[one.name]
        told = (answer.status_code, (answer.get_json(silent=True) or {}).get("code"))
        outside = (404, "code_not_accepted") if one.name == "quote" else (403, "not_allowed")
        if (is_in and answer.status_code in {401, 403, 500}) or (not is_in and told != outside):
            wrong.append((one.name, told))
    assert wrong == []
    if scope is not Scope.ADMIN:
        assert house.shop.facts() == before


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer cmk_1_2", "Basic cmk_1_2", "Bearer \x7f", "bearer é"]
)
def test_without_a_good_key_every_address_says_the_same(house: House, header: str) -> None:
    client = house.app.test_client()
    for one in OPERATIONS:
        answer = client.open(
            f"/api/v1{path_of(one.path)}", method=one.method, headers={"Authorization": header}
        )
        assert code_of(answer) == (401, "key_not_accepted")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_signed_in_administrator_is_no_program(house: House) -> None:
    adam = house.at_till("adam")
    assert adam.get("/api/v1/branches").status_code == 401


def test_a_key_in_the_address_opens_nothing(house: House) -> None:
    program = Program.of(house)
    for name in ("key", "access_token", "api_key"):
        answer = house.app.test_client().get(f"/api/v1/branches?{name}={program.issued.text}")
        assert code_of(answer) == (401, "key_not_accepted")


def test_a_revoked_or_expired_key_ends_at_its_next_call(house: House) -> None:
    program = Program.of(house)
    assert program.get("/branches").status_code == 200
    api_clients.revoke_key(house.shop.session, SEED, program.issued.prefix)
    assert code_of(program.get("/branches")) == (401, "key_not_accepted")


def test_each_call_leaves_one_record_and_the_key_none(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    program, lena = Program.of(house, Scope.POINTS), house.world.lena
    known = len(house.shop.rows("audit_records"))
    program.get(f"/members/{lena}/balance")
    program.post(f"/members/{lena}/debits", {"points": 1, "reference": "r"}, key="k")
    program.post(f"/members/{lena}/debits", {"points": 1, "reference": "r"}, key="k")
    program.post(f"/members/{lena}/debits", {"points": 0, "reference": "r"})
    program.post("/holds", {})
    program.post(f"/members/{lena}/debits", {"points": 9000, "reference": "r"})
    records = house.shop.rows("audit_records")[known:]
    assert [(one["action"], one["reason"], one["details"].get("status")) for one in records] == [
        ("api.read_balance", None, 200),
        ("points.debit", None, None),
        ("api.debit", None, 200),
        ("api.debit", None, 422),
        ("api.place_hold", None, 403),
        ("points.debit", "not_enough_points", None),
    ]
    assert len({one["client"] for one in records}) == 1
    assert all(one["request_id"] for one in records)
    secret = program.issued.text.split("_", 2)[2]
    assert secret not in json.dumps(house.shop.rows("audit_records"), default=str)
    assert secret not in capsys.readouterr().out


def test_a_key_that_asks_too_often_is_told_when_to_come_back(house: House) -> None:
    keys.init_app(house.app.extensions, calls_per_minute=3)
    program, other = Program.of(house), Program.of(house)
    left = [program.get("/branches").headers["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    told = program.get("/branches")
    assert code_of(told) == (429, "too_many_requests")
    assert 1 <= int(told.headers["Retry-After"]) <= 60
    assert other.get("/branches").status_code == 200


def test_what_has_not_changed_is_not_sent_again(house: House) -> None:
    program = Program.of(house)
    first = program.get("/rewards?branch=BER")
    same = program.get("/rewards?branch=BER", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    assert [(one["name"], one["stock"]) for one in first.get_json()["items"]] == [("Mug", None), ("Mug", 5)]
    assert first.get_json()["items"][1]["price_options"][1]["cash"] == {
        "amount_minor": 400,
        "currency": "EUR",
    }
