"""A reservation on the counter's screen: cancelled, renewed, loaded again, asked for by its key; and its receipt."""

import pytest

from tests.panel_app.web.browser import Browser, heading, state
from tests.panel_app.web.house import House
from tests.panel_app.web.redeeming import accepted, address, booking_id, cash


@pytest.fixture
def till(house: House) -> Browser:
    return house.at_till("anna")


def test_cancel_gives_everything_back_and_a_second_cancel_does_no_harm(house: House, till: Browser) -> None:
    due = accepted(house, till)
    for _ in range(2):
        answer = till.ask(address(due, "cancel"))
        assert (answer.status_code, state(answer)) == (200, "ready")
    assert house.shop.balance() == (5000, 0)
    late = till.ask(address(due, "confirm"), {"key": "late"} | cash("4,00"))
    assert (late.status_code, heading(late)) == (409, "Already closed")


def test_an_open_page_renews_its_hold(house: House, till: Browser) -> None:
    due = accepted(house, till)
    house.shop.later(seconds=60)
    answer = till.post(address(due, "renew"))
    assert answer.json == {"expires_at": "2026-03-02T12:03:30+00:00", "seconds_left": 120}
    house.shop.later(seconds=121)
    assert till.post(address(due, "renew")).status_code == 409


def test_a_page_that_is_loaded_again_shows_what_is_reserved(house: House, till: Browser) -> None:
    due = accepted(house, till)
    page = till.get("/counter")
    assert booking_id(due) in page.text
    assert heading(page) == heading(due)
    house.shop.later(seconds=121)
    assert booking_id(due) not in till.get("/counter").text


def test_did_it_go_through_is_answered_by_the_key(house: House, till: Browser) -> None:
    assert state(till.ask("/counter/outcome", {"key": "accepted"})) == "unknown"
    due = accepted(house, till)
    waiting = till.ask("/counter/outcome", {"key": "accepted"})
    assert (state(waiting), booking_id(waiting)) == ("amount-due", booking_id(due))
    till.ask(address(due, "confirm"), {"key": "accepted"} | cash("4,00"))
    assert state(till.ask("/counter/outcome", {"key": "accepted"})) == "done"
    elsewhere = house.at_till("ben", house.world.berlin_2)
    assert state(elsewhere.ask("/counter/outcome", {"key": "accepted"})) == "unknown"


def test_a_receipt_that_does_not_exist_is_not_found(till: Browser) -> None:
    for wrong in ("B1-AAAAAAAA-A", "x" * 300, "..%2f.."):
        assert till.get(f"/counter/receipts/{wrong}").status_code == 404, wrong
