"""A photo chosen at the counter: shrunk before it is sent, its progress in view, its refusals in words."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from scanner import qr_png
from tests.journeys import cameras
from tests.journeys.cameras import View
from tests.journeys.faces import Counter
from tests.journeys.furniture import MUG_EAN
from tests.journeys.shop import Shop
from tests.scanner.pictures import bars_of_ean_13, png

# As phones take them: twelve megapixels.
LARGE = (4080, 3072)


@pytest.fixture
def choose(counter: Counter, tmp_path: Path) -> Callable[[bytes], None]:
    """Choose this file in the counter's field for photos."""

    def choose_(data: bytes, name: str = "photo.jpg") -> None:
        file = tmp_path / name
        file.write_bytes(data)
        counter.page.locator("[data-photo]").set_input_files(file)

    return choose_


def large(photo: bytes) -> bytes:
    """The same photo as a phone with many pixels takes it, with the noise that makes its file large."""
    picture = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    grown = cv2.resize(picture, LARGE, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1).integers(-25, 25, grown.shape, dtype=np.int16)
    noisy = np.clip(grown.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def code_photo(shop: Shop) -> bytes:
    return cameras.photo(qr_png(shop.claim(shop.customer(points=120), "COFFEE").code))


def test_a_large_photo_is_shrunk_before_it_is_sent_and_read(
    counter: Counter, shop: Shop, choose: Any
) -> None:
    photo = large(code_photo(shop))
    assert len(photo) > 5_000_000
    with counter.page.expect_request("**/counter/photos") as asked:
        choose(photo)
    counter.is_in("claim")
    assert int(asked.value.all_headers()["content-length"]) < 1_500_000
    expect(counter.page.locator("#photo-progress")).to_be_hidden()


def test_a_small_photo_goes_as_it_is(counter: Counter, shop: Shop, choose: Any) -> None:
    photo = code_photo(shop)
    with counter.page.expect_request("**/counter/photos") as asked:
        choose(photo)
    counter.is_in("claim")
    assert 0 < int(asked.value.all_headers()["content-length"]) - len(photo) < 400


def test_a_photo_of_a_product_opens_its_price_for_the_member_on_the_screen(
    counter: Counter, shop: Shop, choose: Any
) -> None:
    counter.open_member(shop.customer(points=700))
    choose(cameras.photo(png(bars_of_ean_13(MUG_EAN)), View(side=620, tilt=0)))
    counter.is_in("price")
    expect(counter.heading).to_have_text("Enamel mug")


def test_the_progress_is_in_view_until_the_answer(counter: Counter, shop: Shop, choose: Any) -> None:
    counter.page.route("**/counter/photos", lambda route: held.append(route))  # noqa: PLW0108 - Playwright keeps a mark on it
    held: list[Any] = []
    choose(code_photo(shop))
    expect(counter.page.locator("#photo-progress")).to_contain_text("Sending the photo…")
    expect(counter.page.get_by_role("progressbar", name="Progress of the photo")).to_be_visible()
    while not held:
        counter.page.wait_for_timeout(20)
    held.pop().continue_()
    counter.is_in("claim")
    expect(counter.page.locator("#photo-progress")).to_be_hidden()


def test_photos_without_a_code_are_refused_in_words_and_the_next_one_is_read(
    counter: Counter, shop: Shop, choose: Any
) -> None:
    choose(cameras.photo(qr_png("https://example.com/menu")))
    counter.is_refused("Not one of our codes", "This is a web address.")
    choose(b"\x00\x00\x00\x18ftypheic" + bytes(2000), "photo.heic")
    counter.is_refused("This picture can't be read", "")
    choose(code_photo(shop))
    counter.is_in("claim")


def test_a_photo_that_no_browser_opens_and_no_server_takes_is_told_at_once(
    counter: Counter, choose: Any
) -> None:
    asked: list[str] = []
    counter.page.on("request", lambda request: asked.append(request.url) if "photos" in request.url else None)
    choose(b"\x00\x00\x00\x18ftypheic" + bytes(11 * 1024 * 1024), "photo.heic")
    expect(counter.page.locator('[data-notice="photo-too-large"]')).to_contain_text(
        re.compile("too large to send")
    )
    assert asked == []


def test_a_phone_offers_its_camera_for_the_photo(counter: Counter) -> None:
    expect(counter.page.locator("[data-photo]")).to_have_attribute("capture", "environment")
