"""The manager's page of the branch's tills: which browser is which, when it was last used, and its end."""

import re

import pytest

import ledger
from panel_app.programme import branches
from tests.panel_app.web.browser import Browser, heading, text
from tests.panel_app.web.house import House, on_both


@pytest.fixture
def mara(house: House) -> Browser:
    return house.at_till("mara", house.world.berlin_2)


def revoke(browser: Browser, till_id: object) -> tuple[int, str | None]:
    answer = browser.post(f"/manager/tills/{till_id}/revoke")
    return answer.status_code, answer.location


@on_both
def test_the_page_says_of_each_till_since_when_it_is_one_and_when_it_was_last_used(
    house: House, mara: Browser
) -> None:
    house.at_till("anna")
    house.shop.later(minutes=5)
    house.shop.redeem(house.shop.claim(house.world.mug).code)
    page = mara.get("/manager/tills")
    rows = [text_of(row) for row in re.findall(r"<tr>(.*?)</tr>", page.text, re.DOTALL)[1:]]
    assert rows == [
        "1 · Till 1 enrolled 2 Mar 2026, 13:00 2 Mar 2026, 13:05 Revoke Till 1",
        "2 · Till 2 enrolled 2 Mar 2026, 13:00 · this browser – Revoke Till 2",
    ]


def text_of(row: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


@on_both
def test_a_manager_revokes_a_till_after_reading_what_that_means(house: House, mara: Browser) -> None:
    anna, till_id = house.at_till("anna"), house.world.berlin.till()
    question = mara.get(f"/manager/tills/{till_id}/revoke")
    assert (question.status_code, heading(question)) == (200, "Revoke this till?")
    assert "The counter in its browser ends at its next scan or press." in text(question)
    assert anna.get("/counter").status_code == 200  # to ask is not to do
    assert revoke(mara, till_id) == (302, "/manager/tills")
    assert anna.get("/counter").location == "/sign-in/place"
    assert mara.get("/counter").status_code == 200
    assert revoke(mara, till_id) == (404, None)
    assert mara.get(f"/manager/tills/{till_id}/revoke").status_code == 404


def test_a_manager_who_revokes_the_own_browser_is_told_so_and_chooses_anew(
    house: House, mara: Browser
) -> None:
    own = house.world.berlin_2.till()
    assert "It is this very browser" in text(mara.get(f"/manager/tills/{own}/revoke"))
    assert revoke(mara, own) == (302, "/manager/tills")
    assert mara.get("/manager/tills").location == "/sign-in/place"


def test_another_branchs_till_is_not_there_and_keeps_its_browser(house: House, mara: Browser) -> None:
    olivia, london = house.at_till("olivia", house.world.london), house.world.london.till()
    assert revoke(mara, london) == (404, None)
    assert mara.get(f"/manager/tills/{london}/revoke").status_code == 404
    assert "London" not in text(mara.get("/manager/tills"))
    assert olivia.get("/counter").status_code == 200


def test_a_store_user_sees_no_tills_and_revokes_none(house: House) -> None:
    anna = house.at_till("anna")
    assert anna.get("/manager/tills").status_code == 403
    assert revoke(anna, house.world.berlin.till()) == (403, None)
    with ledger.read(house.shop.session):
        assert branches.is_enrolled(house.shop.session, house.world.berlin.till())
