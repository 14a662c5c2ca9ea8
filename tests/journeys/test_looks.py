"""Every state and page as it looks: axe finds nothing in any colours, nothing is too wide, the load is small."""

import re

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect

import ledger
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from panel_app.programme.surfaces import conversions
from panel_app.programme.surfaces.conversion_shapes import NewConversion
from panel_app.programme.surfaces.wishes import Nothing
from tests.journeys.conftest import DESK, PHONE, Pages
from tests.journeys.faces import Counter, Phone, shows, sign_in, sign_in_to_head_office
from tests.journeys.furniture import MANAGER, PASSWORD, SEED
from tests.journeys.looks import look, sideways_at_400_percent
from tests.journeys.shop import Shop
from tests.panel_app.programme.converting import PROGRAM
from tests.panel_app.receiving import receiver

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
    page.goto(f"{shop.url}/manager/redemptions/{booking_id}/member")
    look(page, "account-log")
    page.goto(f"{shop.url}/manager/tills")
    look(page, "tills")
    page.get_by_role("row").filter(has_text="this browser").get_by_role("link", name="Revoke").click()
    look(page, "revoke-till")


def test_the_administrators_pages_of_keys(pages: Pages, browser: Browser, shop: Shop) -> None:
    page = pages.open(browser)
    sign_in_to_head_office(page, shop)
    page.get_by_role("link", name="New key").click()
    page.get_by_text("routes").first.click()
    look(page, "admin-new-key")
    page.get_by_label("Client: the program's name").fill("Harbour kiosk")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "admin-new-key-errors")
    page.get_by_label("Source: what stands on its entries").fill("kiosk")
    page.get_by_role("checkbox", name=re.compile("^redemptions")).check()
    page.get_by_label("Berlin Mitte").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator(".told-text")).to_contain_text("cmk_")
    look(page, "admin-made-key")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("It is not shown again")
    look(page, "admin-made-key-again")
    page.get_by_role("link", name="To the key's page").click()
    look(page, "admin-key")
    page.get_by_role("link", name="Revoke …").click()
    look(page, "admin-revoke")
    page.get_by_role("button", name="Revoke it now").click()
    look(page, "admin-key-revoked")
    page.get_by_role("link", name="API keys").click()
    look(page, "admin-keys")


def test_the_administrators_pages_of_webhooks(pages: Pages, browser: Browser, shop: Shop) -> None:
    with shop.database.session() as session:
        new = NewKey(client="Harbour feed", source="feed", scopes=frozenset({Scope.REPORTS}))
        issue_key(session, SEED, new)
    page = pages.open(browser)
    sign_in_to_head_office(page, shop)
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_role("link", name="New endpoint").click()
    page.get_by_label("Client").select_option("Harbour feed")
    page.get_by_label("Address").fill("https://10.0.0.5/a-rather-long-path/of-the-receiver/with-many-parts")
    page.get_by_label("claim.issued").check()
    page.get_by_role("button", name="Add the endpoint").click()
    expect(page.get_by_text("This leads to this machine or into an inside network")).to_be_visible()
    look(page, "admin-new-webhook-errors")
    with receiver(lambda exchange: exchange.say(503)) as there:
        page.get_by_label("Address").fill(there.url)
        page.get_by_role("button", name="Add the endpoint").click()
        look(page, "admin-made-secret")
        page.get_by_role("link", name="To the endpoint's page").click()
        for _number in range(2):
            shop.claim(shop.customer(points=200), "COFFEE")
        shows(page, page.get_by_text("Failing since"))
    look(page, "admin-webhook")
    page.get_by_role("link", name="Webhooks").click()
    look(page, "admin-webhooks")
    page.get_by_role("link", name="Harbour feed").click()
    page.get_by_role("button", name="Disable").click()
    look(page, "admin-webhook-disabled")


def test_the_administrators_page_of_what_went_back(pages: Pages, browser: Browser, shop: Shop) -> None:
    member = shop.customer(points=900).id
    with shop.database.session() as session:
        for points in (400, 500):
            wish = NewConversion(reference="to the air", partner="Sky Miles", points=points)
            told = conversions.convert(session, PROGRAM, str(ledger.new_id()), member, wish).value
            assert told is not None
            conversions.failed(session, PROGRAM, str(ledger.new_id()), told.booking_id, Nothing())
    page = pages.open(browser)
    sign_in_to_head_office(page, shop)
    page.get_by_role("link", name="Reversal events").click()
    page.get_by_label("Source").fill(PROGRAM.source)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(3)
    look(page, "admin-reversals")
    page.get_by_label("Source").fill("nobody")
    page.get_by_role("button", name="Show").click()
    look(page, "admin-reversals-none")


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
