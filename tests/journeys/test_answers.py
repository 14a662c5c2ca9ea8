"""Whatever answers the counter's script, the cashier reads what it is and where it goes on; no key is lost by it."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, StorageState, expect

from panel_app.programme import branches
from tests.journeys.conftest import REFUSAL, Pages
from tests.journeys.faces import Counter, sign_in, stored_attempt, take_till
from tests.journeys.furniture import MANAGER, SEED
from tests.journeys.looks import look
from tests.journeys.shop import Shop
from tests.journeys.test_lost_answers import Line

ANY_STATUS = re.compile(r"responded with a status of \d\d\d|net::ERR_FAILED")
LOCKED = re.compile(REFUSAL.pattern + r"|responded with a status of 40[03]")
PORTAL = "<html><body><h1>Welcome to the café's Wi-Fi</h1></body></html>"
NO_CONNECTION = "No connection. Nothing can be redeemed now"
FAULT = "The server has a fault. Nothing can be redeemed now"
FOREIGN = "Something else answers in Countermark's place. Perhaps the Wi-Fi wants a sign-in of its own."


def answer_with(page: Page, address: str, answer: dict[str, Any] | None) -> None:
    """Whatever is sent there gets this answer; None is a line that is dead."""
    page.route(address, lambda route: route.abort() if answer is None else route.fulfill(**answer))


# What a code is answered by something that is not the panel, and what the bar then says.
NOT_THE_PANEL: list[tuple[dict[str, Any] | None, str]] = [
    (None, NO_CONNECTION),
    ({"status": 200, "body": PORTAL, "content_type": "text/html"}, FOREIGN),
    ({"status": 403, "body": "blocked"}, FOREIGN),
    ({"status": 404, "body": "no such host"}, FOREIGN),
    ({"status": 409, "body": ""}, FOREIGN),
    ({"status": 500, "body": "fault"}, FAULT),
    ({"status": 502, "body": "bad gateway"}, FAULT),
    ({"status": 503, "headers": {"Retry-After": "5"}}, FAULT),
]


def test_an_answer_that_is_not_the_panels_stands_in_the_bar_and_not_on_the_screen(
    pages: Pages, counter: Counter
) -> None:
    pages.expected = ANY_STATUS
    bar = counter.page.locator("#offline")
    for answer, words in NOT_THE_PANEL:
        answer_with(counter.page, "**/counter/codes", answer)
        counter.scan("R1CMAAAAAAAAAAAAAAAA")
        expect(bar).to_contain_text(words, use_inner_text=True)
        counter.is_in("ready")
        expect(counter.heading).to_have_text("Ready to scan")
        counter.page.unroute("**/counter/codes")
        counter.page.evaluate("dispatchEvent(new Event('online'))")
        expect(bar).to_be_hidden()
    answer_with(counter.page, "**/counter/codes", NOT_THE_PANEL[1][0])
    counter.scan("R1CMAAAAAAAAAAAAAAAA")
    expect(bar).to_be_visible()
    look(counter.page, "something-else-answers")


def test_a_photo_that_something_refuses_on_the_way_is_told_without_an_alarm(
    pages: Pages, counter: Counter
) -> None:
    pages.expected = ANY_STATUS
    photo = FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=b"\xff\xd8")
    for status, words in ((413, "This photo is too large to send."), (429, "Too many scans at once.")):
        answer_with(counter.page, "**/counter/photos", {"status": status, "body": ""})
        counter.page.locator("[data-photo]").set_input_files(photo)
        expect(counter.page.get_by_role("status").filter(has_text=words)).to_be_visible()
        expect(counter.page.locator("#offline")).to_be_hidden()
        counter.page.unroute("**/counter/photos")


def test_nobody_has_to_scan_to_find_out_that_the_server_is_back(pages: Pages, counter: Counter) -> None:
    pages.expected = ANY_STATUS
    counter.page.clock.install()
    answer_with(counter.page, "**/counter/*", {"status": 503})
    counter.scan("R1CMAAAAAAAAAAAAAAAA")
    expect(counter.page.get_by_text("Server fault")).to_be_visible()
    counter.page.unroute_all(behavior="ignoreErrors")
    with counter.page.expect_response("**/counter/outcomes"):
        counter.page.clock.run_for(5000)
    expect(counter.page.locator("#offline")).to_be_hidden()
    expect(counter.page.get_by_text("Connected", exact=True)).to_be_visible()


def taken_over(pages: Pages, browser: Browser, counter: Counter, signed_in: StorageState) -> None:
    """Somebody makes another browser this till."""
    page = pages.open(browser, storage_state=signed_in)
    page.goto(f"{counter.shop.url}/sign-in/place")
    take_till(page, counter.shop, counter.till)


def test_a_till_that_was_taken_over_says_so_and_leads_to_the_choice_of_a_till(
    pages: Pages, browser: Browser, counter: Counter, signed_in: StorageState
) -> None:
    pages.expected = LOCKED
    taken_over(pages, browser, counter, signed_in)
    counter.scan("R1CMAAAAAAAAAAAAAAAA")
    counter.is_in("locked")
    expect(counter.heading).to_have_text("This browser is no till any more")
    expect(counter.task.get_by_role("alert")).to_contain_text("Another browser has taken this till over")
    expect(counter.page.locator("#offline")).to_be_hidden()
    look(counter.page, "locked")
    counter.task.get_by_role("link", name="Choose the till").click()
    expect(counter.page).to_have_url(f"{counter.shop.url}/sign-in/place")
    expect(counter.page.get_by_role("alert")).to_contain_text("This browser is no till any more")


def test_a_revoked_till_says_so_when_its_page_is_loaded_again(counter: Counter, shop: Shop) -> None:
    with shop.database.session() as session:
        (till,) = (
            place
            for place in branches.places(session, frozenset(shop.branch_ids.values()))
            if place.till_code == counter.till
        )
    with shop.database.session() as session:
        branches.revoke_till(session, SEED, till.till_id)
    counter.page.reload()
    expect(counter.page).to_have_url(f"{shop.url}/sign-in/place")
    expect(counter.page.get_by_role("alert")).to_contain_text("a manager has revoked it")


def test_a_confirm_without_an_answer_is_asked_for_again_when_the_till_is_back(
    pages: Pages, browser: Browser, counter: Counter, signed_in: StorageState, shop: Shop
) -> None:
    customer = shop.customer(points=1000)
    counter.hold_mug_for_points_and_cash(customer)
    Line(counter.page, pages)
    pages.expected = ANY_STATUS
    counter.page.route("**/counter/outcome", lambda route: route.abort())
    counter.press("Confirm")
    counter.is_in("unknown")
    key = stored_attempt(counter.page)["key"]
    taken_over(pages, browser, counter, signed_in)
    counter.page.unroute_all(behavior="ignoreErrors")  # one may be asked just now
    counter.is_in("locked")
    assert stored_attempt(counter.page)["key"] == key
    counter.task.get_by_role("link", name="Choose the till").click()
    counter.page.locator(".option").filter(
        has=counter.page.get_by_text(f"Till {counter.till}", exact=True)
    ).click()
    counter.page.get_by_role("button", name="Start").click()
    counter.is_in("done")
    expect(counter.task.locator(".member-facing")).to_have_text("600 points + €4.00 cash")
    assert shop.available(customer) == 400


@pytest.fixture
def own_counter(pages: Pages, browser: Browser, shop: Shop) -> Counter:
    """A counter with a sign-in of its own, which the test may end."""
    return sign_in(pages.open(browser), shop, shop.till())


def signed_out_beside(pages: Pages, counter: Counter) -> Page:
    """Another page of the same browser, in which somebody has signed out."""
    other = pages.watched(counter.page.context.new_page())
    other.goto(f"{counter.shop.url}/sign-in/place")
    other.get_by_role("button", name="Sign out").click()
    expect(other).to_have_url(f"{counter.shop.url}/sign-in")
    return other


def test_who_was_signed_out_elsewhere_reads_it_and_signs_in_again(pages: Pages, own_counter: Counter) -> None:
    pages.expected = LOCKED
    signed_out_beside(pages, own_counter)
    own_counter.scan("R1CMAAAAAAAAAAAAAAAA")
    own_counter.is_in("locked")
    expect(own_counter.heading).to_have_text("Sign in again")
    own_counter.task.get_by_role("link", name="Sign in").click()
    expect(own_counter.page).to_have_url(f"{own_counter.shop.url}/sign-in")


def test_a_page_from_before_another_sign_in_is_loaded_again(pages: Pages, own_counter: Counter) -> None:
    pages.expected = LOCKED
    other = signed_out_beside(pages, own_counter)
    sign_in(other, own_counter.shop, own_counter.till, username=MANAGER)
    own_counter.scan("R1CMAAAAAAAAAAAAAAAA")
    own_counter.is_in("locked")
    expect(own_counter.heading).to_have_text("This page is out of date")
    own_counter.task.get_by_role("link", name="Load again").click()
    own_counter.is_in("ready")
    own_counter.is_live()
    own_counter.scan("NOT-ONE-OF-OURS")
    own_counter.is_refused("Not one of our codes", "")
