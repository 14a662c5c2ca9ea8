"""Redemptions over the API: by reward code, by member code, by a member that the surface vouches for."""

from datetime import timedelta

import pytest

from panel_app.programme.scopes import Scope
from panel_app.programme.terms import EntryMode
from scanner import new_reward_code
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of
from tests.panel_app.world import cash

BERLIN = {"branch": "BER", "till": "1"}
EUR_4 = {"amount_minor": 400, "currency": "EUR"}


def stock(house: House) -> tuple[int, int]:
    row = house.shop.rows("stock_levels")[0]
    return row["on_hand"], row["reserved"]


@on_both
def test_a_claim_is_made_quoted_reserved_and_confirmed_with_nothing_due(house: House) -> None:
    program, lena, mug = Program.of(house, Scope.REDEMPTIONS), house.world.lena, house.world.mug
    made = program.post("/claims", {"member_id": str(lena), "reward_id": str(mug), "quantity": 2})
    claim = made.get_json()
    assert (made.status_code, claim["status"], claim["remaining"]) == (201, "issued", 2)
    assert house.shop.balance() == (3000, 0)
    quote = program.post("/redemptions/quote", {"branch": "BER", "code": claim["code"]})
    assert quote.status_code == 200
    assert (quote.get_json()["remaining"], quote.get_json()["claim_id"]) == (2, claim["id"])
    assert quote.get_json()["options"] == [
        {
            "option": str(house.shop.option(mug, 0)),
            "kind": "points",
            "points_due": 0,
            "cash_due": {"amount_minor": 0, "currency": "EUR"},
            "missing": 0,
            "min_points": None,
            "rate": None,
        }
    ]
    reserved = program.post("/redemptions", BERLIN | {"lines": [{"code": claim["short_code"]}]})
    order = reserved.get_json()
    assert (reserved.status_code, order["status"], order["points_due"], order["points"]) == (
        *(201, "reserved", 0, 1000),
    )
    assert stock(house) == (5, 1)
    done = program.post(f"/redemptions/{order['booking_id']}/confirm", {})
    assert (done.status_code, done.get_json()["status"]) == (200, "completed")
    assert done.get_json()["lines"] == [
        {
            "reward_id": str(mug),
            "name": "Mug",
            "units": 1,
            "points": 1000,
            "cash": {"amount_minor": 0, "currency": "EUR"},
            "fulfilment": "delivered",
        }
    ]
    assert stock(house) == (4, 0)
    assert program.get(f"/redemptions/{order['booking_id']}").get_json() == done.get_json()


@on_both
def test_a_mix_is_paid_in_points_and_cash_and_reversed_to_the_last_cent(house: House) -> None:
    program, shop = Program.of(house), house.shop
    wish = BERLIN | {
        "member_id": str(house.world.lena),
        "reward_id": str(house.world.mug),
        "option": str(shop.option(house.world.mug, 1)),
        "operator": "ben",
    }
    order = program.post("/redemptions", wish).get_json()
    assert (order["points_due"], order["cash_due"], order["operator"]) == (600, EUR_4, "ben")
    assert shop.balance() == (4400, 600)
    path = f"/redemptions/{order['booking_id']}"
    assert code_of(program.post(f"{path}/confirm", {})) == (422, "tenders_do_not_add_up")
    tender = {"type": "card", "reference": "slip 1", **EUR_4}
    done = program.post(f"{path}/confirm", {"tenders": [tender], "operator": "ben"}).get_json()
    assert done["tenders"] == [{"type": "card", "amount": EUR_4, "reference": "slip 1"}]
    assert (done["operator"], done["balance_after"], done["source"]) == ("ben", 4400, "marketplace")
    listed = program.get("/redemptions?branch=BER&source=marketplace").get_json()
    assert [one["booking_id"] for one in listed["items"]] == [order["booking_id"]]
    back = program.post(f"{path}/reversal", {"reason": "Lena changed her mind"})
    assert (back.status_code, back.get_json()["status"]) == (200, "reversed")
    assert shop.balance() == (5000, 0)
    assert stock(house) == (5, 0)
    assert "changed her mind" not in str(shop.rows("entries") + shop.rows("audit_records"))
    assert code_of(program.post(f"{path}/reversal", {"reason": "again"})) == (409, "redemption_closed")


