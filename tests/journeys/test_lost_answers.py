"""Answers that never arrive, reloads, double presses: one booking, one debit, and the screen says what is known."""

import re

from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import REFUSAL, Pages
from tests.journeys.faces import Counter, Phone, stored_attempt
from tests.journeys.shop import Shop

CONFIRM = re.compile(r"/counter/redemptions/[^/]+/confirm$")
LOST = re.compile(REFUSAL.pattern + "|net::ERR_FAILED")


class Line:
    """The line to the server, which can lose the answers to Confirm."""

    def __init__(self, page: Page, pages: Pages) -> None:
        pages.expected = LOST
        self.cut = True
        self.keys: list[str] = []
        page.route(CONFIRM, self._carry)

    def _carry(self, route: Route) -> None:
        sent = dict(part.split("=", 1) for part in (route.request.post_data or "").split("&"))
        self.keys.append(sent["key"])
        if self.cut:
            route.fetch()  # the server does it
            route.abort()  # and nobody hears
        else:
            route.continue_()


def test_a_lost_answer_is_asked_for_with_the_same_key(
    pages: Pages, counter: Counter, phone: Phone, shop: Shop
) -> None:
    customer = shop.customer(points=1000)
    counter.hold_mug_for_points_and_cash(customer)
    line = Line(counter.page, pages)
    counter.press("Confirm")
    counter.is_in("unknown")
    expect(counter.heading).to_have_text("Do not hand over yet")
    line.cut = False
    counter.is_in("done")
    assert len(line.keys) >= 2
    assert len(set(line.keys)) == 1
    booking_id = counter.booking_id
    assert shop.available(customer) == 400
    phone.sign_in(customer)
    expect(phone.orders).to_have_count(1)
    expect(phone.orders).to_contain_text(booking_id)


def test_a_confirm_that_never_arrived_is_sent_again(pages: Pages, counter: Counter, shop: Shop) -> None:
    pages.expected = LOST
    customer = shop.customer(points=1000)
    counter.hold_mug_for_points_and_cash(customer)
    counter.page.route(CONFIRM, lambda route: route.abort(), times=2)
    counter.press("Confirm")
    counter.is_in("unknown")
    assert shop.available(customer) == 400  # held; nobody has taken it
    counter.is_in("done")
    assert shop.available(customer) == 400
    expect(counter.page.locator(".outcome.is-done")).to_have_count(1)


def test_a_reload_before_the_answer_finds_out_by_the_key(pages: Pages, counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1000)
    counter.hold_mug_for_points_and_cash(customer)
    line = Line(counter.page, pages)
    counter.press("Confirm")
    counter.is_in("unknown")
    sent = len(line.keys)
    counter.page.reload()
    counter.is_in("done")
    expect(counter.task.locator(".member-facing")).to_have_text("600 points + €4.00 cash")
    assert len(line.keys) == sent  # it asked, and pressed nothing again
    assert shop.available(customer) == 400


def test_a_reload_at_the_amount_due_goes_on_with_the_same_booking(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1000)
    counter.hold_mug_for_points_and_cash(customer)
    booking_id = counter.task.locator(".hold-line .figures").first.inner_text()
    key = stored_attempt(counter.page)["key"]
    counter.page.reload()
    counter.is_in("amount-due")
    counter.is_live()
    expect(counter.task.locator(".hold-line")).to_contain_text(booking_id)
    assert stored_attempt(counter.page)["key"] == key
    counter.press("Confirm")
    counter.is_in("done")
    assert counter.booking_id == booking_id
    assert shop.available(customer) == 400


def test_enter_pressed_twice_confirms_once(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1000)
    counter.hold_mug_for_points_and_cash(customer)
    sent: list[str] = []
    counter.page.on(
        "request", lambda request: sent.append(request.url) if CONFIRM.search(request.url) else None
    )
    counter.task.get_by_label("Given").focus()
    counter.page.keyboard.press("Enter")
    counter.page.keyboard.press("Enter")
    counter.is_in("done")
    expect(counter.page.locator(".outcome")).to_have_count(1)
    assert len(sent) == 1
    assert shop.available(customer) == 400


def test_ones_own_code_again_is_calm_and_counts_nothing(counter: Counter, shop: Shop) -> None:
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    counter.scan(code)
    counter.is_in("claim")
    counter.press("Confirm – it is handed over")
    counter.is_in("done")
    booking_id = counter.booking_id
    counter.scan(code)
    counter.is_in("already-done")
    expect(counter.heading).to_have_text(re.compile(r"^Already done by you (just now|\d+ seconds? ago)$"))
    expect(counter.task).to_contain_text("It counted once. Do not hand it over a second time.")
    assert counter.booking_id == booking_id


def test_escape_gives_the_points_back(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1000)
    counter.hold_mug_for_points_and_cash(customer)
    assert shop.available(customer) == 400
    counter.page.keyboard.press("Escape")
    counter.is_in("ready")
    assert shop.available(customer) == 1000
    expect(counter.page.locator(".outcome.is-done")).to_have_count(0)
