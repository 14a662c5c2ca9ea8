"""The API's members, points and holds over HTTP: exact answers, replays byte for byte, refusals that move nothing."""

from datetime import timedelta

import pytest

from panel_app.programme import api_clients
from panel_app.programme.scopes import Scope
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of
from tests.panel_app.world import SEED

pytestmark = on_both


def test_a_member_is_enrolled_found_corrected_and_suspended(house: House) -> None:
    program = Program.of(house, Scope.MEMBERS)
    made = program.post("/members", {"external_id": "X-9", "name": "Zoë Ω", "email": "Zoe@Example.org"})
    assert made.status_code == 201
    member = made.get_json()
    assert (member["external_id"], member["status"], member["email"]) == ("X-9", "active", "zoe@example.org")
    assert program.get("/members?external_id=X-9").get_json() == member
    assert program.get(f"/members/{member['id']}").get_json() == member
    changed = program.ask("PATCH", f"/members/{member['id']}", json={"name": "Zoë B", "status": "suspended"})
    assert changed.get_json() == member | {"name": "Zoë B", "status": "suspended"}
    back = program.ask("PATCH", f"/members/{member['id']}", json={"status": "active"})
    assert back.get_json()["status"] == "active"
    again = program.post("/members", {"external_id": "X-9", "name": "Other"})
    assert code_of(again) == (422, "invalid_input")
    assert again.get_json()["errors"][0]["field"] == "external_id"
    assert code_of(program.get("/members?external_id=nobody")) == (404, "not_found")


def test_points_are_given_taken_and_given_back_and_every_balance_follows(house: House) -> None:
    program, lena = Program.of(house), house.world.lena
    body = {"points": 120, "type": "milestone_award", "reference": "order 7"}
    given = program.post(f"/members/{lena}/credits", body)
    entry = given.get_json()
    assert (given.status_code, entry["type"], entry["kind"], entry["points"], entry["balance_after"]) == (
        *(201, "Earn", "milestone_award", 120, 5120),
    )
    assert (entry["source"], entry["reference"], entry["created_at"]) == (
        "marketplace",
        "order 7",
        "2026-03-02T12:00:00Z",
    )
    taken = program.post(f"/members/{lena}/debits", {"points": 100, "reference": "order 8"}).get_json()
    assert (taken["type"], taken["points"], taken["balance_after"]) == ("Debit By Redemption", -100, 5020)
    part = program.post(f"/entries/{taken['id']}/reversal", {"points": 40, "reason": "late"}).get_json()
    assert (part["type"], part["points"], part["reverses"], part["balance_after"]) == (
        *("Redemption Reversal", 40, taken["id"], 5060),
    )
    too_much = program.post(f"/entries/{taken['id']}/reversal", {"points": 61, "reason": "late"})
    assert code_of(too_much) == (409, "already_reversed")
    assert too_much.get_json()["data"] == {"left": 60}
    listed = program.get(f"/members/{lena}/entries?source=marketplace").get_json()
    assert [one["points"] for one in listed["items"]] == [40, -100, 120]
    assert listed["next_cursor"] is None


def test_a_pending_credit_is_counted_and_not_spent(house: House) -> None:
    program, lena = Program.of(house), house.world.lena
    body = {
        "points": 10,
        "type": "goodwill",
        "reference": "r",
        "posts_at": "2026-03-03T12:00:00Z",
        "expires_at": "2026-04-01T00:00:00+02:00",
    }
    assert program.post(f"/members/{lena}/credits", body).get_json()["balance_after"] is None
    assert program.get(f"/members/{lena}/balance").get_json() == {
        "available": 5000,
        "expiring": [],
        "held": 0,
        "pending": 10,
    }
    house.shop.later(days=1)
    balance = program.get(f"/members/{lena}/balance").get_json()
    assert balance["available"] == 5010
    assert balance["expiring"] == [{"points": 10, "expires_at": "2026-03-31T22:00:00Z"}]
    late = program.post(
        f"/members/{lena}/credits", body | {"posts_at": None, "expires_at": "2026-03-03T12:00:00Z"}
    )
    assert code_of(late) == (422, "invalid_input")
    assert late.get_json()["errors"] == [
        {"field": "expires_at", "message": "Later than the moment from which it counts"}
    ]


def test_a_phone_or_an_address_is_erased_by_null_and_what_is_missing_stays(house: House) -> None:
    program = Program.of(house, Scope.MEMBERS)
    whole = {"external_id": "X-9", "name": "Zoë", "phone": "+49 30 1", "email": "zoe@example.org"}
    member = program.post("/members", whole).get_json()
    erased = program.ask("PATCH", f"/members/{member['id']}", json={"email": None})
    assert erased.get_json() == member | {"email": None}
    assert program.get(f"/members/{member['id']}").get_json() == member | {"email": None}
    nameless = program.ask("PATCH", f"/members/{member['id']}", json={"name": None})
    assert code_of(nameless) == (422, "invalid_input")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "zoe"),
        ("email", "zoe@"),
        ("external_id", " X-9"),
        ("external_id", "X-9 "),
        ("name", "\u200b\ufeff "),
    ],
)
def test_a_member_is_not_made_of_what_nobody_could_use(house: House, field: str, value: str) -> None:
    answer = Program.of(house).post("/members", {"external_id": "X-9", "name": "Zoë", field: value})
    assert code_of(answer) == (422, "invalid_input")
    assert answer.get_json()["errors"][0]["field"] == field


