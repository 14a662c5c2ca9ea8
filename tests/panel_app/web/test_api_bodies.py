"""What a hostile program sends: every wrong body and query is a 4xx problem, and nothing moves."""

import random

import pytest

from panel_app.web.api.routes import OPERATIONS
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of
from tests.panel_app.web.test_api_keys import path_of

DEEP = b'{"points":' + b"[" * 20000 + b"]" * 20000 + b"}"
HOSTILE = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff\xfe",
    b"\x00",
    DEEP,
    b'{"points":1e400,"reference":"r"}',
    b'{"points":NaN,"reference":"r"}',
    b'{"points":"1","reference":"r"}',
    b'{"points":1.0,"reference":"r"}',
    b'{"points":true,"reference":"r"}',
    b'{"points":9007199254740992,"reference":"r"}',
    b'{"points":99999999999999999999999999,"reference":"r"}',
    b'{"points":-1,"reference":"r"}',
    b'{"points":1,"reference":"\\ud800"}',
    b'{"points":1,"reference":"a\\u0000b"}',
    b'{"points":1,"reference":"a\\r\\nb"}',
    b'{"points":1,"reference":"r","more":1}',
    b'{"points":1,"reference":null}',
    b'{"points":1,"reference":"' + b"r" * 65 + b'"}',
]


@on_both
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_wrong_body_is_told_without_its_values_and_moves_nothing(house: House, body: bytes) -> None:
    program = Program.of(house)
    before = house.shop.facts()
    answer = program.ask(
        "POST",
        f"/members/{house.world.lena}/debits",
        data=body,
        headers={"Idempotency-Key": "k", "Content-Type": "application/json"},
    )
    assert code_of(answer) == (422, "invalid_input")
    assert "99999999999" not in answer.text
    assert house.shop.facts() == before
    right = program.post(f"/members/{house.world.lena}/debits", {"points": 1, "reference": "r"}, key="k")
    assert right.status_code == 201  # what was no request at all has used up no key


@pytest.mark.parametrize(
    "name", ["café", "Ω≈ç", "مرحبا", "名前", "👩‍👩‍👧", "\u202eevil", "O'Brien; DROP TABLE--", "{{7*7}}"]
)
def test_a_name_of_any_script_is_stored_whole(house: House, name: str) -> None:
    program = Program.of(house)
    made = program.post("/members", {"external_id": "X", "name": name})
    assert made.get_json()["name"] == name
    assert program.get("/members?external_id=X").get_json()["name"] == name


@pytest.mark.parametrize("media_type", [None, "application/json"])
def test_a_wish_that_needs_no_words_needs_no_body(house: House, media_type: str | None) -> None:
    program = Program.of(house)
    wish = {"member_id": str(house.world.lena), "points": 5, "reference": "r"}
    for step, status in (("release", "released"), ("capture", "captured")):
        hold = program.post("/holds", wish).get_json()
        path = f"/holds/{hold['id']}/{step}"
        done = program.ask("POST", path, headers={"Idempotency-Key": step}, content_type=media_type)
        assert (done.status_code, done.get_json()["status"]) == (200, status)
        same = program.ask("POST", path, headers={"Idempotency-Key": step}, json={})
        assert (same.status_code, same.data) == (200, done.data)


def test_what_is_wrong_with_the_request_itself_is_told_by_its_status(house: House) -> None:
    program, path = Program.of(house), f"/members/{house.world.lena}/debits"
    body = {"points": 1, "reference": "r"}
    assert code_of(program.ask("POST", path, json=body)) == (400, "bad_request")
    for key in ("", "a b", "é", "k" * 65):
        refused = program.ask("POST", path, json=body, headers={"Idempotency-Key": key})
        assert code_of(refused) == (400, "bad_request")
    form = program.ask("POST", path, data=body, headers={"Idempotency-Key": "k"})
    assert code_of(form) == (415, "not_json")
    assert code_of(program.ask("POST", path, headers={"Idempotency-Key": "k"})) == (422, "invalid_input")
    large = program.post(path, {"points": 1, "reference": "r" * 66000})
    assert code_of(large) == (413, "too_large")
    other = program.ask("DELETE", path)
    assert code_of(other) == (405, "method_not_allowed")
    assert set(other.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    for missing in ("/members/1", "/nowhere", "/", "/members/" + "x" * 5000):
        assert code_of(program.get(missing)) == (404, "not_found")
    for query in (
        "?cursor=x",
        "?cursor=1&cursor=2",
        "?more=1",
        "?from=yesterday",
        "?type=Gift",
        "?cursor=" + "9" * 16,
    ):
        answer = program.get(f"/members/{house.world.lena}/entries{query}")
        assert code_of(answer) == (422, "invalid_input")
    assert house.shop.balance() == (5000, 0)


def test_a_wrong_address_is_a_page_to_a_person_and_a_problem_to_a_program(house: House) -> None:
    client = house.app.test_client()
    assert client.get("/nowhere").content_type == "text/html; charset=utf-8"
    assert client.get("/api/nowhere").content_type == "application/problem+json"


def test_ten_values_in_every_field_of_every_operation_are_no_fault(house: House) -> None:
    program, chance = Program.of(house), random.Random(7)
    values = [None, True, 0, -1, 2**53, 1.5, "", "\x00", "x" * 3000, [], {}, [{}], "BER", "0" * 36, -(2**70)]
    names = [
        "points",
        "reference",
        "member_id",
        "reward_id",
        "branch",
        "till",
        "lines",
        "code",
        "type",
        "reason",
    ]
    names += ["external_id", "name", "ttl_seconds", "tenders", "operator", "units", "partner", "quantity"]
    faults = []
    for one in OPERATIONS:
        for _ in range(12 if one.body else 2):
            body = {name: chance.choice(values) for name in chance.sample(names, 4)}
            answer = program.ask(one.method, path_of(one.path), json=body, headers={"Idempotency-Key": "k"})
            if not 400 <= answer.status_code < 500 and one.method != "GET":
                faults.append((one.name, body, answer.status_code))
            if answer.status_code >= 500:
                faults.append((one.name, body, answer.status_code))
    assert faults == []
