"""Faults in the payment: told beside the field, with everything that was typed still there and nothing taken."""

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.faces import Counter
from tests.journeys.shop import Customer, Shop


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return shop.customer(points=1000)


@pytest.fixture
def due(counter: Counter, customer: Customer) -> Counter:
    """A counter that waits for €4.00."""
    counter.hold_mug_for_points_and_cash(customer)
    return counter


def is_wrong(field: Locator, words: str) -> None:
    """The field itself is marked, and named by the words beside it."""
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(words)


def test_an_amount_that_is_none_shows_what_one_looks_like(
    due: Counter, customer: Customer, shop: Shop
) -> None:
    due.task.get_by_label("Amount").fill("four")
    due.task.get_by_label("Given").fill("10.00")
    due.task.get_by_label("Your shop's receipt number").fill("R-88")
    due.press("Confirm")
    is_wrong(due.task.get_by_label("Amount"), "An amount such as 4.00")
    expect(due.task.get_by_label("Amount")).to_have_value("four")
    expect(due.task.get_by_label("Given")).to_have_value("10.00")
    expect(due.task.get_by_label("Your shop's receipt number")).to_have_value("R-88")
    assert shop.available(customer) == 400  # held, not taken
    due.task.get_by_label("Amount").fill("4.00")
    due.press("Confirm")
    due.is_in("done")


def test_amounts_that_do_not_add_up_say_both_sums(due: Counter) -> None:
    due.task.get_by_label("Amount").fill("3.00")
    due.task.get_by_label("Given").fill("5.00")
    due.press("Confirm")
    expect(due.task.get_by_role("alert")).to_have_text("The amounts make €3.00, but €4.00 is due.")
    expect(due.task.get_by_label("Amount")).to_have_value("3.00")
    expect(due.task.get_by_label("Given")).to_have_value("5.00")
    due.is_in("amount-due")


def test_less_given_than_the_amount_is_told_at_given(due: Counter) -> None:
    due.task.get_by_label("Given").fill("3.50")
    due.press("Confirm")
    is_wrong(due.task.get_by_label("Given"), "Less than the amount")


def test_a_card_without_its_slip_number_is_told_at_the_slip_number(due: Counter) -> None:
    due.task.get_by_role("radio", name="Card").first.check()
    due.press("Confirm")
    is_wrong(due.task.get_by_label("Slip number"), "Enter the number on the card slip")
    expect(due.task.get_by_role("radio", name="Card").first).to_be_checked()


def test_a_slip_number_that_is_too_long_stays_to_be_shortened(due: Counter) -> None:
    due.task.get_by_role("radio", name="Card").first.check()
    slip = due.task.get_by_label("Slip number")
    slip.fill("7" * 65)
    expect(slip).to_have_value("7" * 64)  # the field takes no more; the server does not rely on that
    slip.evaluate("field => { field.maxLength = 99 }")
    slip.fill("7" * 65)
    due.press("Confirm")
    is_wrong(due.task.get_by_label("Slip number"), "At most 64 characters")
    expect(due.task.get_by_label("Slip number")).to_have_value("7" * 65)


def test_a_slip_number_counts_once(due: Counter, shop: Shop) -> None:
    for expected in ("done", "amount-due"):
        due.task.get_by_role("radio", name="Card").first.check()
        due.task.get_by_label("Slip number").fill("TA-9001")
        due.press("Confirm")
        due.is_in(expected)
        if expected == "done":
            due.hold_mug_for_points_and_cash(shop.customer(points=700))
    is_wrong(
        due.task.get_by_label("Slip number"),
        "This slip was used already. Enter the number of this payment's own slip.",
    )
