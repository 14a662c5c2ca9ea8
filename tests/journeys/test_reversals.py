"""The operator's undo on the outcome's row, the manager's reversal, and the account's log, in a real browser."""

from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Pages
from tests.journeys.faces import Counter, sign_in
from tests.journeys.furniture import MANAGER
from tests.journeys.looks import look
from tests.journeys.shop import Shop

LONG_NAME = "Maximilian Alexander Theodor Freiherr von und zu Hohenberg-Wittelsbacher-Lichtenau"


def redeemed(counter: Counter, shop: Shop, name: str = "Lena Sommer") -> tuple[str, object]:
    """A mug for 600 points and €4.00 in cash: the booking ID and whose it is."""
    customer = shop.customer(points=700, name=name)
    counter.hold_mug_for_points_and_cash(customer)
    counter.press("Confirm")
    counter.is_in("done")
    assert shop.available(customer) == 100
    return counter.booking_id, customer


def manager(pages: Pages, browser: Browser, shop: Shop) -> Page:
    page = pages.open(browser)
    sign_in(page, shop, shop.till(), username=MANAGER)
    return page


def test_an_operator_undoes_the_own_confirm_on_its_row(counter: Counter, shop: Shop) -> None:
    booking_id, customer = redeemed(counter, shop)
    row = counter.page.locator(".outcome").first
    look(counter.page, "undo-offered")

    row.get_by_role("button", name=f"Undo {booking_id}").click()

    counter.is_in("booking")
    expect(counter.heading).to_have_text("Booking: Reversed")
    expect(counter.task.locator(".give-back")).to_have_text("Give back: Cash €4.00")
    expect(row.get_by_text("Reversed")).to_be_visible()
    expect(row.get_by_role("button", name="Undo")).to_have_count(0)
    look(counter.page, "undone")
    assert shop.available(customer) == 700


def test_an_undo_waits_until_what_is_on_the_screen_is_finished(counter: Counter, shop: Shop) -> None:
    redeemed(counter, shop)
    counter.hold_mug_for_points_and_cash(shop.customer(points=700))
    counter.page.locator(".outcome").first.get_by_role("button", name="Undo").click()
    expect(counter.page.locator('[data-notice="finish-first"]')).to_be_visible()
    counter.is_in("amount-due")


def test_the_offer_of_an_undo_ends_with_its_minute(counter: Counter, shop: Shop) -> None:
    counter.page.clock.install()
    redeemed(counter, shop)
    undo = counter.page.locator(".outcome").first.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    counter.page.clock.fast_forward(60_000)
    expect(undo).to_have_count(0)


def test_a_manager_reverses_a_booking_once(
    pages: Pages, browser: Browser, counter: Counter, shop: Shop
) -> None:
    booking_id, customer = redeemed(counter, shop)
    page = manager(pages, browser, shop)
    page.goto(f"{shop.url}/manager/redemptions/{booking_id}")
    second = page.context.new_page()
    second.goto(page.url)
    look(page, "reversal-form")
    for one in (page, second):
        one.get_by_label("Reason").select_option("Wrong reward")
        one.get_by_label("The goods are").select_option("back on the shelf")
    page.get_by_role("button", name="Reverse").click()
    expect(page.locator(".page-head .chip")).to_have_text("Reversed")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").last).to_contain_text("Redemption Reversal · Wrong reward")
    expect(page.get_by_role("button", name="Reverse")).to_have_count(0)
    look(page, "reversed")
    assert shop.available(customer) == 700

    second.get_by_role("button", name="Reverse").click()

    expect(second.get_by_role("heading", level=1)).to_have_text("Already closed")
    assert shop.available(customer) == 700
    page.goto(f"{shop.url}/manager/redemptions")
    expect(page.locator("tr").filter(has_text=booking_id)).to_contain_text("Reversed")


def test_a_manager_reads_the_accounts_log_with_each_release(
    pages: Pages, browser: Browser, counter: Counter, shop: Shop
) -> None:
    customer = shop.customer(points=1300, name=LONG_NAME)
    counter.hold_mug_for_points_and_cash(customer)
    counter.press("Release, nothing is taken")
    counter.is_in("ready")
    counter.hold_mug_for_points_and_cash(customer)
    counter.press("Confirm")
    counter.is_in("done")
    booking_id = counter.booking_id
    page = manager(pages, browser, shop)
    page.goto(f"{shop.url}/manager/redemptions/{booking_id}")
    page.get_by_role("link", name="Account log").click()
    lines = page.locator("tbody tr th")
    expect(lines).to_have_text(
        [
            "Debit By Redemption",
            "Points held · 600 points",
            "Released · 600 pointsCancelled at the till",
            "Points held · 600 points",
        ]
    )
    look(page, "member-log")
    page.locator("tbody tr").first.get_by_role("link", name=booking_id).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(booking_id)


def test_a_log_in_which_nothing_happened_here_says_so(
    pages: Pages, browser: Browser, counter: Counter, shop: Shop
) -> None:
    """The claim was charged on the phone, and at the till it was only begun."""
    made = shop.claim(shop.customer(points=700), "MUG", option=1)
    counter.scan(made.code)
    counter.is_in("claim")
    counter.press("Continue to payment")
    counter.is_in("amount-due")
    counter.press("Release, nothing is taken")
    counter.is_in("ready")
    page = manager(pages, browser, shop)
    page.goto(f"{shop.url}/manager/redemptions")
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name="Account log").click()
    expect(page.get_by_text("Nothing happened at this branch.")).to_be_visible()
    look(page, "member-log-empty")
