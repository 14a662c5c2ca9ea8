"""How often the camera's pictures go to the server, and what the browser's own detector sends instead."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect

from tests.journeys import devices
from tests.journeys.conftest import Pages, at_a_till
from tests.journeys.faces import Counter
from tests.journeys.furniture import MUG_EAN
from tests.journeys.looks import look
from tests.journeys.shop import Shop

STAND = {"deviceId": "stand", "label": "On the stand"}
# Colours by which the picture of the page's own camera changes.
MOVES = "setInterval(() => { devices[0].colour = devices[0].colour === '#fff' ? '#000' : '#fff'; }, 60)"


class Frames:
    """Answers the frames in the server's place, and knows when each of them went out."""

    def __init__(self, page: Page) -> None:
        self.headers: dict[str, str] = {}
        self._page = page
        page.route("**/counter/frames", lambda route: route.fulfill(status=204, headers=self.headers))

    def next(self, count: int) -> list[float]:
        """The moments of the next so many frames, in milliseconds of the page's clock."""
        self.forget()
        self._page.wait_for_function("count => framesAt.length >= count", arg=count, timeout=30_000)
        return self.sent()[:count]

    def sent(self) -> list[float]:
        moments: list[float] = self._page.evaluate("framesAt")
        return moments

    def forget(self) -> None:
        self._page.evaluate("framesAt.length = 0")


@pytest.fixture
def open_page(
    pages: Pages, browser: Browser, shop: Shop, signed_in: StorageState
) -> Callable[[str], Counter]:
    def open_(script: str) -> Counter:
        page = pages.open(browser, storage_state=signed_in)
        page.add_init_script(devices.FRAME_TIMES + script)
        counter = at_a_till(page, shop)
        expect(page.locator(".lens-view")).to_have_attribute("data-camera", "live")
        return counter

    return open_


def gaps(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]


def test_a_picture_that_moves_goes_out_four_times_a_second(open_page: Callable[[str], Counter]) -> None:
    page = open_page(devices.cameras(STAND)).page
    frames = Frames(page)
    page.evaluate(MOVES)
    moments = frames.next(9)
    assert all(later - earlier >= 1000 for earlier, later in zip(moments, moments[4:], strict=False))


def test_a_picture_at_rest_goes_out_about_once_a_second(open_page: Callable[[str], Counter]) -> None:
    page = open_page(devices.cameras(STAND)).page
    frames = Frames(page)
    frames.next(6)  # the looks after the picture first appeared
    between = gaps(frames.next(4))
    assert min(between) >= 990  # the second, less what the two clocks round away
    assert min(between) < 1900  # the machine may be busy; the rule is one second


def test_what_comes_into_view_is_looked_at_without_waiting_for_the_second(
    open_page: Callable[[str], Counter],
) -> None:
    page = open_page(devices.cameras(STAND)).page
    frames = Frames(page)
    frames.next(8)
    [rest] = frames.next(1)
    page.evaluate("devices[0].colour = '#fff'")
    [moved] = frames.next(1)
    assert moved - rest < 900


def test_the_server_says_how_long_it_wants_no_frame(open_page: Callable[[str], Counter]) -> None:
    page = open_page(devices.cameras(STAND)).page
    frames = Frames(page)
    page.evaluate(MOVES)
    frames.headers = {"Countermark-Wait-Ms": "700"}
    frames.next(1)
    assert min(gaps(frames.next(4))) >= 700


def test_no_frame_goes_out_while_the_page_is_hidden(open_page: Callable[[str], Counter]) -> None:
    page = open_page(devices.cameras(STAND)).page
    frames = Frames(page)
    page.evaluate(MOVES)
    frames.next(1)
    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    page.wait_for_timeout(300)  # one that was under way
    frames.forget()
    page.wait_for_timeout(1500)
    assert frames.sent() == []
    page.evaluate("delete document.hidden")
    frames.next(1)