@on_both
def test_a_members_code_is_burned_by_the_redemption_and_not_by_the_quote(house: House) -> None:
    program, shop = Program.of(house, Scope.REDEMPTIONS), house.shop
    line = {"code": shop.code(house.world.lena).text, "reward_id": str(house.world.tea)}
    for _ in range(2):
        quoted = program.post("/redemptions/quote", {"branch": "BER", **line})
        assert quoted.get_json()["options"][0]["points_due"] == 300
    assert program.post("/redemptions", BERLIN | line).status_code == 201
    assert code_of(program.post("/redemptions", BERLIN | line)) == (409, "replayed_member_code")
    screenshot = line | {"code": shop.code(house.world.omar).text}
    shop.later(seconds=90)
    assert code_of(program.post("/redemptions", BERLIN | screenshot)) == (410, "stale_member_code")
    assert shop.balance() == (4700, 300)


def test_cancel_releases_everything_once(house: House) -> None:
    program, shop = Program.of(house, Scope.REDEMPTIONS), house.shop
    wish = BERLIN | {"member_id": str(house.world.lena), "reward_id": str(house.world.mug)}
    path = f"/redemptions/{program.post('/redemptions', wish).get_json()['booking_id']}"
    assert shop.balance() == (4000, 1000)
    why = {"reason": "jammed"}
    assert [program.post(f"{path}/cancel", why).get_json()["status"] for _ in range(2)] == ["cancelled"] * 2
    (told,) = [row for row in shop.rows("audit_records") if row["action"] == "redemption.cancelled_for"]
    assert told["details"]["why"] == "jammed"
    assert (shop.balance(), stock(house)) == ((5000, 0), (5, 0))
    assert code_of(program.post(f"{path}/confirm", {})) == (409, "redemption_closed")


def test_an_order_that_ran_out_is_over_before_anybody_swept_it(house: House) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    wish = BERLIN | {"member_id": str(house.world.lena), "reward_id": str(house.world.mug)}
    path = f"/redemptions/{program.post('/redemptions', wish).get_json()['booking_id']}"
    assert program.get(path).get_json()["status"] == "reserved"
    house.shop.later(seconds=120)
    assert program.get(path).get_json()["status"] == "expired"
    assert [one["status"] for one in program.get("/redemptions").get_json()["items"]] == ["expired"]


def test_what_is_scanned_instead_of_a_code_is_named(house: House) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    kinds = {}
    for text in ("4006381333931", "https://evil.example/x", "hello there"):
        answer = program.post("/redemptions/quote", {"branch": "BER", "code": text})
        kinds[text] = answer.get_json()["data"]
    assert kinds == {
        "4006381333931": {"kind": "ean"},
        "https://evil.example/x": {"kind": "url"},
        "hello there": {"kind": "text"},
    }


def test_what_belongs_to_a_booking_is_resolved_through_the_booking_only(house: House) -> None:
    program = Program.of(house)
    wish = BERLIN | {"member_id": str(house.world.lena), "reward_id": str(house.world.tea)}
    order = program.post("/redemptions", wish).get_json()
    hold_id = house.shop.rows("holds")[0]["id"]
    for what, body in (("capture", {}), ("release", {}), ("extend", {"ttl_seconds": 60})):
        before = house.shop.facts()
        assert code_of(program.post(f"/holds/{hold_id}/{what}", body)) == (409, "belongs_to_booking")
        assert house.shop.facts() == before
    program.post(f"/redemptions/{order['booking_id']}/confirm", {})
    entry_id = next(one["id"] for one in house.shop.rows("entries") if one["booking_id"])
    reversal = program.post(f"/entries/{entry_id}/reversal", {"reason": "x"})
    assert code_of(reversal) == (409, "belongs_to_booking")
    assert house.shop.balance() == (4700, 0)


