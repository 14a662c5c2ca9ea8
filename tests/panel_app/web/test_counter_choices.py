"""Several good codes in one scan: all are offered, none is taken, and the one that is chosen counts."""

import re
from io import BytesIO

import pytest
from werkzeug.test import TestResponse

from tests.panel_app.web.browser import Browser, heading, state
from tests.panel_app.web.house import House
from tests.panel_app.web.test_counter_codes import two_codes
from tests.panel_app.world import MUG_EAN


@pytest.fixture
def till(house: House) -> Browser:
    return house.at_till("anna")


def two_claims(house: House) -> tuple[str, str]:
    return house.shop.claim(house.world.mug).code, house.shop.claim(house.world.mug).code


def choices(answer: TestResponse) -> list[dict[str, list[str]]]:
    """What each choice on the screen would send."""
    forms = re.findall(
        r'<form method="post" action="/counter/codes" data-act>(.*?)</form>', answer.text, re.DOTALL
    )
    found = []
    for form in forms:
        sent: dict[str, list[str]] = {}
        for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
            if name != "csrf_token":
                sent.setdefault(name, []).append(value)
        found.append(sent)
    return found


def modes(house: House) -> list[str]:
    """How the code of each visit so far came in: a code that was taken has opened one."""
    return [row["entry_mode"] for row in house.shop.rows("visits")]


def is_offered(house: House, answer: TestResponse, title: str, *codes: str) -> None:
    assert (answer.status_code, state(answer), heading(answer)) == (200, "attention", title)
    assert sorted(choice["text"][0] for choice in choices(answer)) == sorted(codes)
    assert modes(house) == []


def test_two_codes_in_a_frame_are_both_offered_and_the_chosen_one_counts(house: House, till: Browser) -> None:
    codes = two_claims(house)
    offered = till.ask("/counter/frames", two_codes(*codes))
    is_offered(house, offered, "Several codes in view: which one?", *codes)
    second = choices(offered)[1]
    assert (second["mode"], second["format"]) == (["camera"], ["qr_code"])
    answer = till.ask("/counter/codes", second)
    assert (answer.status_code, state(answer)) == (200, "claim")
    assert modes(house) == ["camera"]


def test_the_codes_that_still_lie_there_after_the_choice_are_not_offered_again(
    house: House, till: Browser
) -> None:
    codes = two_claims(house)
    first = choices(till.ask("/counter/frames", two_codes(*codes)))[0]
    assert state(till.ask("/counter/codes", first)) == "claim"
    assert till.ask("/counter/frames", two_codes(*codes)).status_code == 204
    assert till.ask("/counter/frames", two_codes(codes[1], codes[0])).status_code == 204


def test_two_codes_in_a_photo_are_both_offered(house: House, till: Browser) -> None:
    codes = two_claims(house)
    answer = till.ask("/counter/photos", {"photo": (BytesIO(two_codes(*codes)), "photo.png")})
    is_offered(house, answer, "Several codes in view: which one?", *codes)
    assert state(till.ask("/counter/codes", choices(answer)[0])) == "claim"


def test_two_good_readings_of_one_scan_are_both_offered(house: House, till: Browser) -> None:
    codes = two_claims(house)
    scan = {"mode": "wedge", "text": codes[0].lower(), "text_by_position": codes[1]}
    is_offered(house, till.ask("/counter/codes", scan), "Which code was scanned?", codes[0].lower(), codes[1])


def test_the_phone_of_the_member_on_the_screen_is_not_offered_beside_other_codes(
    house: House, till: Browser
) -> None:
    member = house.shop.code(house.world.lena).text
    opened = till.ask("/counter/codes", {"mode": "wedge", "text": member})
    (visit_id,) = re.findall(r'data-visit="([^"]+)"', opened.text)
    codes = two_claims(house)
    scan = {"mode": "camera", "visit_id": visit_id, "text": [member, *codes]}
    offered = till.ask("/counter/codes", scan)
    assert sorted(choice["text"][0] for choice in choices(offered)) == sorted(codes)


def test_what_is_offered_is_told_apart_without_showing_the_codes(house: House, till: Browser) -> None:
    claim, member = house.shop.claim(house.world.mug).code, house.shop.code(house.world.lena).text
    answer = till.ask("/counter/codes", {"mode": "camera", "text": [claim, member, MUG_EAN]})
    labels = re.findall(r"data-digit=\"\d\"><span>(.*?)</span>", answer.text)
    assert labels == [
        f"Reward code R1…{claim[-2:]}",
        f"Member&#39;s code M1-…{member[-2:]}",
        f"Product {MUG_EAN}",
    ]


def test_a_code_that_the_browser_read_itself_counts_as_seen_by_the_camera(
    house: House, till: Browser
) -> None:
    code = house.shop.claim(house.world.mug).code
    scan = {"mode": "camera", "format": "qr_code", "text": code}
    assert state(till.ask("/counter/codes", scan)) == "claim"
    assert modes(house) == ["camera"]
    assert till.ask("/counter/codes", scan).status_code == 204  # it still lies there


def test_a_short_code_is_not_believed_of_a_camera(house: House, till: Browser) -> None:
    short = house.shop.claim(house.world.mug).short_code
    answer = till.ask("/counter/codes", {"mode": "camera", "format": "qr_code", "text": short})
    assert (answer.status_code, heading(answer)) == (422, "Not one of our codes")


def test_more_texts_than_anybody_could_choose_from_are_refused(till: Browser) -> None:
    answer = till.ask("/counter/codes", {"mode": "camera", "text": ["R1"] * 21})
    assert (answer.status_code, state(answer)) == (422, "refused")
