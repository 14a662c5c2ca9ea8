"""From a price to a receipt: what the payment's form takes, what it says beside its fields, and pressing twice."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.panel_app.web.browser import Browser, heading, state, text, value
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.redeeming import accepted, address, booking_id, card, cash


@pytest.fixture
def till(house: House) -> Browser:
    return house.at_till("anna")


def test_a_price_is_shown_for_the_member_of_the_visit(house: House, till: Browser) -> None:
    visit_id = str(house.shop.visit(house.world.lena))
    answer = till.ask("/counter/prices", {"visit_id": visit_id, "reward_id": str(house.world.mug)})
    assert (answer.status_code, state(answer), heading(answer)) == (200, "price", "Mug")
    assert "600 points + 4,00\xa0€ cash".replace("\xa0", " ") in text(answer).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 422),
        ({"visit_id": "x", "reward_id": "y"}, 422),
        ({"visit_id": "0" * 32, "reward_id": "0" * 32}, 410),
    ],
)
def test_a_price_without_a_visit_is_refused(till: Browser, form: dict[str, str], status: int) -> None:
    answer = till.ask("/counter/prices", form)
    assert (answer.status_code, state(answer)) == (status, "refused")


@on_both
def test_from_the_price_to_the_receipt(house: House, till: Browser) -> None:
    due = accepted(house, till)
    assert heading(due).replace("\xa0", " ") == "Take 4,00 €"
    assert house.shop.balance() == (4400, 600)
    done = till.ask(address(due, "confirm"), {"key": "accepted", "shop_receipt": "77"} | cash("4,00", "10"))
    assert (done.status_code, state(done), heading(done)) == (200, "done", "DONE")
    assert "Give back 6,00 €" in text(done).replace("\xa0", " ")
    assert house.shop.balance() == (4400, 0)
    receipt = till.get(f"/counter/receipts/{booking_id(due)}")
    shown = text(receipt).replace("\xa0", " ")
    for part in ("Berlin Mitte", "1 × Mug", "600", "4,00 €", "10,00 €", "6,00 €", "Anna Berg", "77"):
        assert part in shown
    assert "<svg" in receipt.text


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        (cash(""), "tender-0-amount", "An amount such as 4,00"),
        (cash("four"), "tender-0-amount", "An amount such as 4,00"),
        (cash("4,005"), "tender-0-amount", "An amount such as 4,00"),
        (cash("-4,00"), "tender-0-amount", "An amount such as 4,00"),
        (cash("4,00", "3,99"), "tender-0-given", "Less than the amount"),
        (cash("4,00", "much"), "tender-0-given", "An amount such as 4,00"),
        (card("4,00", ""), "tender-0-reference", "Enter the number on the card slip"),
        (card("4,00", "9" * 65), "tender-0-reference", "At most 64 characters"),
        (card("4,00", "A\x00B"), "tender-0-reference", "At most 64 characters"),
        (cash("4,00") | {"shop_receipt": "7" * 41}, "shop_receipt", "At most 40 characters"),
        (cash("0"), "tender-0-amount", "More than zero"),
    ],
)
def test_a_fault_in_the_payment_is_told_beside_its_field(
    house: House, till: Browser, form: dict[str, str], field: str, words: str
) -> None:
    due = accepted(house, till)
    answer = till.ask(address(due, "confirm"), {"key": "fault"} | form)
    assert (answer.status_code, state(answer)) == (422, "amount-due")
    assert words in beside(answer, field)
    for name, typed in form.items():
        if not name.endswith("-type"):
            assert value(answer, name) == typed
    assert house.shop.balance() == (4400, 600)


def beside(answer: TestResponse, field: str) -> str:
    """The words of the fault that the field points to, with aria-invalid."""
    marked = [part.partition(">")[0] for part in answer.text.split("<input")[1:]]
    (its_input,) = [part for part in marked if f'name="{field}"' in part]
    assert 'aria-invalid="true"' in its_input
    identity = its_input.partition('aria-describedby="')[2].partition('"')[0]
    return answer.text.partition(f'id="{identity}">')[2].partition("<")[0]


@pytest.mark.parametrize("form", [cash("3,99"), cash("4,01"), {}, card("2,00", "1") | card("1,00", "2", 1)])
def test_tenders_that_do_not_add_up_are_told_with_both_sums(
    house: House, till: Browser, form: dict[str, str]
) -> None:
    due = accepted(house, till)
    answer = till.ask(address(due, "confirm"), {"key": "sum"} | form)
    assert (answer.status_code, state(answer)) == (422, "amount-due")
    assert "but 4,00 € is due." in text(answer).replace("\xa0", " ")
    assert house.shop.balance() == (4400, 600)


def test_a_slip_number_counts_once(house: House, till: Browser) -> None:
    first = accepted(house, till)
    assert state(till.ask(address(first, "confirm"), {"key": "one"} | card("4,00", "SLIP-1"))) == "done"
    second = accepted(house, till, key="second")
    answer = till.ask(address(second, "confirm"), {"key": "two"} | card("4,00", "SLIP-1"))
    assert (answer.status_code, state(answer)) == (422, "amount-due")
    assert "This slip was used already" in beside(answer, "tender-0-reference")


def test_an_unknown_way_to_pay_is_told(house: House, till: Browser) -> None:
    due = accepted(house, till)
    answer = till.ask(
        address(due, "confirm"), {"key": "k", "tender-0-type": "gold", "tender-0-amount": "4,00"}
    )
    assert (answer.status_code, state(answer)) == (422, "amount-due")
    assert "Choose how it is paid" in text(answer)


def test_a_payment_may_be_split(house: House, till: Browser) -> None:
    due = accepted(house, till)
    form = {"key": "split"} | cash("1,50") | card("2,50", "SLIP-9", 1)
    assert state(till.ask(address(due, "confirm"), form)) == "done"


@on_both
def test_a_second_press_gives_the_same_answer_and_takes_nothing_more(house: House, till: Browser) -> None:
    due = accepted(house, till)
    form = {"key": "pressed twice"} | cash("4,00")
    first, second = (till.ask(address(due, "confirm"), form) for _ in range(2))
    assert (state(first), state(second)) == ("done", "done")
    assert first.text == second.text
    assert house.shop.balance() == (4400, 0)


def test_another_payment_under_the_same_key_is_refused(house: House, till: Browser) -> None:
    due = accepted(house, till)
    till.ask(address(due, "confirm"), {"key": "same"} | cash("4,00"))
    answer = till.ask(address(due, "confirm"), {"key": "same"} | card("4,00", "SLIP-2"))
    assert (answer.status_code, heading(answer)) == (422, "This page is out of date")


def test_a_claim_with_nothing_to_pay_is_done_at_once(house: House, till: Browser) -> None:
    claim = house.shop.claim(house.world.mug)
    shown = till.ask("/counter/codes", {"mode": "wedge", "text": claim.code})
    form: dict[str, Any] = {name: value(shown, name) for name in ("visit_id", "claim_id", "units")}
    done = till.ask("/counter/redemptions/at-once", form | {"key": "at once"})
    assert (done.status_code, state(done)) == (200, "done")
    again = till.ask("/counter/redemptions/at-once", form | {"key": "at once"})
    assert (state(again), again.text) == ("done", done.text)
    late = till.ask("/counter/redemptions/at-once", form | {"key": "another key"})
    assert (late.status_code, heading(late)) == (409, "Already redeemed")


def test_what_costs_something_is_not_done_at_once(house: House, till: Browser) -> None:
    order = house.shop.direct(house.world.mug)
    form = {
        "key": "k",
        "visit_id": str(order.lines[0].visit_id),
        "reward_id": str(order.lines[0].reward_id),
        "option_id": str(order.lines[0].option_id),
    }
    answer = till.ask("/counter/redemptions/at-once", form)
    assert (answer.status_code, state(answer)) == (422, "refused")
    assert house.shop.balance() == (5000, 0)


@pytest.mark.parametrize("units", ["0", "-1", "1.5", "9999999", "٣", "21"])
def test_a_number_of_units_that_is_none_is_refused(house: House, till: Browser, units: str) -> None:
    order = house.shop.direct(house.world.mug)
    form = {
        "key": "k",
        "visit_id": str(order.lines[0].visit_id),
        "reward_id": str(order.lines[0].reward_id),
        "units": units,
    }
    answer = till.ask("/counter/redemptions", form)
    assert (answer.status_code, state(answer)) == (422, "refused")
    assert house.shop.balance() == (5000, 0)


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_a_missing_or_endless_key_is_refused(house: House, till: Browser, key: str) -> None:
    order = house.shop.direct(house.world.mug)
    form = {"key": key, "visit_id": str(order.lines[0].visit_id), "reward_id": str(order.lines[0].reward_id)}
    assert till.ask("/counter/redemptions", form).status_code == 422
    assert till.ask("/counter/outcome", {"key": key}).status_code == 422
