"""What the counter refuses, in words that say why and what to do; and that nothing moved."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Pages
from tests.journeys.faces import Counter, sign_in
from tests.journeys.shop import Shop


@pytest.fixture
def second(pages: Pages, browser: Browser, shop: Shop) -> Counter:
    """Another till of the same branch."""
    return sign_in(pages.open(browser), shop, shop.till())


def test_a_used_code_says_when_and_where(counter: Counter, second: Counter, shop: Shop) -> None:
    code = shop.claim(shop.customer(points=200), "COFFEE").code
    counter.scan(code)
    counter.is_in("claim")
    counter.press("Confirm – it is handed over")
    counter.is_in("done")
    booking_id = counter.booking_id
    second.scan(code)
    second.is_refused("Already redeemed", "Show the member when and where.")
    record = second.task.locator(".record")
    expect(record).to_contain_text(re.compile(r"\d{1,2} \w+ 20\d\d, \d\d:\d\d"))
    expect(record).to_contain_text(f"Berlin Mitte · till {counter.till}")
    expect(record).to_contain_text(booking_id)


def test_a_screenshot_of_two_minutes_ago_is_told_by_its_age(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1500)
    counter.scan(shop.member_code(customer, seconds_ago=120))
    counter.is_refused("An old code, perhaps a screenshot", "Ask for the live code in the app, not a picture")
    expect(counter.task.locator(".what-to-do")).to_contain_text(
        re.compile(r"The code is 1[2-5]\d seconds old")
    )


def test_a_price_out_of_reach_says_how_many_points_are_missing(counter: Counter, shop: Shop) -> None:
    counter.open_member(shop.customer(points=650))
    counter.task.get_by_role("button", name="Enamel mug").click()
    counter.is_in("price")
    too_much = counter.task.locator(".option").filter(has_text="900 points")
    expect(too_much).to_contain_text("250 points missing")
    expect(too_much.get_by_role("radio")).to_be_disabled()
    expect(counter.task.get_by_label("600 points")).to_be_checked()


def test_rewards_that_nobody_can_take_now_say_why(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=430)
    shop.claim(customer, "FISH")
    counter.open_member(customer)
    counter.task.get_by_text("Not now, and why").click()
    not_now = counter.task.locator(".not-now")
    expect(not_now.locator(".unusable").filter(has_text="Smoked eel")).to_contain_text("Not at this branch")
    expect(not_now.locator(".unusable").filter(has_text="Enamel mug")).to_contain_text("Not enough points")
    expect(not_now.get_by_role("button")).to_have_count(0)


def test_another_branchs_reward_names_the_branch(counter: Counter, shop: Shop) -> None:
    counter.scan(shop.claim(shop.customer(points=300), "FISH").code)
    counter.is_refused("Not at this branch", "It can be used at: Hamburg Altona.")


def test_a_suspended_member_is_sent_to_customer_service(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1500)
    shop.suspend(customer)
    counter.scan(shop.member_code(customer))
    counter.is_refused("Member suspended", "Points can be earned but not spent.")
    assert shop.available(customer) == 1500


def test_a_web_address_is_told_apart_from_our_codes(counter: Counter) -> None:
    counter.scan("https://example.com/menu")
    counter.is_refused("Not one of our codes", "This is a web address.")


def test_a_code_that_another_till_holds_names_the_till_and_the_seconds(
    counter: Counter, second: Counter, shop: Shop
) -> None:
    code = shop.claim(shop.customer(points=700), "MUG", option=1).code
    counter.scan(code)
    counter.press("Continue to payment")
    counter.is_in("amount-due")
    second.scan(code)
    second.is_in("refused")
    expect(second.heading).to_have_text(
        re.compile(rf"^Held at Berlin Mitte, till {counter.till}, (1[01]\d|120) s left$")
    )
    expect(second.task.locator(".what-to-do")).to_contain_text("Finish or release it there")


def test_the_last_one_in_stock_is_handed_over_once(counter: Counter, shop: Shop) -> None:
    first, late = (shop.claim(shop.customer(points=100), "LAMP").code for _ in range(2))
    counter.scan(first)
    counter.is_in("claim")
    counter.press("Confirm – it is handed over")
    counter.is_in("done")
    counter.scan(late)
    counter.is_refused("Out of stock", "Offer another reward, or another branch.")


def test_five_wrong_typed_codes_lock_typing_while_scanning_goes_on(counter: Counter, shop: Shop) -> None:
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for _ in range(5):
        counter.type_code(wrong)
        counter.is_refused("The code was not read right", "type the code again, symbol by symbol")
        counter.press("Understood")
        counter.is_in("ready")
    counter.type_code(code)
    counter.is_refused("Too many wrong codes typed", "Scanning goes on.")
    counter.scan(code)
    counter.is_in("claim")
