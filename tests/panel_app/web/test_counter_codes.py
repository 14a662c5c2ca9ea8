"""How codes come in at the counter: frames of the camera, photos, a wedge scanner, typing."""

from collections.abc import Iterator
from io import BytesIO
from urllib.parse import quote

import numpy as np
import pytest
from werkzeug.test import TestResponse

from panel_app.web.counter.reading import Debounce
from panel_app.web.counter.views import FRAME_BYTES_MAX
from scanner import DecodePool, qr_png
from tests.panel_app.web.browser import Browser, heading, state, text
from tests.panel_app.web.house import House, on_both
from tests.panel_app.world import MUG_EAN
from tests.scanner.pictures import bars_of_ean_13, blank, png, qr

NO_CODE = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"


@pytest.fixture
def till(house: House) -> Browser:
    return house.at_till("anna")


def shown(browser: Browser, code: str) -> TestResponse:
    """A frame of the live camera that shows this code."""
    return browser.ask("/counter/frames", qr_png(code))


def photo(browser: Browser, data: bytes, name: str = "photo.png") -> TestResponse:
    return browser.ask("/counter/photos", {"photo": (BytesIO(data), name)})


def empty_picture() -> bytes:
    return png(blank(height=120, width=160))


def two_codes(first: str, second: str) -> bytes:
    """Both codes in one picture, one above the other."""
    pictures = [qr(code) for code in (first, second)]
    width = max(picture.shape[1] for picture in pictures)
    padded = [np.pad(one, [(0, 40), (0, width - one.shape[1])], constant_values=255) for one in pictures]
    return png(np.vstack(padded))


def test_a_frame_with_a_reward_code_shows_the_claim(house: House, till: Browser) -> None:
    answer = shown(till, house.shop.claim(house.world.mug).code)
    assert (answer.status_code, state(answer)) == (200, "claim")
    assert heading(answer) == "Mug"
    assert "Lena S." in text(answer)


def test_a_frame_with_a_member_code_shows_the_member(house: House, till: Browser) -> None:
    answer = shown(till, house.shop.code(house.world.lena).text)
    assert (answer.status_code, state(answer)) == (200, "member")
    assert "5,000" in text(answer) or "5.000" in text(answer)


def test_a_frame_without_a_code_is_no_answer(till: Browser) -> None:
    answer = till.ask("/counter/frames", empty_picture())
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_code_that_stays_in_view_counts_once(house: House, till: Browser) -> None:
    code = house.shop.claim(house.world.mug).code
    statuses = [shown(till, code).status_code for _ in range(3)]
    assert statuses == [200, 204, 204]
    other = house.shop.claim(house.world.mug).code
    assert shown(till, other).status_code == 200


def test_a_code_whose_answer_never_came_on_the_screen_is_told_anew(house: House, till: Browser) -> None:
    picture, anew = qr_png(house.shop.claim(house.world.mug).code), {"Countermark-Anew": "1"}
    other = house.at_till("ben", house.world.berlin_2)
    asked = [(till, {}), (other, {}), (till, {}), (till, anew), (till, {}), (other, {})]
    told = [browser.ask("/counter/frames", picture, headers=more).status_code for browser, more in asked]
    assert told == [200, 200, 204, 200, 204, 204]


def test_another_till_sees_the_same_code_by_itself(house: House, till: Browser) -> None:
    code = house.shop.claim(house.world.mug).code
    assert shown(till, code).status_code == 200
    assert shown(house.at_till("ben", house.world.berlin_2), code).status_code == 200


def test_a_text_counts_again_three_seconds_after_it_was_last_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    moments: Iterator[float] = iter([0.0, 2.9, 5.8, 8.8, 8.9])
    monkeypatch.setattr("time.monotonic", lambda: next(moments))
    debounce = Debounce()
    assert [debounce.is_repeat("till", "R1") for _ in range(5)] == [False, True, True, False, True]


@pytest.mark.parametrize("data", [b"", b"not a picture", NO_CODE, b"\x89PNG\r\n\x1a\n"])
def test_a_frame_that_is_no_picture_is_refused_with_words(till: Browser, data: bytes) -> None:
    answer = till.ask("/counter/frames", data)
    assert (answer.status_code, state(answer)) == (422, "refused")
    assert heading(answer) == "This picture can't be read"


def test_a_frame_that_is_too_large_is_refused_without_reading_it(till: Browser) -> None:
    answer = till.ask("/counter/frames", b"\xff\xd8" + bytes(FRAME_BYTES_MAX))
    assert (answer.status_code, state(answer)) == (422, "refused")