def test_a_foreign_booking_hold_or_entry_is_not_there(house: House) -> None:
    program, shop = Program.of(house), house.shop
    stranger = Program.of(house, *[scope for scope in Scope if scope not in {Scope.ADMIN, Scope.REPORTS}])
    at_till = shop.reserve(shop.direct(house.world.tea)).booking_id
    wish = BERLIN | {"member_id": str(house.world.lena), "reward_id": str(house.world.tea)}
    own = program.post("/redemptions", wish).get_json()["booking_id"]
    hold = program.post("/holds", {"member_id": str(house.world.lena), "points": 1, "reference": "r"})
    hold_id = hold.get_json()["id"]
    body = {"points": 1, "reference": "r"}
    entry_id = program.post(f"/members/{house.world.lena}/debits", body).get_json()["id"]
    before = shop.facts()
    asked = [stranger.get(f"/redemptions/{one}") for one in (own, at_till)]
    asked += [stranger.post(f"/redemptions/{one}/cancel", {}) for one in (own, at_till)]
    asked += [stranger.post(f"/redemptions/{one}/confirm", {}) for one in (own, at_till)]
    asked += [stranger.post(f"/redemptions/{one}/reversal", {"reason": "x"}) for one in (own, at_till)]
    asked += [stranger.get(f"/holds/{hold_id}"), stranger.post(f"/holds/{hold_id}/release", {})]
    asked += [stranger.post(f"/entries/{entry_id}/reversal", {"reason": "x"})]
    assert [code_of(one) for one in asked] == [(404, "not_found")] * 11
    assert stranger.get("/redemptions").get_json()["items"] == []
    assert shop.facts() == before


def test_a_key_of_one_branch_reaches_no_other(house: House) -> None:
    everywhere = Program.of(house, name="Chain")
    london = Program.of(house, name="Chain", branch_ids=(house.world.london.branch(),))
    wish = BERLIN | {"member_id": str(house.world.lena), "reward_id": str(house.world.tea)}
    own = everywhere.post("/redemptions", wish).get_json()["booking_id"]
    before = house.shop.facts()
    for branch in ("BER", "NOWHERE", str(house.world.berlin.branch())):
        assert code_of(london.post("/redemptions", wish | {"branch": branch})) == (403, "not_allowed")
        assert code_of(london.get(f"/rewards?branch={branch}")) == (403, "not_allowed")
        assert code_of(london.get(f"/redemptions?branch={branch}")) == (403, "not_allowed")
    assert code_of(london.get(f"/redemptions/{own}")) == (404, "not_found")
    assert code_of(london.post(f"/redemptions/{own}/cancel", {})) == (404, "not_found")
    assert [one["code"] for one in london.get("/branches").get_json()["items"]] == ["LON"]
    assert [one["code"] for one in everywhere.get("/branches").get_json()["items"]] == ["BER", "LON"]
    assert code_of(everywhere.get("/rewards?branch=NOWHERE")) == (404, "not_found")
    assert house.shop.facts() == before


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"code": "R1CMAAAAAAAAAAAAAAAA"}, 422, "mistyped_code"),
        ({"code": "https://evil.example/x"}, 422, "foreign_code"),
        ({"code": new_reward_code("XX").text}, 422, "other_programme"),
        ({}, 422, "invalid_input"),
        ({"reward_id": "0192d9ab-0000-7000-8000-000000000000"}, 422, "invalid_input"),
    ],
)
def test_a_line_that_proves_nothing_is_refused_with_its_reason(
    house: House, wish: dict[str, str], status: int, code: str
) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    before = house.shop.facts()
    answers = [
        program.post("/redemptions", BERLIN | wish),
        program.post("/redemptions/quote", {"branch": "BER"} | wish),
    ]
    assert [code_of(one) for one in answers] == [(status, code)] * 2
    assert house.shop.facts() == before


def test_five_bad_guesses_stop_a_clients_guesses_and_nothing_else(house: House) -> None:
    program, other = Program.of(house, Scope.REDEMPTIONS), Program.of(house, Scope.REDEMPTIONS)
    claim = house.shop.claim(house.world.mug)
    short, whole = ({"branch": "BER", "code": code} for code in (claim.short_code, claim.code))
    vouched = BERLIN | {"member_id": str(house.world.lena), "reward_id": str(house.world.tea)}
    bad = {"branch": "BER", "code": "ABCD-EFGH"}
    assert [program.post("/redemptions/quote", bad).status_code for _ in range(5)] == [422] * 5
    locked = program.post("/redemptions/quote", short)
    assert code_of(locked) == (429, "too_many_attempts")
    assert locked.headers["Retry-After"] == "300"
    assert program.post("/redemptions/quote", whole).status_code == 200
    assert program.post("/redemptions", vouched).status_code == 201
    assert other.post("/redemptions/quote", short).status_code == 200
    assert house.shop.scan(claim.short_code, mode=EntryMode.TYPED).claim.remaining == 1
    house.shop.clock.advance(timedelta(minutes=5))
    assert program.post("/redemptions/quote", short).status_code == 200


