"""A USB scanner types a key every few milliseconds, wherever the cursor is: read whole, fields given back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.faces import Counter
from tests.journeys.furniture import MUG_EAN
from tests.journeys.keyboards import Scanner
from tests.journeys.shop import Shop


@pytest.fixture
def scanner(counter: Counter, devtools_port: int) -> Iterator[Scanner]:
    with Scanner(counter.page, devtools_port) as cable:
        yield cable


class Sent:
    """What the page posts: codes, and nothing else on these pages. A picture that still loads is none."""

    def __init__(self, counter: Counter) -> None:
        self.bodies: list[str] = []
        counter.page.on(
            "request",
            lambda request: self.bodies.append(request.post_data or "") if request.method == "POST" else None,
        )


def is_silent(counter: Counter) -> None:
    """Longer than any silence that would end a burst, by the page's own clock."""
    counter.page.evaluate("new Promise((done) => { setTimeout(done, 400); })")


def test_a_burst_is_read_with_the_cursor_nowhere(counter: Counter, scanner: Scanner, shop: Shop) -> None:
    scanner.scan(shop.member_code(shop.customer(points=100)))
    counter.is_in("member")


def test_a_burst_without_an_end_is_read_after_a_silence(
    counter: Counter, scanner: Scanner, shop: Shop
) -> None:
    scanner.scan(shop.member_code(shop.customer(points=100)), suffixes=())
    counter.is_in("member")


def test_a_burst_that_ends_with_a_tab_moves_no_cursor(counter: Counter, scanner: Scanner, shop: Shop) -> None:
    before = counter.page.evaluate("document.activeElement.tagName")
    scanner.scan("NOT-ONE-OF-OURS", suffixes=("Tab",))
    counter.is_in("refused")
    assert before == "BODY"
    expect(counter.heading).to_be_focused()


def test_a_burst_into_the_amount_leaves_the_amount_as_it_was(
    counter: Counter, scanner: Scanner, shop: Shop
) -> None:
    counter.hold_mug_for_points_and_cash(shop.customer(points=700))
    given = counter.task.get_by_label("Given")
    given.fill("5.00")
    scanner.scan(shop.claim(shop.customer(points=120), "COFFEE").code)
    expect(counter.page.locator('[data-notice="finish-first"]')).to_be_visible()
    expect(given).to_have_value("5.00")
    expect(counter.task.locator("[data-change]")).to_have_text("€1.00")
    counter.is_in("amount-due")


def test_a_product_scanned_into_the_search_box_opens_its_price(
    counter: Counter, scanner: Scanner, shop: Shop
) -> None:
    counter.open_member(shop.customer(points=700))
    counter.page.keyboard.press("F2")
    scanner.scan(MUG_EAN)
    counter.is_in("price")
    expect(counter.heading).to_have_text("Enamel mug")


def test_a_burst_into_the_field_for_codes_counts_as_scanned(
    counter: Counter, scanner: Scanner, shop: Shop
) -> None:
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    counter.page.keyboard.press("F6")
    with counter.page.expect_request("**/counter/codes") as asked:
        scanner.scan(code)
    counter.is_in("claim")
    assert "mode=wedge" in (asked.value.post_data or "")
    expect(counter.page.locator("#typed-code")).to_have_value("")


@pytest.mark.parametrize("secret", ["type=password", "data-secret", 'autocomplete="one-time-code"'])
def test_a_password_or_a_pin_is_never_read(
    counter: Counter, scanner: Scanner, shop: Shop, secret: str
) -> None:
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    counter.page.evaluate(
        "secret => task.insertAdjacentHTML('beforeend', `<input ${secret} aria-label=Secret>`)", secret
    )
    sent = Sent(counter)
    counter.page.get_by_label("Secret").focus()
    scanner.scan(code)
    expect(counter.page.get_by_label("Secret")).to_have_value(code)
    is_silent(counter)
    assert sent.bodies == []
    counter.is_in("ready")


def test_the_second_end_of_a_scan_presses_nothing(counter: Counter, scanner: Scanner, shop: Shop) -> None:
    """CR and LF at once: the line feed is Ctrl+J, which would open the browser's downloads."""
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    counter.page.evaluate(
        """window.addEventListener("keydown", (event) => {
             if (event.ctrlKey) window.lineFeedIsFor = event.defaultPrevented ? "nobody" : "the browser";
           })"""
    )
    scanner.scan(code, suffixes=("Enter", "LineFeed"))
    counter.is_in("claim")
    assert counter.page.evaluate("window.lineFeedIsFor ?? 'nobody'") == "nobody"


def test_a_person_typing_slowly_is_no_scanner(counter: Counter, scanner: Scanner) -> None:
    sent = Sent(counter)
    scanner.scan_in_real_time("ABCDEFGHIJ", 90)
    is_silent(counter)
    assert sent.bodies == []
    counter.is_in("ready")


def test_two_good_readings_of_one_scan_are_asked_about(counter: Counter, shop: Shop) -> None:
    typed, placed = (shop.claim(shop.customer(points=120), "COFFEE").code for _ in range(2))
    counter.page.evaluate(
        """([keys, places]) => {
          const press = (key, code) => document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key, code, shiftKey: /Key/.test(code), bubbles: true }));
          [...places].forEach((place, at) => press(keys[at], /\\d/.test(place) ? `Digit${place}` : `Key${place}`));
          press("Enter", "Enter");
        }""",
        [typed, placed],
    )
    counter.is_in("attention")
    expect(counter.heading).to_have_text("Which code was scanned?")
    expect(counter.task.locator("[data-digit]")).to_have_count(2)
    with counter.page.expect_request("**/counter/codes") as asked:
        counter.page.keyboard.press("2")
    counter.is_in("claim")
    assert f"text={placed}" in (asked.value.post_data or "")
