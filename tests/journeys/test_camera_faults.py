"""Each fault of the camera has its own words and next step, and the counter goes on without a camera."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.journeys import devices
from tests.journeys.conftest import Pages, at_a_till
from tests.journeys.faces import Counter, sign_in
from tests.journeys.looks import look
from tests.journeys.shop import Shop

FRONT = {"deviceId": "front", "label": "Front camera", "facing": "user"}
BACK = {"deviceId": "back", "label": "Back camera", "facing": "environment"}
# It has no facing: a webcam on a cable.
TOWARDS_THE_WALL = {"deviceId": "webcam", "label": "Webcam"}


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


def is_live(page: Page) -> None:
    expect(page.locator(".lens-view")).to_have_attribute("data-camera", "live")


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
    pages: Pages,
    browser_with_camera: Browser,
    shop: Shop,
    signed_in: StorageState,
    goes_on_by_typing: Callable[[Counter], None],
) -> None:
    page = pages.open(browser_with_camera, storage_state=signed_in)
    page.add_init_script(devices.BUSY)
    counter = at_a_till(page, shop)
    says(page, "The camera is used by another program.", "Close it there (a video call?)")
    goes_on_by_typing(counter)
    page.evaluate("busy = false")
    page.keyboard.press("F4")
    is_live(page)


def test_a_camera_that_looks_at_the_cashier(
    pages: Pages,
    browser: Browser,
    shop: Shop,
    signed_in: StorageState,
    goes_on_by_typing: Callable[[Counter], None],
) -> None:
    page = pages.open(browser, storage_state=signed_in)
    page.add_init_script(devices.cameras(FRONT, TOWARDS_THE_WALL))
    counter = at_a_till(page, shop)
    is_live(page)
    says(page, "Perhaps the wrong camera.", "Press F4 or choose another one.")
    look(page, "wrong-camera")
    page.keyboard.press("F4")
    is_live(page)
    expect(page.locator(".lens-note:visible")).to_have_count(0)
    # Whoever goes back to it means it: a stand may well turn its screen to the member.
    page.get_by_label("Which camera").select_option(label="Front camera")
    expect(page.get_by_label("Which camera")).to_have_value("front")
    is_live(page)
    expect(page.locator(".lens-note:visible")).to_have_count(0)
    goes_on_by_typing(counter)


def test_one_camera_that_looks_at_the_cashier_is_all_that_there_is(
    pages: Pages, browser: Browser, shop: Shop, signed_in: StorageState
) -> None:
    page = pages.open(browser, storage_state=signed_in)
    page.add_init_script(devices.cameras(FRONT))
    at_a_till(page, shop)
    is_live(page)
    expect(page.locator(".lens-view")).to_have_attribute("data-lens", "user")
    expect(page.locator(".lens-note:visible")).to_have_count(0)
    expect(page.get_by_label("Which camera")).to_be_hidden()


def test_a_camera_that_can_do_nothing_that_was_asked_for_is_taken_as_it_is(
    pages: Pages, browser: Browser, shop: Shop, signed_in: StorageState
) -> None:
    page = pages.open(browser, storage_state=signed_in)
    page.add_init_script(devices.cameras(BACK) + "window.refuses = (video) => video !== true;")
    at_a_till(page, shop)
    is_live(page)
    assert page.evaluate("asked.at(-1)") is True
