"""Every state and page as it looks: axe finds nothing in any colours, nothing is too wide, the load is small."""

import re

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect

from tests.journeys.conftest import DESK, PHONE, Pages
from tests.journeys.faces import Counter, Phone, sign_in
from tests.journeys.furniture import MANAGER, PASSWORD
from tests.journeys.looks import look, sideways_at_400_percent
from tests.journeys.shop import Shop

FIRST_LOAD_BYTES_MAX = 100 * 1024


def test_the_states_of_a_hybrid_redemption(counter: Counter, shop: Shop) -> None:
    look(counter.page, "ready")
    customer = shop.customer(points=1500)
    shop.claim(customer, "COFFEE")
    counter.open_member(customer)
    look(counter.page, "member")
    counter.task.get_by_role("button", name="Enamel mug").click()
    counter.is_in("price")
    look(counter.page, "price")
    counter.task.get_by_label("600 points").check()
    counter.press("Accept this price")
    counter.is_in("amount-due")
    look(counter.page, "amount-due")
    counter.task.get_by_label("Amount").fill("four")
    counter.press("Add tender")
    counter.press("Confirm")
    expect(counter.task.get_by_role("alert")).to_be_visible()
    look(counter.page, "amount-due-errors")
    counter.task.get_by_label("Amount").first.fill("4.00")
    counter.task.get_by_role("button", name="Remove this tender").last.click()
    counter.task.get_by_label("Given").fill("10.00")
    counter.press("Confirm")
    counter.is_in("done")
    look(counter.page, "done")


def test_the_states_of_a_reward_code(counter: Counter, shop: Shop) -> None:
    code = shop.claim(shop.customer(points=600), "COFFEE", quantity=2).code
    counter.scan(code)
    counter.is_in("claim")
    look(counter.page, "claim")
    counter.press("Confirm – it is handed over")
    counter.is_in("done")
    booking_id = counter.booking_id
    counter.scan(code)
    counter.is_in("already-done")
    look(counter.page, "already-done")
    counter.press("Next")
    counter.scan(booking_id)
    counter.is_in("booking")
    look(counter.page, "booking")
    counter.press("Back")
    counter.scan("https://example.com/menu")
    counter.is_in("refused")
    look(counter.page, "refused")
    counter.press("Understood")
    counter.page.get_by_role("button", name="Keys and help").click()
    look(counter.page, "help")
    counter.page.set_viewport_size(PHONE)
    expect(counter.page.locator(".help kbd").first).to_be_visible()


def test_the_state_unknown_and_the_bar_without_a_connection(
    pages: Pages, counter: Counter, shop: Shop
) -> None:
    pages.expected = re.compile(r"net::ERR_FAILED")

    def cut(route: Route) -> None:
        route.abort()

    counter.hold_mug_for_points_and_cash(shop.customer(points=700))
    counter.page.route("**/counter/redemptions/*/confirm", cut)
    counter.press("Confirm")
    counter.is_in("unknown")
    expect(counter.page.locator("#offline")).to_be_visible()
    look(counter.page, "unknown")


def test_the_pages_of_signing_in(pages: Pages, browser: Browser, shop: Shop) -> None:
    page = pages.open(browser)
    page.goto(shop.url)
    look(page, "sign-in")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    expect(page.get_by_label("User name")).to_have_value("nobody")
    expect(page.get_by_label("Password")).to_be_focused()
    look(page, "sign-in-refused")
    page.get_by_label("User name").fill(MANAGER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{shop.url}/sign-in/place")
    look(page, "place")


def test_the_managers_pages_and_the_receipt(
    pages: Pages, browser: Browser, counter: Counter, shop: Shop
) -> None:
    counter.hold_mug_for_points_and_cash(shop.customer(points=700))
    counter.press("Confirm")
    counter.is_in("done")
    booking_id = counter.booking_id
    page = pages.open(browser)
    sign_in(page, shop, shop.till(), username=MANAGER)
    page.goto(f"{shop.url}/manager/redemptions")
    look(page, "redemptions")
    page.get_by_role("link", name=booking_id).click()
    look(page, "life")
    page.goto(f"{shop.url}/counter/receipts/{booking_id}")
    look(page, "receipt")
    page.goto(f"{shop.url}/manager/redemptions/B1-CM00000000X")
    look(page, "not-found")


def test_the_members_pages(counter: Counter, phone: Phone, shop: Shop) -> None:
    customer = shop.customer(points=2000)
    code = shop.claim(customer, "COFFEE").code
    counter.scan(code)
    counter.is_in("claim")
    counter.press("Confirm – it is handed over")
    counter.is_in("done")
    shop.claim(customer, "MUG", option=1)
    phone.page.goto(f"{shop.url}/me/sign-in")
    look(phone.page, "member-sign-in")
    phone.sign_in(customer)
    phone.member_code()
    phone.page.locator(".my-claim summary").click()
    look(phone.page, "member-home")
    phone.page.get_by_role("link", name="Rewards").click()
    look(phone.page, "member-rewards")


def test_nothing_is_too_wide_when_it_runs_from_right_to_left(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1500, name="ليلى الحداد")
    counter.page.evaluate("document.documentElement.dir = 'rtl'")
    assert sideways_at_400_percent(counter.page) == 0
    counter.page.set_viewport_size(DESK)
    task, outcomes = (counter.page.locator(name).bounding_box() for name in ("#task", "#outcomes"))
    assert task is not None
    assert outcomes is not None
    assert outcomes["x"] < task["x"]  # the task comes first, which is on the right
    counter.hold_mug_for_points_and_cash(customer)
    assert sideways_at_400_percent(counter.page) == 0


def test_nothing_is_too_wide_in_german_whose_words_are_longer(counter: Counter, shop: Shop) -> None:
    counter.page.context.add_cookies([{"name": "countermark-language", "value": "de", "url": shop.url}])
    counter.page.goto(f"{shop.url}/counter")
    expect(counter.heading).to_have_text("Bereit zum Scannen")
    for width in range(320, 481, 40):
        counter.page.set_viewport_size({"width": width, "height": 740})
        assert counter.page.evaluate("document.scrollingElement.scrollWidth") == width


def test_a_page_that_is_hard_to_read_is_found(counter: Counter) -> None:
    counter.page.evaluate("document.querySelector('h1').style.color = '#ccc'")
    with pytest.raises(AssertionError, match=r"color-contrast at \['h1'\]"):
        look(counter.page, "pale")


def test_a_page_that_is_too_wide_is_found(counter: Counter) -> None:
    counter.page.evaluate("task.style.width = '400px'")
    with pytest.raises(AssertionError, match=r"wide scrolls sideways by \d+ pixels"):
        look(counter.page, "wide")


def test_the_counter_loads_in_less_than_100_kilobytes(pages: Pages, browser: Browser, shop: Shop) -> None:
    page: Page = pages.open(browser)
    sign_in(page, shop, shop.till())
    state = page.context.storage_state()
    fresh = pages.open(browser, storage_state=state)
    answers: list[Response] = []
    fresh.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright keeps a mark on it
    fresh.goto(f"{shop.url}/counter", wait_until="networkidle")
    sizes = {answer.url.removeprefix(shop.url): len(answer.body()) for answer in answers}
    assert any(path.endswith("counter.js") for path in sizes)
    assert sum(sizes.values()) <= FIRST_LOAD_BYTES_MAX, sizes
