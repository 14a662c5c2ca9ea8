"""A till is a browser that a manager enrolled once: who is offered which till, and what the cookie is worth."""

import sqlalchemy as sa

import ledger
from ledger import NotFound
from panel_app.programme import branches
from panel_app.programme.models import Till
from panel_app.programme.refusals import NotAllowed
from tests.panel_app.web.browser import TILL_DEVICE, Browser, state, text
from tests.panel_app.web.house import House, on_both
from tests.panel_app.world import SEED

NONE_OPEN = "No till is open to you. Ask your manager."


def choose(browser: Browser, house: House) -> int:
    return browser.post("/sign-in/place", {"till_id": str(house.world.berlin.till_id)}).status_code


def change_to(browser: Browser, username: str) -> None:
    browser.post("/sign-out")
    browser.sign_in(username)


def enrolled(house: House) -> Browser:
    """A browser that Mara, the manager, made Berlin's first till, with Anna signed in and no place chosen."""
    browser = house.signed_in("mara")
    assert choose(browser, house) == 302
    change_to(browser, "anna")
    return browser


def test_a_store_user_is_offered_no_till_in_an_unenrolled_browser(house: House) -> None:
    anna = house.signed_in("anna")
    assert NONE_OPEN in text(anna.get("/sign-in/place"))
    assert choose(anna, house) == 403
    assert anna.get("/counter").location == "/sign-in/place"
    assert anna.cookie(TILL_DEVICE) == ""


@on_both
def test_a_manager_enrols_the_browser_and_store_users_work_in_it(house: House) -> None:
    anna = enrolled(house)
    page = text(anna.get("/sign-in/place"))
    assert "Till 1" in page
    assert "Till 2" not in page
    assert choose(anna, house) == 302
    assert "Berlin Mitte" in text(anna.get("/counter"))


@on_both
def test_a_second_browser_takes_the_till_over_and_the_first_no_longer_counts(house: House) -> None:
    first = enrolled(house)
    second = enrolled(house)
    assert choose(second, house) == 302
    assert NONE_OPEN in text(first.get("/sign-in/place"))
    assert choose(first, house) == 403


def test_a_till_of_one_branch_is_no_till_for_another_branchs_user(house: House) -> None:
    browser = enrolled(house)
    change_to(browser, "olivia")
    assert NONE_OPEN in text(browser.get("/sign-in/place"))
    assert choose(browser, house) == 403


def test_the_device_cookie_is_kept_hashed_and_from_scripts_and_other_sites(house: House) -> None:
    browser = house.signed_in("mara")
    answer = browser.post("/sign-in/place", {"till_id": str(house.world.berlin.till_id)})
    (cookie,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{TILL_DEVICE}=")]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    token = browser.cookie(TILL_DEVICE)
    with ledger.read(house.shop.session):
        stored = house.shop.session.scalar(
            sa.select(Till.device_hash).where(Till.id == house.world.berlin.till_id)
        )
    assert stored == house.database.keyring.mac("till device", token)
    assert token.encode() not in stored


def test_a_made_up_device_cookie_opens_no_till(house: House) -> None:
    anna = house.signed_in("anna")
    anna.put_cookie("made-up", TILL_DEVICE)
    assert choose(anna, house) == 403


def test_a_till_that_does_not_exist_is_refused(house: House) -> None:
    mara = house.signed_in("mara")
    assert mara.post("/sign-in/place", {"till_id": str(ledger.new_id())}).status_code == 403
    assert mara.post("/sign-in/place", {"till_id": "till one"}).status_code == 422


@on_both
def test_a_browser_whose_till_was_taken_over_is_asked_for_its_place_at_the_next_request(house: House) -> None:
    first = enrolled(house)
    choose(first, house)
    assert first.get("/counter").status_code == 200
    second = enrolled(house)
    choose(second, house)

    assert first.get("/counter").location == "/sign-in/place"
    assert "This browser is no till any more" in text(first.get("/sign-in/place"))
    asked = first.ask("/counter/codes", {"mode": "typed", "text": "X"})
    assert (asked.status_code, state(asked)) == (403, "locked")
    assert "This browser is no till any more" not in text(second.get("/sign-in/place"))
    assert "Berlin Mitte" in text(second.get("/counter"))


def test_a_copied_session_without_the_tills_device_is_at_no_till(house: House) -> None:
    browser = enrolled(house)
    choose(browser, house)
    thief = house.browser()
    thief.put_cookie(browser.cookie())
    assert thief.get("/counter").location == "/sign-in/place"
    assert browser.get("/counter").status_code == 200


@on_both
def test_a_revoked_till_has_no_browser_until_a_manager_enrols_one_again(house: House) -> None:
    browser = enrolled(house)
    choose(browser, house)
    branches.revoke_till(house.shop.session, SEED, house.world.berlin.till())
    assert browser.get("/counter").location == "/sign-in/place"
    assert choose(browser, house) == 403
    with house.shop.refused(NotFound, what="enrolled till"):
        branches.revoke_till(house.shop.session, SEED, house.world.berlin.till())
    with house.shop.refused(NotAllowed, permission="enrol_till"):
        branches.revoke_till(house.shop.session, house.world.berlin, house.world.berlin.till())
