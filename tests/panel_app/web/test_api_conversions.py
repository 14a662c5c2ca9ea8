"""Conversions over HTTP: statuses, replays byte for byte, whose they are, and what a list of rewards says of them."""

import pytest

from panel_app.programme.scopes import Scope
from tests.panel_app.programme.converting import Converting
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of

pytestmark = on_both
TRANSFER = {"partner": "Sky Miles", "points": 400, "reference": "to the air"}


@pytest.fixture
def converting(house: House) -> Converting:
    return Converting.of(house.shop, 1)


def path_of(house: House) -> str:
    return f"/members/{house.world.lena}/conversions"


def test_a_voucher_is_made_told_again_and_read_again(house: House, converting: Converting) -> None:
    program = Program.of(house, Scope.POINTS)
    wish = {"reward_id": str(converting.reward_id), "reference": "basket 7"}
    made = program.post(path_of(house), wish, key="k")
    again = program.post(path_of(house), wish, key="k")
    assert (made.status_code, again.status_code, again.data) == (201, 200, made.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    told = made.get_json()
    assert (told["status"], told["points"], told["voucher"]) == (
        "fulfilled",
        1000,
        {
            "code": "TENNER-01",
            "amount": {"amount_minor": 1000, "currency": "EUR"},
            "last_day": "2026-12-31",
        },
    )
    assert program.get(f"/conversions/{told['booking_id']}").get_json() == told
    failed = program.post(path_of(house), wish)
    assert (failed.status_code, failed.get_json()["status"], failed.get_json()["failure"]) == (
        *(201, "failed", "no_voucher_left"),
    )
    entries = program.get(f"/members/{house.world.lena}/entries").get_json()["items"]
    assert [(one["points"], one["booking_id"]) for one in entries[:1]] == [(-1000, told["booking_id"])]
    assert code_of(program.post(path_of(house), wish | {"partner": "x"}, key="k")) == (422, "key_reused")


def test_a_transfer_is_answered_by_the_program_that_asked_for_it_and_by_no_other(house: House) -> None:
    program, stranger = Program.of(house, Scope.POINTS), Program.of(house, Scope.POINTS)
    told = program.post(path_of(house), TRANSFER).get_json()
    assert (told["status"], told["expires_at"]) == ("deducted", "2026-03-03T12:00:00Z")
    own = f"/conversions/{told['booking_id']}"
    for answer in (
        stranger.get(own),
        stranger.post(f"{own}/fulfilled", {}),
        stranger.post(f"{own}/failed", {}),
    ):
        assert code_of(answer) == (404, "not_found")
    done = program.post(f"{own}/fulfilled", {}, key="answer")
    assert (done.status_code, done.get_json()["status"]) == (200, "fulfilled")
    again = program.post(f"{own}/fulfilled", {}, key="answer")
    assert (again.data, again.headers["Idempotent-Replayed"]) == (done.data, "true")
    late = program.post(f"{own}/failed", {})
    assert code_of(late) == (409, "conversion_closed")
    assert late.get_json()["data"] == {"booking_id": told["booking_id"], "status": "fulfilled"}
    assert house.shop.balance() == (4600, 0)


def test_what_it_took_is_given_back_through_it_alone(house: House) -> None:
    program = Program.of(house)
    told = program.post(path_of(house), TRANSFER).get_json()
    (entry, _earned) = program.get(f"/members/{house.world.lena}/entries").get_json()["items"]
    refused = program.post(f"/entries/{entry['id']}/reversal", {"reason": "late"})
    assert code_of(refused) == (409, "belongs_to_booking")
    (hold,) = house.shop.rows("holds")
    hold_id = hold["id"]
    assert code_of(program.post(f"/holds/{hold_id}/release", {})) == (409, "belongs_to_booking")
    assert program.post(f"/conversions/{told['booking_id']}/failed", {}).get_json()["status"] == "failed"
    assert house.shop.balance() == (5000, 0)


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope not in {Scope.POINTS, Scope.ADMIN}])
def test_it_needs_the_scope_points(house: House, scope: Scope) -> None:
    other, program = Program.of(house, scope), Program.of(house, Scope.POINTS)
    own = f"/conversions/{program.post(path_of(house), TRANSFER).get_json()['booking_id']}"
    asked = (other.post(path_of(house), TRANSFER), other.get(own), other.post(f"{own}/failed", {}))
    assert [code_of(one) for one in asked] == [(403, "not_allowed")] * 3
    assert house.shop.balance() == (4600, 0)


def test_a_key_of_one_branch_converts_there_and_a_key_of_another_does_not_see_it(
    house: House, converting: Converting
) -> None:
    berlin, london = house.world.berlin.branch(), house.world.london.branch()
    here = Program.of(house, Scope.POINTS, name="Market", branch_ids=(berlin,))
    there = Program.of(house, Scope.POINTS, name="Market", branch_ids=(london,))
    everywhere = Program.of(house, Scope.POINTS, name="Market")
    told = here.post(path_of(house), {"reward_id": str(converting.reward_id), "reference": "r"}).get_json()
    own = f"/conversions/{told['booking_id']}"
    assert code_of(there.get(own)) == (404, "not_found")
    assert here.get(own).get_json() == everywhere.get(own).get_json() == told
    (entry,) = [row for row in house.shop.rows("entries") if row["booking_id"] == told["booking_id"]]
    assert entry["branch_id"] == berlin


def test_the_rewards_of_a_branch_say_what_is_converted_and_how_many_are_left(
    house: House, converting: Converting
) -> None:
    listed = Program.of(house, Scope.POINTS).get("/rewards?branch=BER").get_json()["items"]
    assert {one["id"]: (one["voucher"], one["stock"]) for one in listed} == {
        str(converting.reward_id): ({"amount_minor": 1000, "currency": "EUR"}, 1),
        str(house.world.mug): (None, 5),
        str(house.world.tea): (None, None),
    }
