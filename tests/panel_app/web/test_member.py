"""The member's phone: balance, the changing code, claiming once however often it is pressed, orders."""

import pytest

from ledger import Points
from panel_app.programme import access, claim_expiry, importing
from panel_app.programme.catalogue import NewOption
from panel_app.programme.giving_back import OnExpiry
from panel_app.programme.terms import RedemptionType
from scanner import parse
from tests.panel_app.web.browser import Browser, state, text, value
from tests.panel_app.web.house import House, on_both
from tests.panel_app.world import SEED, create_reward


@pytest.fixture
def phone(house: House) -> Browser:
    return house.member()


def order(house: House, phone: Browser, **changes: str) -> dict[str, str]:
    """The form of the reward's card, as the page gives it out."""
    page = phone.get("/me/rewards")
    return {"key": value(page, "key"), "reward_id": str(house.world.mug), "quantity": "1"} | changes


def test_the_first_page_shows_the_balance_of_this_moment(house: House, phone: Browser) -> None:
    assert "5,000 points available" in text(phone.get("/me"))
    house.shop.claim(house.world.mug)
    page = text(phone.get("/me"))
    assert "4,000 points available" in page
    assert "Mug" in page


def test_the_code_is_one_that_the_counter_takes(house: House, phone: Browser) -> None:
    answer = phone.get("/me/code")
    assert sorted(answer.json) == ["seconds_left", "svg", "text", "typed"]
    assert parse(answer.json["text"], tag="CM").text == answer.json["text"]
    assert (answer.json["seconds_left"], answer.json["svg"][:4]) == (30, "<svg")
    till = house.at_till("anna")
    assert state(till.ask("/counter/codes", {"mode": "wedge", "text": answer.json["text"]})) == "member"
    house.shop.later(seconds=30)
    assert phone.get("/me/code").json["text"] != answer.json["text"]


def test_two_phones_of_a_member_have_codes_of_their_own(house: House, phone: Browser) -> None:
    assert phone.get("/me/code").json["text"] != house.member().get("/me/code").json["text"]


@on_both
def test_a_claim_pressed_twice_claims_once(house: House, phone: Browser) -> None:
    form = order(house, phone)
    answers = [phone.post("/me/claims", form) for _ in range(2)]
    assert [answer.location for answer in answers] == ["/me", "/me"]
    assert house.shop.balance() == (4000, 0)
    assert len(house.shop.rows("claims")) == 1


@on_both
def test_a_reward_with_a_partners_codes_shows_the_code_and_is_offered_while_there_is_one(
    house: House, phone: Browser
) -> None:
    kinds = (RedemptionType.EXTERNAL_QR,)
    museum = create_reward(house.shop.session, sku="MUSEUM", name="Museum", redemption_types=kinds)
    assert "No code is left for this reward" in text(phone.get("/me/rewards"))
    importing.import_codes(house.shop.session, SEED, "MUSEUM", b"code\nMuseum-aa01")
    assert "No code is left for this reward" not in text(phone.get("/me/rewards"))

    phone.post("/me/claims", order(house, phone, reward_id=str(museum)))

    assert phone.get("/me").text.partition('code-long figures">')[2].partition("<")[0] == "Museum-aa01"
    till = house.at_till("anna")
    assert state(till.ask("/counter/codes", {"mode": "wedge", "text": "Museum-aa01"})) == "claim"
    answer = phone.post("/me/claims", order(house, phone, reward_id=str(museum)))
    assert (answer.status_code, "No code is left for this reward" in text(answer)) == (409, True)


def test_a_reward_that_asks_for_a_pin_shows_the_pin_and_no_code(house: House, phone: Browser) -> None:
    locker = create_reward(house.shop.session, name="Locker", redemption_types=(RedemptionType.PIN,))
    made = house.shop.claim(locker)
    page = phone.get("/me").text
    assert page.partition("data-pin>")[2].partition("<")[0] == made.pin
    assert (made.code in page, made.short_code in page) == (False, False)
    till = house.at_till("anna")
    member = till.ask("/counter/codes", {"text": phone.get("/me/code").json["typed"], "mode": "typed"})
    assert "Its PIN is needed" in text(member)
    visit_id = member.text.partition('data-visit="')[2].partition('"')[0]
    opened = till.ask("/counter/codes", {"text": made.pin, "mode": "typed", "visit_id": visit_id})
    assert (state(opened), "Locker" in text(opened)) == ("claim", True)


