"""What people see when an address, a method or the server itself is wrong: words, a way on, and no detail."""

import re

import pytest
from flask import Flask

from panel_app.programme.access import Permission
from panel_app.web.permissions import needs
from tests.panel_app.web.browser import FRAGMENT, Browser, heading, text
from tests.panel_app.web.house import House

pytestmark = pytest.mark.own_app

SECRET = "the colour of the safe is green"


@pytest.fixture
def failing(app: Flask) -> Browser:
    """A browser on an app with a route that fails with something that nobody may read."""

    @needs(Permission.PUBLIC)
    def fail() -> str:
        raise RuntimeError(SECRET)

    app.add_url_rule("/failing", "failing", fail)
    return Browser.of(app)


def test_an_unknown_address_is_told(house: House) -> None:
    answer = house.browser().get("/no-such-page")
    assert (answer.status_code, heading(answer)) == (404, "There is no such page")
    assert "Back to the start" in text(answer)


def test_a_wrong_method_is_told_with_the_right_ones(house: House) -> None:
    answer = house.browser().client.put("/sign-in")
    assert (answer.status_code, heading(answer)) == (405, "This can't be done here")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_form_that_is_too_large_is_told(house: House) -> None:
    answer = house.browser().post("/sign-in", {"username": "x" * 70_000})
    assert (answer.status_code, heading(answer)) == (413, "That is too large")
    many = house.browser().post("/sign-in", {f"field-{number}": "" for number in range(1001)})
    assert many.status_code in {401, 413}


def test_a_fault_shows_a_number_and_nothing_of_its_cause(
    failing: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = failing.get("/failing")
    assert (answer.status_code, heading(answer)) == (500, "Something went wrong")
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    found = re.search(r"Tell your support this number: ([0-9a-f]{10})", text(answer))
    assert found is not None
    log = capfd.readouterr().out
    assert found.group(1) in log
    assert SECRET in log


def test_each_fault_has_a_number_of_its_own(failing: Browser) -> None:
    assert failing.get("/failing").text != failing.get("/failing").text


def test_a_fault_for_the_counters_script_is_no_state(failing: Browser) -> None:
    answer = failing.client.get("/failing", headers=FRAGMENT)
    assert answer.status_code == 500
    assert "Countermark-State" not in answer.headers


def test_a_refusal_is_a_fragment_for_the_counter_and_a_page_for_a_browser(house: House) -> None:
    anna = house.at_till("anna")
    form = {"mode": "typed", "text": "https://shop.example"}
    fragment, page = anna.ask("/counter/codes", form), anna.post("/counter/codes", form)
    assert (fragment.status_code, page.status_code) == (422, 422)
    assert (heading(fragment), heading(page)) == ("Not one of our codes", "Not one of our codes")
    assert (fragment.headers.get("Countermark-State"), page.headers.get("Countermark-State")) == (
        "refused",
        None,
    )
    assert ("<html" in fragment.text, "<html" in page.text) == (False, True)


def test_a_page_that_is_out_of_date_says_so(house: House) -> None:
    answer = house.at_till("anna").client.post("/counter/codes", data={"text": "x"})
    assert (answer.status_code, heading(answer)) == (400, "This page is out of date")


@pytest.mark.parametrize(
    ("chosen", "browser_says", "language"),
    [
        ("de", "en", "de"),
        ("en", "de", "en"),
        ("", "de-AT,de;q=0.9,en;q=0.5", "de"),
        ("", "fr", "en"),
        ("", "", "en"),
        ("xx", "de", "de"),
        ("../../etc", "", "en"),
    ],
)
def test_a_page_speaks_the_chosen_language_else_the_browsers(
    house: House, chosen: str, browser_says: str, language: str
) -> None:
    page = Browser.of(house.app, chosen).get("/sign-in", headers={"Accept-Language": browser_says})
    assert f'<html lang="{language}" dir="ltr">' in page.text


def test_a_branch_speaks_its_own_language_until_somebody_chooses(house: House) -> None:
    anna = house.at_till("anna")
    anna.put_cookie("", "countermark-language")
    assert '<html lang="de"' in anna.get("/counter", headers={"Accept-Language": "en"}).text
    answer = anna.post("/language", {"language": "en"})
    assert answer.location == "/counter"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert '<html lang="en"' in anna.get("/counter").text
    anna.post("/language", {"language": "tlh"})
    assert '<html lang="en"' in anna.get("/counter").text
    assert anna.post("/language", {"language": "de", "face": "member"}).location == "/me"
