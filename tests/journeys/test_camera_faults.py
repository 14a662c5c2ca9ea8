"""Each fault of the camera has its own words and next step, and the counter goes on without a camera."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.journeys.conftest import Pages, at_a_till
from tests.journeys.faces import Counter, sign_in
from tests.journeys.shop import Shop

BUSY = """navigator.mediaDevices.getUserMedia = () =>
  Promise.reject(new DOMException("Could not start video source", "NotReadableError"))"""


@pytest.fixture
def goes_on_by_typing(shop: Shop) -> Callable[[Counter], None]:
    def check(counter: Counter) -> None:
        counter.page.keyboard.press("F6")
        counter.page.keyboard.type(shop.claim(shop.customer(points=120), "COFFEE").short_code, delay=80)
        counter.page.keyboard.press("Enter")
        counter.is_in("claim")
        counter.page.wait_for_timeout(450)  # the screen takes no Enter before it could be read
        counter.page.keyboard.press("Enter")
        counter.is_in("done")

    return check


def says(page: Page, what: str, next_step: str) -> None:
    shown = page.locator(".lens-note:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text(what)
    expect(shown).to_contain_text(next_step)


def test_no_camera(counter: Counter, goes_on_by_typing: Callable[[Counter], None]) -> None:
    says(counter.page, "No camera was found.", "Plug one in and press “Camera”")
    goes_on_by_typing(counter)


def test_a_denied_permission(
    pages: Pages,
    launch: Callable[..., Browser],
    shop: Shop,
    goes_on_by_typing: Callable[[Counter], None],
) -> None:
    browser = launch("--use-fake-device-for-media-stream", "--deny-permission-prompts")
    counter = sign_in(pages.open(browser), shop, shop.till())
    says(counter.page, "The camera is not allowed.", "Allow it with the camera sign")
    goes_on_by_typing(counter)
    pages.close()
    browser.close()


def test_an_address_without_a_secure_context(
    pages: Pages,
    launch: Callable[..., Browser],
    shop: Shop,
    goes_on_by_typing: Callable[[Counter], None],
) -> None:
    browser = launch("--host-resolver-rules=MAP counter.test 127.0.0.1")
    # Chromium writes down that it ignores a header which needs a secure address, as it should.
    pages.expected = re.compile("Cross-Origin-Opener-Policy header has been ignored")
    page = pages.open(browser)
    counter = sign_in(page, shop.reached_as("counter.test"), shop.till())
    says(counter.page, "This address gives no camera.", "Open the counter by https or as “localhost”.")
    goes_on_by_typing(counter)
    pages.close()
    browser.close()


def test_a_camera_that_another_program_has(
    pages: Pages, browser: Browser, shop: Shop, signed_in: StorageState
) -> None:
    page = pages.open(browser, storage_state=signed_in)
    page.add_init_script(BUSY)
    counter = at_a_till(page, shop)
    says(counter.page, "The camera is used by another program.", "Close it there (a video call?)")


def test_the_camera_can_be_switched_off_and_on(
    pages: Pages, browser_with_camera: Browser, shop: Shop, signed_in: StorageState
) -> None:
    counter = at_a_till(pages.open(browser_with_camera, storage_state=signed_in), shop)
    view = counter.page.locator(".lens-view")
    expect(view).to_have_attribute("data-camera", "live")
    counter.page.keyboard.press("F4")
    says(counter.page, "The camera is off.", "Press F4 or “Camera”.")
    counter.page.keyboard.press("F4")
    expect(view).to_have_attribute("data-camera", "live")
