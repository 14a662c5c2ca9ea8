"""The voucher field at the amount due: what is left to take, what is wrong beside the field, and taking one off."""

import re

import pytest
from werkzeug.test import TestResponse

from panel_app.programme import branches, importing
from panel_app.programme.terms import TenderType
from tests.panel_app.web.browser import Browser, heading, state, text
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.redeeming import accepted, cash
from tests.panel_app.world import SEED

LIST = b"code,amount,currency,last_day\nPAPER-03,3.00,EUR,2026-12-31\nPAPER-10,10.00,EUR,2026-12-31"


@pytest.fixture
def till(house: House) -> Browser:
    session, berlin = house.shop.session, house.world.berlin.branch()
    types = list(TenderType)
    branches.configure_branch(session, SEED, berlin, direct_redemption=True, tender_types=types)
    importing.import_vouchers(session, SEED, LIST)
    return house.at_till("anna")


def confirm_at(answer: TestResponse) -> str:
    found = re.search(r'action="([^"]+/confirm)"', answer.text)
    assert found is not None
    return found.group(1)


def add(till: Browser, booking: str, code: str) -> TestResponse:
    return till.ask(f"/counter/redemptions/{booking}/vouchers", {"voucher": code})


def booking_of(answer: TestResponse) -> str:
    return confirm_at(answer).split("/")[3]


@on_both
def test_a_voucher_leaves_less_to_take_and_stands_on_the_receipt(house: House, till: Browser) -> None:
    due = accepted(house, till)
    assert 'value="voucher"' not in due.text  # no way to pay by an amount that somebody names
    answer = add(till, booking_of(due), "PAPER-03")
    assert (answer.status_code, state(answer), heading(answer)) == (200, "amount-due", "Take 1,00 €")
    assert "pays 3,00 €" in text(answer)
    done = till.ask(confirm_at(answer), {"key": "paid"} | cash("1,00"))
    assert state(done) == "done"
    receipt = text(till.get(f"/counter/receipts/{booking_of(due)}"))
    assert "Voucher" in receipt
    assert "PAPER" not in receipt


def test_a_voucher_above_what_is_due_says_what_is_lost_and_needs_no_more(house: House, till: Browser) -> None:
    answer = add(till, booking_of(accepted(house, till)), "PAPER-10")
    assert heading(answer) == "Confirm 600 points"
    assert "6,00 € of it is lost: a voucher gives no change" in text(answer)
    assert "Voucher code" not in text(answer)
    assert state(till.ask(confirm_at(answer), {"key": "paid"})) == "done"


def test_what_is_wrong_is_told_beside_the_field_and_the_form_stays(house: House, till: Browser) -> None:
    answer = add(till, booking_of(accepted(house, till)), "PAPER-04")
    assert (answer.status_code, state(answer), heading(answer)) == (422, "amount-due", "Take 4,00 €")
    assert "Unknown voucher. Type it again as it is printed" in text(answer)
    assert "PAPER-04" not in answer.text
    nothing = add(till, booking_of(answer), "")
    assert (nothing.status_code, "Please fill this in" in text(nothing)) == (422, True)


def test_a_voucher_is_taken_off_again(house: House, till: Browser) -> None:
    answer = add(till, booking_of(accepted(house, till)), "PAPER-03")
    voucher_id = re.search(r'name="voucher_id" value="([^"]+)"', answer.text)
    assert voucher_id is not None
    address_off = f"/counter/redemptions/{booking_of(answer)}/vouchers/take-off"
    answer = till.ask(address_off, {"voucher_id": voucher_id.group(1)})
    assert heading(answer) == "Take 4,00 €"


def test_a_page_that_is_loaded_again_still_shows_the_voucher(house: House, till: Browser) -> None:
    add(till, booking_of(accepted(house, till)), "PAPER-03")
    assert "pays 3,00 €" in text(till.get("/counter"))


def test_a_branch_without_vouchers_shows_no_field(house: House, till: Browser) -> None:
    berlin = house.world.berlin.branch()
    types = [TenderType.CASH, TenderType.CARD]
    branches.configure_branch(house.shop.session, SEED, berlin, direct_redemption=True, tender_types=types)
    assert "Voucher code" not in text(accepted(house, till))


def test_a_closed_booking_takes_no_voucher(house: House, till: Browser) -> None:
    due = accepted(house, till)
    till.ask(confirm_at(due).replace("/confirm", "/cancel"))
    assert state(add(till, booking_of(due), "PAPER-03")) == "refused"