def test_a_body_beyond_every_limit_is_cut_off(till: Browser) -> None:
    answer = till.ask("/counter/frames", bytes(12 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert "Send a smaller picture." in text(answer)


@pytest.fixture
def busy(house: House) -> House:
    """The house with a reader of which nobody comes free."""
    closed = DecodePool(workers=1, seconds=0.05)
    closed.close()
    house.app.extensions["countermark-pool"] = closed
    return house


def test_a_busy_reader_lets_the_camera_wait(busy: House) -> None:
    answer = shown(busy.at_till("anna"), "R1CMAAAAAAAAAAAAAAAA")
    assert (answer.status_code, answer.data) == (429, b"")
    assert answer.headers["Retry-After"] in {"1", "2"}


def test_a_busy_reader_tells_a_person_with_a_photo(busy: House) -> None:
    answer = photo(busy.at_till("anna"), qr_png("R1CMAAAAAAAAAAAAAAAA"))
    assert (answer.status_code, state(answer)) == (409, "refused")
    assert heading(answer) == "The reader is busy"


def test_a_photo_of_a_code_is_as_good_as_the_camera(house: House, till: Browser) -> None:
    answer = photo(till, qr_png(house.shop.claim(house.world.mug).code))
    assert (answer.status_code, state(answer)) == (200, "claim")


def test_a_photo_of_a_product_belongs_to_the_member_on_the_screen(house: House, till: Browser) -> None:
    picture = png(bars_of_ean_13(MUG_EAN))
    visit = {"Countermark-Visit": str(house.shop.visit(house.world.lena))}
    answer = till.ask("/counter/photos", {"photo": (BytesIO(picture), "photo.png")}, headers=visit)
    assert (state(answer), heading(answer)) == ("price", "Mug")
    alone = photo(till, picture)
    assert (alone.status_code, heading(alone)) == (410, "The member's code is needed")


def test_a_large_photo_is_read_whatever_its_bytes(house: House, till: Browser) -> None:
    # Behind the picture's end: bytes of every kind, which the parser of the form must not trip over.
    picture = qr_png(house.shop.claim(house.world.mug).code) + np.random.default_rng(5).bytes(400_000)
    assert state(photo(till, picture)) == "claim"


def test_photos_that_help_nobody_say_what_to_do(house: House, till: Browser) -> None:
    missing = till.ask("/counter/photos", {})
    assert (missing.status_code, heading(missing)) == (422, "This picture can't be read")
    nothing = photo(till, empty_picture())
    assert (nothing.status_code, heading(nothing)) == (422, "No code in the picture")
    gif = photo(till, NO_CODE, "photo.gif")
    assert (gif.status_code, heading(gif)) == (422, "This picture can't be read")


@pytest.mark.parametrize(
    ("scanned", "words"),
    [
        ("https://shop.example/x", "This is a web address."),
        ("mailto:anna@shop.example", "This is an e-mail address."),
        ("tel:+4930123456", "This is a phone number."),
        ("BEGIN:VCARD\nFN:Anna\nEND:VCARD", "This is somebody's business card."),
        ("WIFI:S:guests;T:WPA;P:none;;", "This is the access to a Wi-Fi."),
        ("geo:52.5,13.4", "This is a place on a map."),
        ("BEGIN:VEVENT\nEND:VEVENT", "This is a date for a calendar."),
        ("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "This is a code to pay with."),
        ("036000291452", "This is a product's bar code that is no reward here."),
        ("four words and more", "Ask for the code from our own app or card."),
    ],
)
def test_a_foreign_code_is_called_what_it_is(till: Browser, scanned: str, words: str) -> None:
    answer = shown(till, scanned)
    assert (answer.status_code, heading(answer)) == (422, "Not one of our codes")
    assert words in text(answer)


def test_a_foreign_code_beside_ours_does_not_disturb(house: House, till: Browser) -> None:
    ours = house.shop.claim(house.world.mug).code
    assert state(photo(till, two_codes("https://shop.example/x", ours))) == "claim"


def test_a_wedge_scanner_with_caps_lock_is_read(house: House, till: Browser) -> None:
    code = house.shop.claim(house.world.mug).code
    answer = till.ask("/counter/codes", {"mode": "wedge", "text": code.lower()})
    assert state(answer) == "claim"


def test_the_keys_by_their_place_are_taken_when_the_letters_are_no_code(house: House, till: Browser) -> None:
    code = house.shop.claim(house.world.mug).code
    garbled = code.translate(str.maketrans("0123456789", "àéçù&(-_è!"))
    answer = till.ask("/counter/codes", {"mode": "wedge", "text": garbled, "text_by_position": code})
    assert state(answer) == "claim"


def test_a_short_code_is_typed_with_gaps_and_in_small_letters(house: House, till: Browser) -> None:
    short = house.shop.claim(house.world.mug).short_code.lower()
    answer = till.ask("/counter/codes", {"mode": "typed", "text": f" {short[:4]}-{short[4:]} "})
    assert state(answer) == "claim"


def test_a_booking_id_opens_the_booking(house: House, till: Browser) -> None:
    booking_id = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    answer = till.ask("/counter/codes", {"mode": "wedge", "text": booking_id})
    assert (state(answer), heading(answer)) == ("booking", "Booking: Completed")
    assert booking_id in answer.text


def test_a_products_bar_code_after_the_member_shows_its_price(house: House, till: Browser) -> None:
    visit_id = house.shop.visit(house.world.lena)
    answer = till.ask("/counter/codes", {"mode": "wedge", "text": MUG_EAN, "visit_id": str(visit_id)})
    assert (state(answer), heading(answer)) == ("price", "Mug")
    alone = till.ask("/counter/codes", {"mode": "wedge", "text": MUG_EAN})
    assert (alone.status_code, heading(alone)) == (410, "The member's code is needed")


@on_both
@pytest.mark.parametrize(
    "letters", ["", "x" * 4301, "R1\x00", "\ud800", "💳" * 100, "' OR 1=1 --", "%s%d{0}"]
)
def test_a_text_that_is_no_code_is_told_and_never_a_fault(till: Browser, letters: str) -> None:
    body = "mode=typed&text=" + quote(letters.encode("utf-8", "surrogatepass"))
    answer = till.ask("/counter/codes", body.encode(), content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, state(answer)) == (422, "refused")


def test_a_scan_of_our_own_code_says_that_it_is_done_already(house: House, till: Browser) -> None:
    claim = house.shop.claim(house.world.mug)
    house.shop.redeem(claim.code)
    house.shop.later(seconds=8)
    answer = till.ask("/counter/codes", {"mode": "wedge", "text": claim.code})
    assert (state(answer), heading(answer)) == ("already-done", "Already done by you 8 seconds ago")
    elsewhere = house.at_till("ben", house.world.berlin_2)
    refused = elsewhere.ask("/counter/codes", {"mode": "wedge", "text": claim.code})
    assert (refused.status_code, heading(refused)) == (409, "Already redeemed")
    assert "Berlin Mitte" in text(refused)


def test_typed_codes_are_locked_after_five_bad_ones_and_scanning_goes_on(house: House, till: Browser) -> None:
    for _ in range(5):
        bad = till.ask("/counter/codes", {"mode": "typed", "text": "R1CMAAAAAAAAAAAAAAAB"})
        assert state(bad) == "refused"
    locked = till.ask("/counter/codes", {"mode": "typed", "text": house.shop.claim(house.world.mug).code})
    assert (locked.status_code, heading(locked)) == (409, "Too many wrong codes typed")
    assert "Scanning goes on." in text(locked)
    scanned = till.ask("/counter/codes", {"mode": "wedge", "text": house.shop.claim(house.world.mug).code})
    assert state(scanned) == "claim"


def test_a_withdrawn_or_unknown_thing_is_refused_as_a_page_for_a_browser_without_script(
    till: Browser,
) -> None:
    page = till.post("/counter/codes", {"mode": "typed", "text": "nonsense"})
    assert page.status_code == 422
    assert "<html" in page.text
    fragment = till.ask("/counter/codes", {"mode": "typed", "text": "nonsense"})
    assert "<html" not in fragment.text


def test_what_happened_stands_in_the_list_of_outcomes(house: House, till: Browser) -> None:
    house.shop.redeem(house.shop.claim(house.world.mug).code)
    till.ask("/counter/codes", {"mode": "typed", "text": "https://shop.example"})
    page = till.get("/counter/outcomes")
    assert state(page) == "outcomes"
    assert "Not one of our codes" in text(page)
    assert "13:00" in text(page)  # the branch's noon of today needs no date
    assert "2026" not in text(page)
    assert "Mug" in text(page)
    assert "1,000" in text(page) or "1.000" in text(page)


def test_codes_that_come_faster_than_any_shop_scans_are_told_to_wait(house: House) -> None:
    till = house.at_till("anna")
    form = {"mode": "wedge", "text": "R1CMAAAAAAAAAAAAAAAA"}
    answers = [till.ask("/counter/codes", form).status_code for _time in range(121)]
    assert (answers[119], answers[120]) == (422, 429)
    assert house.at_till("ben", house.world.berlin_2).ask("/counter/codes", form).status_code == 422