def test_each_loaded_page_has_a_key_of_its_own(house: House, phone: Browser) -> None:
    for _ in range(2):
        phone.post("/me/claims", order(house, phone))
    assert house.shop.balance() == (3000, 0)


def test_a_claim_shows_the_code_that_the_counter_takes(house: House, phone: Browser) -> None:
    phone.post("/me/claims", order(house, phone))
    page = phone.get("/me").text
    code = page.partition('code-long figures">')[2].partition("<")[0]
    assert code.startswith("R1CM")
    till = house.at_till("anna")
    assert state(till.ask("/counter/codes", {"mode": "wedge", "text": code})) == "claim"


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"quantity": "6"}, 409, "Not enough points: 1,000 missing"),
        ({"quantity": "0"}, 422, "Something is not filled in right"),
        ({"quantity": "many"}, 422, "Something is not filled in right"),
        ({"key": ""}, 422, "Something is not filled in right"),
        ({"reward_id": "0" * 32}, 404, "Not found here"),
        ({"reward_id": "mug"}, 422, "Something is not filled in right"),
        ({"option_id": "0" * 32}, 409, "This price is not offered here"),
    ],
)
def test_a_claim_that_cannot_be_says_why_on_the_page(
    house: House, phone: Browser, changes: dict[str, str], status: int, words: str
) -> None:
    before = house.shop.facts()
    answer = phone.post("/me/claims", order(house, phone, **changes))
    assert answer.status_code == status
    assert words in text(answer)
    assert house.shop.facts() == before


def test_nobody_claims_for_another_member(house: House, phone: Browser) -> None:
    form = order(house, phone, member_id=str(house.world.omar))
    assert phone.post("/me/claims", form).location == "/me"
    assert house.shop.balance(house.world.omar) == (5000, 0)
    assert house.shop.balance(house.world.lena) == (4000, 0)


def test_rewards_out_of_reach_say_so_and_come_last(house: House, phone: Browser) -> None:
    create_reward(
        house.shop.session,
        sku="TV",
        name="Television",
        options=[NewOption(points=Points(90_000))],
    )
    page = text(phone.get("/me/rewards"))
    assert page.index("Mug") < page.index("Television") < page.index("Not enough points")


def test_a_finished_order_stands_in_the_history_and_a_released_one_does_not(
    house: House, phone: Browser
) -> None:
    done = house.shop.redeem(house.shop.claim(house.world.mug).code)
    released = house.shop.reserve(house.shop.direct(house.world.tea))
    house.at_till("anna").ask(f"/counter/redemptions/{released.booking_id}/cancel")
    page = text(phone.get("/me"))
    assert done.booking_id in page
    assert "Delivered" in page
    assert released.booking_id not in page


def test_a_reward_charged_at_the_counter_costs_nothing_yet(house: House, phone: Browser) -> None:
    phone.post("/me/claims", order(house, phone, reward_id=str(house.world.tea)))
    assert house.shop.balance() == (5000, 0)
    assert "To pay at the counter: 300 points" in text(phone.get("/me"))


def test_a_claim_that_ran_out_stands_there_as_expired_with_what_became_of_its_points(house: House) -> None:
    house.shop.claim(create_reward(house.shop.session, claim_days=0))
    house.shop.claim(create_reward(house.shop.session, claim_days=0, on_expiry=OnExpiry.FORFEITED))
    house.shop.later(days=1)
    assert claim_expiry.expire_past(house.shop.session, access.system("sweeper")) == 2
    page = text(house.member().get("/me"))
    assert "4,700 points available" in page
    for part in ("300 points came back", "300 points forfeited", "Mar 2, 2026 Expired"):
        assert part in page
