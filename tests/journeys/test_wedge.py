"""A USB scanner types a key every few milliseconds, wherever the cursor is: read whole, fields given back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.faces import Counter
from tests.journeys.furniture import MUG_EAN
from tests.journeys.shop import Shop

# What a French keyboard types for the keys that a scanner with the American layout presses.
FRENCH = str.maketrans("AQZWM1234567890-", "QAWZ?&é\"'(-è_çà)")


def burst(counter: Counter, text: str) -> None:
    # Without a pause of our own: each key already waits for the browser, and a gap of 120 ms ends a burst.
    counter.page.keyboard.type(text)
    counter.page.keyboard.press("Enter")


def test_a_burst_is_read_with_the_cursor_nowhere(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=100)
    burst(counter, shop.member_code(customer))
    counter.is_in("member")


def test_a_burst_into_the_amount_leaves_the_amount_as_it_was(counter: Counter, shop: Shop) -> None:
    counter.hold_mug_for_points_and_cash(shop.customer(points=700))
    counter.task.get_by_label("Given").fill("5.00")
    burst(counter, shop.claim(shop.customer(points=120), "COFFEE").code)
    expect(counter.task.get_by_label("Given")).to_have_value("5.00")
    expect(counter.task.locator("[data-change]")).to_have_text("€1.00")
    expect(counter.page.locator('[data-notice="finish-first"]')).to_be_visible()
    counter.is_in("amount-due")


def test_a_product_scanned_into_the_search_box_opens_its_price(counter: Counter, shop: Shop) -> None:
    counter.open_member(shop.customer(points=700))
    counter.page.keyboard.press("F2")
    burst(counter, MUG_EAN)
    counter.is_in("price")
    expect(counter.heading).to_have_text("Enamel mug")


def test_a_burst_into_the_field_for_codes_counts_as_scanned(counter: Counter, shop: Shop) -> None:
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    counter.page.keyboard.press("F6")
    with counter.page.expect_request("**/counter/codes") as asked:
        burst(counter, code)
    counter.is_in("claim")
    assert "mode=wedge" in (asked.value.post_data or "")
    expect(counter.page.locator("#typed-code")).to_have_value("")


def test_a_password_is_never_read(counter: Counter, shop: Shop) -> None:
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    counter.page.evaluate("task.insertAdjacentHTML('beforeend', '<input type=password aria-label=Password>')")
    asked: list[str] = []
    # Codes are posted; a picture of the page that still loads is none.
    counter.page.on(
        "request", lambda request: asked.append(request.url) if request.method == "POST" else None
    )
    counter.page.get_by_label("Password").focus()
    burst(counter, code)
    counter.page.wait_for_timeout(300)  # longer than the silence that would end a burst
    expect(counter.page.get_by_label("Password")).to_have_value(code)
    assert asked == []
    counter.is_in("ready")


@pytest.mark.parametrize(
    ("keyboard", "typed"), [("caps lock", str.swapcase), ("French", lambda code: code.translate(FRENCH))]
)
def test_a_keyboard_that_types_something_else_is_seen_through(
    counter: Counter, shop: Shop, keyboard: str, typed: Callable[[str], str]
) -> None:
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    counter.page.evaluate(
        """([keys, places]) => {
          const press = (key, code) => document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key, code, shiftKey: /Key/.test(code), bubbles: true }));
          [...places].forEach((place, at) => press(keys[at], /\\d/.test(place) ? `Digit${place}` : `Key${place}`));
          press("Enter", "Enter");
        }""",
        [typed(code), code],
    )
    counter.is_in("claim")


def test_a_person_typing_slowly_is_no_scanner(counter: Counter) -> None:
    asked: list[str] = []
    # Codes are posted; a picture of the page that still loads is none.
    counter.page.on(
        "request", lambda request: asked.append(request.url) if request.method == "POST" else None
    )
    counter.page.keyboard.type("ABCDEFGHIJ", delay=90)
    counter.page.keyboard.press("Enter")
    counter.page.wait_for_timeout(200)
    assert asked == []
    counter.is_in("ready")