def test_nobody_is_given_so_much_that_a_balance_could_overflow(house: House) -> None:
    program, lena = Program.of(house), house.world.lena
    body = {"points": 1_000_000_000, "type": "goodwill", "reference": "r"}
    assert program.post(f"/members/{lena}/credits", body).get_json()["balance_after"] == 1_000_005_000
    more = program.post(f"/members/{lena}/credits", body | {"points": 1_000_000_001})
    assert code_of(more) == (422, "invalid_input")


def test_a_hold_is_placed_extended_and_captured_in_part_and_its_end_is_final(house: House) -> None:
    program, lena = Program.of(house, Scope.HOLDS), house.world.lena
    placed = program.post("/holds", {"member_id": str(lena), "points": 300, "reference": "cart 1"})
    hold = placed.get_json()
    assert (placed.status_code, hold["status"], hold["expires_at"]) == (201, "held", "2026-03-02T12:02:00Z")
    assert house.shop.balance() == (4700, 300)
    longer = program.post(f"/holds/{hold['id']}/extend", {"ttl_seconds": 600}).get_json()
    assert longer["expires_at"] == "2026-03-02T12:10:00Z"
    captured = program.post(f"/holds/{hold['id']}/capture", {"points": 200})
    assert captured.status_code == 200
    assert captured.get_json()["status"] == "captured"
    assert captured.get_json()["closing_entry"] is not None
    assert house.shop.balance() == (4800, 0)
    assert code_of(program.post(f"/holds/{hold['id']}/release", {})) == (409, "hold_closed")
    assert program.get(f"/holds/{hold['id']}").get_json() == captured.get_json()


def test_a_hold_that_ran_out_is_gone_and_gives_way_unswept(house: House) -> None:
    program, lena = Program.of(house, Scope.HOLDS), house.world.lena
    wish = {"member_id": str(lena), "points": 5000, "reference": "all", "ttl_seconds": 1}
    hold = program.post("/holds", wish).get_json()
    assert code_of(program.post("/holds", wish)) == (409, "not_enough_points")
    house.shop.later(seconds=1)
    assert program.get(f"/holds/{hold['id']}").get_json()["status"] == "expired"
    balance = program.get(f"/members/{lena}/balance").get_json()
    assert (balance["available"], balance["held"]) == (5000, 0)
    assert code_of(program.post(f"/holds/{hold['id']}/capture", {})) == (410, "hold_expired")
    assert program.post("/holds", wish).status_code == 201
    assert program.get(f"/holds/{hold['id']}").get_json()["status"] == "expired"


def test_the_same_key_gets_the_same_bytes_once_more_and_another_body_is_refused(house: House) -> None:
    program, lena = Program.of(house, Scope.POINTS), house.world.lena
    path, body = f"/members/{lena}/debits", {"points": 100, "reference": "order 8"}
    first = program.post(path, body, key="k-1")
    again = program.post(path, body, key="k-1")
    assert (first.status_code, again.status_code, again.data) == (201, 200, first.data)
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert house.shop.balance() == (4900, 0)
    assert code_of(program.post(path, body | {"points": 101}, key="k-1")) == (422, "key_reused")
    elsewhere = f"/members/{house.world.omar}/debits"
    assert code_of(program.post(elsewhere, body, key="k-1")) == (422, "key_reused")
    assert house.shop.balance() == (4900, 0)
    refused = [program.post(path, {"points": 9000, "reference": "r"}, key="k-2") for _ in range(2)]
    assert [code_of(one) for one in refused] == [(409, "not_enough_points")] * 2


def test_a_rotated_key_keeps_its_clients_retries_and_another_client_has_its_own(house: House) -> None:
    program, stranger = Program.of(house, Scope.POINTS), Program.of(house, Scope.POINTS)
    path, body = f"/members/{house.world.lena}/debits", {"points": 100, "reference": "order 8"}
    assert program.post(path, body, key="k").status_code == 201
    program.issued = api_clients.rotate_key(
        house.shop.session, SEED, program.issued.prefix, timedelta(hours=1)
    )
    assert program.post(path, body, key="k").status_code == 200
    assert stranger.post(path, body, key="k").status_code == 201
    assert house.shop.balance() == (4800, 0)


def test_a_suspended_members_points_are_free_and_can_not_be_spent(house: House) -> None:
    program, lena = Program.of(house), house.world.lena
    program.post("/holds", {"member_id": str(lena), "points": 300, "reference": "cart"})
    program.ask("PATCH", f"/members/{lena}", json={"status": "suspended"})
    assert house.shop.balance() == (5000, 0)
    for path, body in (
        ("/holds", {"member_id": str(lena), "points": 1, "reference": "r"}),
        (f"/members/{lena}/debits", {"points": 1, "reference": "r"}),
        (f"/members/{lena}/transfers", {"points": 1, "reference": "r", "partner": "Air"}),
    ):
        assert code_of(program.post(path, body)) == (409, "member_suspended")
    credit = {"points": 5, "type": "programme_rule", "reference": "r"}
    assert program.post(f"/members/{lena}/credits", credit).status_code == 201


def test_entries_come_in_pages_that_meet_without_a_gap(house: House) -> None:
    program, lena = Program.of(house), house.world.lena
    for number in range(52):
        house.shop.credit(lena, number + 1)
    first = program.get(f"/members/{lena}/entries").get_json()
    second = program.get(f"/members/{lena}/entries?cursor={first['next_cursor']}").get_json()
    assert [one["points"] for one in first["items"] + second["items"]] == [*range(52, 0, -1), 5000]
    assert second["next_cursor"] is None
