"""Signing in: one answer for every fault, and a lock that counts in the database, for unknown names as well."""

import pytest

from panel_app.app import build_app
from panel_app.programme import operators
from tests.panel_app.web.browser import Browser, heading, text
from tests.panel_app.web.conftest import SETTINGS
from tests.panel_app.web.house import House, on_both
from tests.panel_app.world import PASSWORD, PIN, SEED

WRONG = "a wrong long password"


def fail(browser: Browser, username: str, times: int) -> list[int]:
    return [browser.sign_in(username, WRONG).status_code for _ in range(times)]


def test_unknown_user_wrong_password_and_disabled_user_get_one_answer(house: House) -> None:
    operators.disable_operator(house.shop.session, SEED, "ben")
    answers = [
        house.browser().sign_in("nobody-of-ours"),
        house.browser().sign_in("anna", WRONG),
        house.browser().sign_in("ben"),
        house.browser().sign_in("anna", PASSWORD.upper()),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({text(answer) for answer in answers}) == 1
    assert "Name or password is wrong" in text(answers[0])


def test_unknown_member_and_wrong_pin_get_one_answer(house: House) -> None:
    answers = [
        house.browser().sign_in_member("M-999"),
        house.browser().sign_in_member("M-1", "000000"),
        house.browser().sign_in_member("M-2", PIN),  # Omar has set no PIN
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({text(answer) for answer in answers}) == 1


@pytest.mark.parametrize("identifier", ["M-1", "+4915112345678", "lena@example.org"])
def test_a_member_signs_in_by_number_phone_or_mail(house: House, identifier: str) -> None:
    assert house.browser().sign_in_member(identifier).location == "/me"


@on_both
@pytest.mark.parametrize("username", ["anna", "nobody-of-ours"])
def test_five_failures_lock_a_name_whether_it_exists_or_not(house: House, username: str) -> None:
    browser = house.browser()
    assert fail(browser, username, 5) == [401] * 5
    locked = browser.sign_in(username, WRONG)
    assert locked.status_code == 429
    assert "Locked for a while. Wait 5 minutes." in text(locked)


def test_a_locked_name_is_refused_even_with_the_right_password(house: House) -> None:
    browser = house.browser()
    fail(browser, "anna", 5)
    assert browser.sign_in("anna").status_code == 429
    assert browser.sign_in(" ANNA ").status_code == 429
    assert browser.sign_in("ben").location == "/sign-in/place"


def test_the_lock_ends_by_itself_and_success_forgets_failures(house: House) -> None:
    browser = house.browser()
    fail(browser, "anna", 5)
    house.shop.later(minutes=5)
    assert browser.sign_in("anna").location == "/sign-in/place"
    assert fail(browser, "anna", 4) == [401] * 4
    assert browser.sign_in("anna").location == "/sign-in/place"
    assert fail(browser, "anna", 4) == [401] * 4
    assert browser.sign_in("anna").location == "/sign-in/place"


@on_both
def test_the_lock_holds_in_every_server_on_the_same_database(house: House) -> None:
    other = build_app(SETTINGS, house.database)
    assert fail(house.browser(), "anna", 3) == [401] * 3
    assert fail(Browser.of(other), "anna", 2) == [401] * 2
    assert Browser.of(other).sign_in("anna").status_code == 429
    assert house.browser().sign_in("anna").status_code == 429


def test_a_pin_is_locked_after_five_failures(house: House) -> None:
    browser = house.browser()
    failures = [browser.sign_in_member("M-1", f"00000{number}").status_code for number in range(5)]
    assert failures == [401] * 5
    assert browser.sign_in_member().status_code == 429
    assert build_and_sign_in(house) == 429


def build_and_sign_in(house: House) -> int:
    return Browser.of(build_app(SETTINGS, house.database)).sign_in_member().status_code


@pytest.mark.parametrize("length", [257, 10_000])
def test_a_huge_password_is_a_wrong_one(house: House, length: int) -> None:
    assert house.browser().sign_in("anna", PASSWORD + "x" * length).status_code == 401


@on_both
@pytest.mark.parametrize("username", ["anna\x00", "x" * 65])
def test_a_name_of_the_wrong_form_is_told(house: House, username: str) -> None:
    answer = house.browser().sign_in(username)
    assert answer.status_code == 422
    assert "Something is not filled in right" in text(answer)


def test_a_refused_sign_in_shows_the_form_again(house: House) -> None:
    answer = house.browser().sign_in("anna", WRONG)
    assert heading(answer) == "Sign in"
    assert PASSWORD not in answer.text
    assert WRONG not in answer.text


def test_a_members_session_opens_no_staff_page_and_a_staff_session_none_of_the_phone(house: House) -> None:
    assert house.member().get("/counter").status_code == 403
    assert house.at_till("anna").get("/me").status_code == 403
