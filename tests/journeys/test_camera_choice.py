"""The counter's camera: off and on, the next one, remembered, back after it was unplugged, its light and focus."""

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.journeys import devices
from tests.journeys.conftest import Pages, at_a_till
from tests.journeys.shop import Shop

BACK = {
    "deviceId": "back",
    "label": "Back camera",
    "facing": "environment",
    "can": {"torch": True, "focusMode": ["manual", "continuous"]},
}
STAND = {"deviceId": "stand", "label": "On the stand"}


@pytest.fixture
def page(pages: Pages, browser: Browser, shop: Shop, signed_in: StorageState) -> Page:
    """A counter with two cameras, live."""
    opened = pages.open(browser, storage_state=signed_in)
    opened.add_init_script(devices.cameras(STAND, BACK))
    at_a_till(opened, shop)
    is_(opened, "live")
    return opened


def is_(page: Page, what: str) -> None:
    expect(page.locator(".lens-view")).to_have_attribute("data-camera", what)


def sees_by(page: Page, device: str) -> None:
    is_(page, "live")
    expect(page.get_by_label("Which camera")).to_have_value(device)


def test_the_camera_towards_the_counter_is_taken_first(page: Page) -> None:
    sees_by(page, "back")
    assert page.evaluate("asked[0]") == {
        "facingMode": {"ideal": "environment"},
        "width": {"ideal": 1280},
        "height": {"ideal": 720},
    }
    assert page.get_by_label("Which camera").locator("option").all_inner_texts() == [
        "On the stand",
        "Back camera",
    ]


def test_f4_goes_from_camera_to_camera_to_none_and_begins_again(page: Page) -> None:
    page.keyboard.press("F4")  # the back camera is the last one
    is_(page, "off")
    assert page.evaluate("stopped") == 1
    page.keyboard.press("F4")
    sees_by(page, "stand")
    page.keyboard.press("F4")
    sees_by(page, "back")


def test_the_chosen_camera_is_remembered_by_the_browser(page: Page) -> None:
    page.get_by_label("Which camera").select_option(label="On the stand")
    sees_by(page, "stand")
    page.reload()
    sees_by(page, "stand")
    assert page.evaluate("asked[0].deviceId") == {"exact": "stand"}


def test_a_remembered_camera_that_is_gone_gives_way_and_comes_back(page: Page) -> None:
    page.evaluate("localStorage.setItem('countermark.camera', 'gone')")
    page.reload()
    sees_by(page, "back")
    assert page.evaluate("localStorage.getItem('countermark.camera')") == "gone"


def test_a_camera_that_is_pulled_out_gives_way_to_the_other(page: Page) -> None:
    page.evaluate("devices.pop(); track.stop(); track.dispatchEvent(new Event('ended'))")
    is_(page, "live")
    assert page.evaluate("track.getSettings().deviceId") == "stand"


def test_the_only_camera_is_live_again_when_it_is_plugged_in_again(page: Page) -> None:
    page.evaluate("window.kept = devices.splice(0); track.stop(); track.dispatchEvent(new Event('ended'))")
    is_(page, "none")
    page.evaluate("devices.push(...kept); navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    is_(page, "live")


def test_a_camera_that_a_person_switched_off_stays_off_when_another_is_plugged_in(page: Page) -> None:
    page.get_by_role("button", name="Camera").click()
    is_(page, "off")
    page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    page.wait_for_timeout(100)
    is_(page, "off")


def test_light_and_focus_are_used_where_the_camera_has_them(page: Page) -> None:
    light = page.get_by_role("button", name="Light")
    light.click()
    expect(light).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("set") == [{"focusMode": "continuous"}, {"torch": True}]
    page.get_by_label("Which camera").select_option(label="On the stand")
    sees_by(page, "stand")
    expect(light).to_be_hidden()


def test_two_presses_of_f4_at_once_are_two_steps(page: Page) -> None:
    sees_by(page, "back")
    page.evaluate("""for (const time of ["first", "second"])
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "F4", bubbles: true, cancelable: true }))""")
    sees_by(page, "stand")


def test_a_scanners_letters_choose_no_camera(page: Page) -> None:
    page.get_by_label("Which camera").focus()
    page.keyboard.press("O")
    sees_by(page, "back")


def test_the_fake_webcam_is_switched_off_and_on(
    pages: Pages, browser_with_camera: Browser, shop: Shop, signed_in: StorageState
) -> None:
    page = pages.open(browser_with_camera, storage_state=signed_in)
    at_a_till(page, shop)
    is_(page, "live")
    page.keyboard.press("F4")
    is_(page, "off")
    expect(page.locator(".lens-note:visible")).to_have_text("The camera is off. Press F4 or “Camera”.")
    page.keyboard.press("F4")
    is_(page, "live")


def test_the_screen_is_kept_awake_and_again_after_it_was_hidden(
    pages: Pages, browser: Browser, shop: Shop, signed_in: StorageState
) -> None:
    page = pages.open(browser, storage_state=signed_in)
    page.add_init_script("""
      window.locks = [];
      const real = navigator.wakeLock.request.bind(navigator.wakeLock);
      navigator.wakeLock.request = (kind) => { const lock = real(kind); window.locks.push(lock); return lock; };
    """)
    at_a_till(page, shop)
    assert page.evaluate(
        "Promise.all(locks).then((all) => all.map(({ type, released }) => [type, released]))"
    ) == [["screen", False]]
    page.evaluate("locks[0].then((lock) => lock.release())")  # as the browser does when the page is hidden
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("Promise.all(locks).then((all) => all.map(({ released }) => released))") == [
        True,
        False,
    ]