def test_two_hundred_altered_codes_accept_none_and_the_genuine_one_is_good_after_them(house: House) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    genuine = house.shop.code(house.world.lena).text
    line = {"reward_id": str(house.world.tea)}
    digits = int(genuine[-8:])
    refused = {
        code_of(program.post("/redemptions", BERLIN | line | {"code": f"{genuine[:-8]}{altered:08}"}))
        for altered in ((digits + step) % 10**8 for step in range(1, 201))
    }
    assert refused == {(422, "forged_code")}
    assert program.post("/redemptions", BERLIN | line | {"code": genuine}).status_code == 201


def test_a_claim_whose_redemption_was_reversed_is_over_and_not_redeemed(house: House) -> None:
    program = Program.of(house)
    code = house.shop.claim(house.world.mug).code
    path = f"/redemptions/{program.post('/redemptions', BERLIN | {'code': code}).get_json()['booking_id']}"
    assert program.post(f"{path}/confirm", {}).get_json()["status"] == "completed"
    used = program.post("/redemptions/quote", {"branch": "BER", "code": code})
    assert code_of(used) == (409, "already_redeemed")
    assert program.post(f"{path}/reversal", {"reason": "faulty"}).get_json()["status"] == "reversed"
    over = program.post("/redemptions/quote", {"branch": "BER", "code": code})
    assert code_of(over) == (409, "claim_cancelled")


def test_the_body_of_an_order_may_be_quoted_as_it_is(house: House) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    body = BERLIN | {"code": house.shop.claim(house.world.mug).code, "operator": "ben"}
    assert program.post("/redemptions/quote", body).status_code == 200
    assert program.post("/redemptions", body).status_code == 201


def test_another_client_at_the_same_till_takes_no_reservation_away(house: House) -> None:
    first, second = Program.of(house, Scope.REDEMPTIONS), Program.of(house, Scope.REDEMPTIONS)
    wish = BERLIN | {"code": house.shop.claim(house.world.mug).code}
    path = f"/redemptions/{first.post('/redemptions', wish).get_json()['booking_id']}"
    assert code_of(second.post("/redemptions", wish)) == (409, "held_elsewhere")
    assert first.get(path).get_json()["status"] == "reserved"
    again = first.post("/redemptions", wish).get_json()
    assert (again["status"], first.get(path).get_json()["status"]) == ("reserved", "cancelled")


def test_an_operator_who_is_named_redeems_nothing_of_the_own_account(house: House) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    wish = BERLIN | {"reward_id": str(house.world.tea), "operator": "anna"}
    own = program.post("/redemptions", wish | {"member_id": str(house.world.anna)})
    assert code_of(own) == (409, "own_account")
    for stranger in ("olivia", "nobody"):
        asked = wish | {"member_id": str(house.world.lena), "operator": stranger}
        assert code_of(program.post("/redemptions", asked)) == (404, "not_found")


def test_what_the_till_and_the_api_redeem_is_one_stock_and_one_claim(house: House) -> None:
    program, shop = Program.of(house, Scope.REDEMPTIONS), house.shop
    claim = shop.claim(house.world.mug)
    order = program.post("/redemptions", BERLIN | {"code": claim.code, "till": "2"}).get_json()
    held = program.post("/redemptions/quote", {"branch": "BER", "code": claim.code})
    assert code_of(held) == (409, "held_elsewhere")
    program.post(f"/redemptions/{order['booking_id']}/cancel", {})
    assert shop.redeem(claim.code).status == "completed"
    used = program.post("/redemptions/quote", {"branch": "BER", "code": claim.code})
    assert code_of(used) == (409, "already_redeemed")
    order = program.post(
        "/redemptions",
        BERLIN
        | {
            "member_id": str(house.world.lena),
            "reward_id": str(house.world.mug),
            "option": str(shop.option(house.world.mug, 1)),
        },
    )
    wrong = {"tenders": [{"type": "cash", "amount_minor": 400, "currency": "USD"}]}
    path = f"/redemptions/{order.get_json()['booking_id']}/confirm"
    assert code_of(program.post(path, wrong)) == (422, "invalid_input")
    assert cash(400).amount == 400
    assert program.post(path, {"tenders": [{"type": "cash", **EUR_4}]}).get_json()["status"] == "completed"
