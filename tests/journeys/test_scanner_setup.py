"""The page that tests a scanner: what it says of speed, letters and end, and the sheet that it prints."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from scanner.decoder_zxing import read_with_zxing
from tests.journeys.faces import Counter
from tests.journeys.keyboards import Scanner
from tests.journeys.looks import look

TEST_CODE = "TEST-AQZWYM-0123456789"


@pytest.fixture
def page(counter: Counter) -> Page:
    """Reached as a person reaches it: by the counter's help."""
    counter.page.get_by_role("button", name="Keys and help").click()
    counter.page.get_by_role("link", name="Set up the USB scanner").click()
    expect(counter.page.get_by_role("heading", level=1)).to_have_text("Set up the USB scanner")
    expect(counter.page.locator("[data-result]:not([hidden])")).to_have_text("Waiting for a scan…")
    return counter.page


def verdict(page: Page, about: str) -> Locator:
    return page.locator(f'[data-about="{about}"] [data-verdict]:not([hidden])')


@contextmanager
def scanner_at(page: Page, port: int, layout: str = "US", set_to: str = "US") -> Iterator[Scanner]:
    with Scanner(page, port, layout, set_to) as cable:
        yield cable


def test_a_good_scanner_is_told_so(page: Page, devtools_port: int) -> None:
    with scanner_at(page, devtools_port) as cable:
        cable.scan(TEST_CODE)
    expect(page.locator("[data-result]:not([hidden])")).to_have_text("This scanner works.")
    expect(verdict(page, "text")).to_have_text("Every letter arrives as it is printed.")
    expect(verdict(page, "speed")).to_have_text(re.compile(r"^\d ms a key: fast enough\.$"))
    expect(verdict(page, "end")).to_have_text("Enter: right.")
    look(page, "scanner-good")


@pytest.mark.parametrize(
    ("layout", "set_to", "words"),
    [
        ("AZERTY", "US", "read by the keys' places: nothing to change"),
        ("QWERTZ", "US", "read by the keys' places: nothing to change"),
        ("AZERTY", "AZERTY", "Every letter arrives as it is printed."),
        ("US", "AZERTY", "Set the scanner's keyboard language to US English"),
    ],
)
def test_the_layout_is_told(page: Page, devtools_port: int, layout: str, set_to: str, words: str) -> None:
    with scanner_at(page, devtools_port, layout, set_to) as cable:
        cable.scan(TEST_CODE)
    expect(verdict(page, "text")).to_contain_text(words)


@pytest.mark.parametrize(
    ("ms_a_key", "result", "words"),
    [
        (50, "This scanner works.", "50 ms a key: just fast enough."),
        (90, "Something must be changed.", "90 ms a key: too slow to be told from a person; 60 is the most."),
    ],
)
def test_the_speed_is_told(page: Page, devtools_port: int, ms_a_key: float, result: str, words: str) -> None:
    with scanner_at(page, devtools_port) as cable:
        cable.scan_in_real_time(TEST_CODE, ms_a_key)
    expect(page.locator("[data-result]:not([hidden])")).to_have_text(result)
    expect(verdict(page, "speed")).to_contain_text(words)


@pytest.mark.parametrize(
    ("suffixes", "words"),
    [
        (("Tab",), "Tab: works"),
        ((), "Nothing: works"),
        (("Enter", "LineFeed"), "A line feed"),
        (("LineFeed",), "A line feed"),
    ],
)
def test_the_end_of_a_scan_is_told(
    page: Page, devtools_port: int, suffixes: tuple[str, ...], words: str
) -> None:
    with scanner_at(page, devtools_port) as cable:
        cable.scan(TEST_CODE, suffixes=suffixes)
    expect(verdict(page, "end")).to_contain_text(words)


def test_what_is_wrong_with_the_text_is_told(page: Page, devtools_port: int) -> None:
    with scanner_at(page, devtools_port) as cable:
        cable.scan("QQ1-" + TEST_CODE)
        expect(verdict(page, "text")).to_contain_text(
            "More arrives than the code: QQ1-TEST-AQZWYM-0123456789."
        )
        look(page, "scanner-bad")
        cable.caps_lock = True
        cable.scan(TEST_CODE)
    expect(verdict(page, "text")).to_contain_text("Caps Lock is on.")
    expect(page.locator("[data-result]:not([hidden])")).to_have_text("This scanner works.")


def test_both_test_codes_are_read_by_a_camera(page: Page) -> None:
    read = [_read(page.locator(name).screenshot()) for name in (".sheet-qr", ".sheet-bars")]
    assert read == [("QRCode", TEST_CODE), ("Code128", TEST_CODE)]


def test_the_sheet_is_one_page_of_a4(page: Page) -> None:
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper)
    assert box is not None
    assert (round(float(box[1])), round(float(box[2]))) == (595, 842)
    page.emulate_media(media="print")
    expect(page.locator(".findings")).to_be_hidden()
    assert _read(page.locator(".sheet-bars").screenshot()) == ("Code128", TEST_CODE)


def test_the_page_speaks_german(page: Page, devtools_port: int) -> None:
    page.context.add_cookies([{"name": "countermark-language", "value": "de", "url": page.url}])
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("USB-Scanner einrichten")
    with scanner_at(page, devtools_port) as cable:
        cable.scan(TEST_CODE)
    expect(page.locator("[data-result]:not([hidden])")).to_have_text("Dieser Scanner ist bereit.")
    look(page, "scanner-german")


def _read(picture: bytes) -> tuple[str, str]:
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    [payload] = read_with_zxing(np.asarray(pixels, np.uint8))
    return str(payload.symbology), payload.text
