"""A sliding price at the counter: prefilled with the most that the member has, its cash part shown as it is typed."""

from playwright.sync_api import expect

from tests.journeys.faces import Counter
from tests.journeys.looks import look
from tests.journeys.shop import Shop


def test_the_points_are_chosen_and_the_rest_is_taken_in_cash(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=3000)
    counter.open_member(customer)
    row = counter.task.get_by_role("button", name="Picnic hamper")
    expect(row).to_contain_text("from 2,000 points")
    row.click()
    counter.is_in("price")
    field, rest = counter.task.get_by_label("Points to take"), counter.task.locator("[data-slide-cash]")
    left, accept = counter.task.locator("[data-balance-after]"), counter.task.locator("[data-primary]")
    expect(field).to_have_value("3000")
    expect(rest).to_have_text("€8.00")
    expect(left).to_have_text("0")
    counter.task.get_by_label("How many?").fill("2")  # 4,000 points at least, and they are not there
    expect(accept).to_be_disabled()
    counter.task.get_by_label("How many?").fill("1")
    expect(field).to_have_value("3000")
    field.fill("1999")
    expect(accept).to_be_disabled()
    field.fill("2501")
    expect(rest).to_have_text("€12.00")  # 1,499 × 0.8 = 1,199.2
    expect(left).to_have_text("499")
    look(counter.page, "sliding-price")
    counter.press("Accept this price")
    counter.is_in("amount-due")
    expect(counter.heading).to_have_text("Take €12.00")
    counter.press("Confirm")
    counter.is_in("done")
    assert shop.available(customer) == 499