def test_one_frame_is_under_way_at_a_time(open_page: Callable[[str], Counter]) -> None:
    page = open_page(devices.cameras(STAND)).page
    waiting: list[Route] = []
    page.route("**/counter/frames", lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright keeps a mark on it
    page.evaluate(MOVES)
    while not waiting:
        page.wait_for_timeout(20)
    page.wait_for_timeout(1000)
    assert len(waiting) == 1
    waiting.pop().fulfill(status=204)
    while not waiting:
        page.wait_for_timeout(20)


def test_a_code_that_the_browsers_detector_reads_is_sent_as_text(
    open_page: Callable[[str], Counter], shop: Shop
) -> None:
    counter = open_page(devices.cameras(STAND) + devices.DETECTOR)
    frames = Frames(counter.page)
    code = shop.claim(shop.customer(points=120), "COFFEE").code
    with counter.page.expect_request("**/counter/codes") as asked:
        counter.page.evaluate("code => { inView = [{ format: 'qr_code', rawValue: code }]; }", code)
    counter.is_in("claim")
    assert asked.value.post_data == f"mode=camera&visit_id=&text={code}&format=qr_code"
    assert counter.page.evaluate("formats") == ["qr_code", "code_128", "ean_13"]
    assert frames.sent() == []  # no picture leaves the browser


def test_a_code_that_stays_in_view_of_the_detector_is_sent_once(
    open_page: Callable[[str], Counter], shop: Shop
) -> None:
    counter = open_page(devices.cameras(STAND) + devices.DETECTOR)
    asked: list[str] = []
    counter.page.on("request", lambda request: asked.append(request.url) if "codes" in request.url else None)
    code = shop.member_code(shop.customer(points=120))
    counter.page.evaluate("code => { inView = [{ format: 'qr_code', rawValue: code }]; }", code)
    counter.is_in("member")
    before = counter.page.evaluate("looks")
    while counter.page.evaluate("looks") < before + 10:
        counter.page.wait_for_timeout(20)
    assert len(asked) == 1


def test_a_bar_code_counts_when_the_detector_has_read_it_twice(
    open_page: Callable[[str], Counter], shop: Shop
) -> None:
    counter = open_page(devices.cameras(STAND) + devices.DETECTOR)
    page = counter.page
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(str(request.post_data)) if "codes" in request.url else None
    )
    misread = "2000000010021"
    page.evaluate(
        "code => { inView = [{ format: 'ean_13', rawValue: code, oncePerLook: looks + 2 }]; }", misread
    )
    before = page.evaluate("looks")
    while page.evaluate("looks") < before + 8:
        page.wait_for_timeout(20)
    assert asked == []
    page.evaluate("code => { inView = [{ format: 'ean_13', rawValue: code }]; }", MUG_EAN)
    counter.is_in("refused")  # a product without a member
    assert asked == [f"mode=camera&visit_id=&text={MUG_EAN}&format=ean_13"]


def test_one_picture_that_the_detector_is_given_twice_is_one_read(
    open_page: Callable[[str], Counter],
) -> None:
    counter = open_page(devices.cameras(STAND) + devices.DETECTOR + devices.PICTURES_ON_REQUEST)
    page = counter.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "codes" in request.url else None)
    page.evaluate("code => { inView = [{ format: 'ean_13', rawValue: code }]; }", MUG_EAN)
    page.wait_for_function("() => waiting.length")
    page.evaluate("givePicture()")
    # Until the page has waited in vain for a second picture: it looked once.
    page.wait_for_function("() => looks && waitedInVain")
    assert (page.evaluate("looks"), asked) == (1, [])
    page.evaluate("setInterval(givePicture, 50)")
    counter.is_in("refused")  # a product without a member


def test_two_codes_in_view_of_the_detector_are_offered_and_chosen_by_a_digit(
    open_page: Callable[[str], Counter], shop: Shop
) -> None:
    counter = open_page(devices.cameras(STAND) + devices.DETECTOR)
    codes = [shop.claim(shop.customer(points=120), "COFFEE").code for _ in range(2)]
    counter.page.evaluate(
        "codes => { inView = codes.map((rawValue) => ({ format: 'qr_code', rawValue })); }", codes
    )
    counter.is_in("attention")
    expect(counter.heading).to_have_text("Several codes in view: which one?")
    look(counter.page, "several-codes")
    expect(counter.task.get_by_role("button", name=f"Reward code R1…{codes[1][-2:]}")).to_be_visible()
    with counter.page.expect_request("**/counter/codes") as asked:
        counter.page.keyboard.press("2")
    counter.is_in("claim")
    assert f"text={codes[1]}" in str(asked.value.post_data)


def test_a_detector_that_gives_up_leaves_the_reading_to_the_server(
    open_page: Callable[[str], Counter],
) -> None:
    counter = open_page(devices.cameras(STAND) + devices.DETECTOR + "window.detectorFails = true;")
    frames = Frames(counter.page)
    frames.next(1)
    assert counter.page.evaluate("looks") == 3
