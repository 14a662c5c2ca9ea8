"""A sliding price on the counter's page: offered at the most that the member has, taken as it was chosen."""

from ledger import Points
from panel_app.programme.catalogue import NewOption
from tests.panel_app.web.browser import state, text
from tests.panel_app.web.house import House
from tests.panel_app.world import create_reward

SLIDING = NewOption(points=Points(900), min_points=Points(300), rates={"EUR": "0.85"})


def test_who_is_short_is_offered_the_most_that_is_there_and_pays_what_was_chosen(house: House) -> None:
    till, shop = house.at_till("anna"), house.shop
    reward_id = create_reward(shop.session, options=[SLIDING])
    shop.spend_all_but(611)
    visit_id, option = str(shop.visit(house.world.lena)), str(shop.option(reward_id, 0))
    price = till.ask("/counter/prices", {"visit_id": visit_id, "reward_id": str(reward_id)})
    assert 'min="300" max="900" value="611"' in price.text
    assert "or from 300 points, the rest in cash" in text(price)
    form = {"visit_id": visit_id, "reward_id": str(reward_id), "option_id": option, "units": "1"}
    for key, chosen, expected in (("low", "299", 422), ("none", "", 409), ("much", "612", 409)):
        refused = till.ask("/counter/redemptions", form | {"key": key, f"points-{option}": chosen})
        assert (refused.status_code, state(refused)) == (expected, "refused")
    taken = till.ask("/counter/redemptions", form | {"key": "taken", f"points-{option}": "611"})
    assert state(taken) == "amount-due"
    assert "2,46" in text(taken)
    assert shop.balance() == (0, 611)
