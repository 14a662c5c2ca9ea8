"""Sliding prices over the API: told with minimum and rate, quoted and reserved at the points that a line chooses."""

from ledger import Points
from panel_app.programme.catalogue import NewOption
from panel_app.programme.scopes import Scope
from tests.panel_app.web.house import House
from tests.panel_app.web.program import Program, code_of
from tests.panel_app.world import create_reward

SLIDING = NewOption(points=Points(900), min_points=Points(300), rates={"EUR": "0.85"})
PLAIN = NewOption(points=Points(950))


def eur(amount: int) -> dict[str, object]:
    return {"amount_minor": amount, "currency": "EUR"}


def test_a_sliding_price_is_told_quoted_and_paid_at_the_points_of_the_line(house: House) -> None:
    program, shop = Program.of(house, Scope.REDEMPTIONS), house.shop
    made = create_reward(shop.session, options=[PLAIN, SLIDING])
    reward_id, option = str(made), str(shop.option(made, 1))
    rewards = program.get("/rewards?branch=BER").get_json()["items"]
    (told,) = [reward["price_options"][1] for reward in rewards if reward["id"] == reward_id]
    assert told == {
        "id": option,
        "kind": "sliding",
        "points": 900,
        "cash": eur(0),
        "min_points": 300,
        "rate": "0.85",
    }
    line = {"branch": "BER", "member_id": str(house.world.lena), "reward_id": reward_id}
    quoted = program.post("/redemptions/quote", line).get_json()["options"]
    assert [(one["kind"], one["points_due"], one["min_points"], one["rate"]) for one in quoted] == [
        ("points", 950, None, None),
        ("sliding", 900, 300, "0.85"),
    ]
    chosen = line | {"points": 1211, "units": 2}  # 589 of 1,800 points in cash: 500.65
    (due,) = program.post("/redemptions/quote", chosen).get_json()["options"]
    assert due == {
        "option": option,
        "kind": "sliding",
        "points_due": 1211,
        "cash_due": eur(501),
        "missing": 0,
        "min_points": 600,
        "rate": "0.85",
    }
    order = program.post("/redemptions", chosen | {"till": "1"}).get_json()
    assert (order["points_due"], order["cash_due"]) == (1211, eur(501))
    path = f"/redemptions/{order['booking_id']}/confirm"
    done = program.post(path, {"tenders": [{"type": "cash", **eur(501)}]}).get_json()
    assert (done["status"], done["points"], shop.balance()) == ("completed", 1211, (3789, 0))


def test_points_outside_the_bounds_or_for_another_price_are_refused(house: House) -> None:
    program, shop = Program.of(house, Scope.REDEMPTIONS), house.shop
    made = create_reward(shop.session, options=[PLAIN, SLIDING])
    reward_id, fixed = str(made), str(shop.option(made, 0))
    line = {"branch": "BER", "till": "1", "member_id": str(house.world.lena), "reward_id": reward_id}
    low = program.post("/redemptions", line | {"points": 299})
    assert code_of(low) == (422, "invalid_input")
    assert low.get_json()["data"] == {"field": "points", "rule": "range", "low": 300, "high": 900}
    plain = program.post("/redemptions", line | {"points": 900, "option": fixed})
    assert plain.get_json()["data"] == {"field": "points", "rule": "sliding_only"}
    claim = {"branch": "BER", "code": shop.claim(house.world.mug).code, "points": 300}
    assert code_of(program.post("/redemptions/quote", claim)) == (422, "invalid_input")
    two = line | {"lines": [{"reward_id": reward_id, "points": 900}, {"reward_id": reward_id, "points": 901}]}
    del two["reward_id"]
    assert program.post("/redemptions", two).get_json()["errors"][0]["field"] == "lines.1.points"
    assert shop.balance() == (4000, 0)  # the claim's 1,000 points, and nothing else
