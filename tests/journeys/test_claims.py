"""Reward codes at the counter: claimed on the phone, shown to the webcam or the scanner, paid in every way."""

from pathlib import Path

from playwright.sync_api import Browser, FilePayload, StorageState, expect

from scanner import qr_png
from tests.journeys import cameras
from tests.journeys.conftest import Pages, at_a_till
from tests.journeys.faces import Counter, Phone
from tests.journeys.shop import Shop


def test_a_reward_code_with_nothing_due_takes_one_press(
    pages: Pages,
    phone: Phone,
    browser_with_camera: Browser,
    film: Path,
    shop: Shop,
    signed_in: StorageState,
) -> None:
    customer = shop.customer(points=500)
    phone.sign_in(customer)
    cameras.show(film, phone.claim("Flat white", "120 points"))
    expect(phone.balance).to_have_text("380")

    counter = at_a_till(pages.open(browser_with_camera, storage_state=signed_in), shop)
    counter.is_in("claim")
    expect(counter.heading).to_have_text("Flat white")
    expect(counter.task.locator("[data-due-now]")).to_have_text("Nothing to pay")
    counter.press("Confirm – it is handed over")
    counter.is_in("done")
    expect(counter.task.locator(".member-facing")).to_have_text("120 points")

    phone.page.reload()
    expect(phone.balance).to_have_text("380")
    expect(phone.page.locator(".my-claim")).to_have_count(0)
    expect(phone.orders).to_contain_text("1 × Flat white")


def test_a_photo_of_the_code_is_as_good(counter: Counter, shop: Shop) -> None:
    picture = cameras.photo(qr_png(shop.claim(shop.customer(points=120), "COFFEE").code))
    counter.page.get_by_role("button", name="Photo").set_input_files(
        FilePayload(name="code.jpg", mimeType="image/jpeg", buffer=picture)
    )
    counter.is_in("claim")
    expect(counter.heading).to_have_text("Flat white")


def test_done_stays_while_the_phone_lies_under_the_camera(
    pages: Pages, phone: Phone, browser_with_camera: Browser, film: Path, shop: Shop, signed_in: StorageState
) -> None:
    phone.sign_in(shop.customer(points=1000))
    cameras.show(film, phone.member_code())
    counter = at_a_till(pages.open(browser_with_camera, storage_state=signed_in), shop)
    counter.is_in("member")
    counter.task.get_by_role("button", name="Flat white").click()
    counter.is_in("price")
    counter.press("Accept this price")
    counter.is_in("amount-due")
    counter.press("Confirm")
    counter.is_in("done")
    counter.page.wait_for_timeout(1500)
    assert counter.page.locator("body").get_attribute("data-state") == "done"


def test_a_mixed_claim_is_paid_by_card_with_its_slip_number(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1000)
    counter.scan(shop.claim(customer, "MUG", option=1).code)
    counter.is_in("claim")
    expect(counter.task.locator("[data-due-now]")).to_have_text("€4.00 cash")
    counter.press("Continue to payment")
    counter.is_in("amount-due")
    counter.task.get_by_role("radio", name="Card").first.check()
    counter.task.get_by_label("Slip number").fill("TA-4711")
    counter.press("Confirm")
    counter.is_in("done")
    receipt = counter.page.context.new_page()
    receipt.goto(f"{shop.url}/counter/receipts/{counter.booking_id}")
    expect(receipt.locator(".receipt")).to_contain_text("Card · TA-4711 €4.00", use_inner_text=True)
    assert shop.available(customer) == 400


def test_cash_and_card_together_make_the_amount(counter: Counter, shop: Shop) -> None:
    customer = shop.customer(points=1000)
    counter.scan(shop.claim(customer, "FLOWERS", option=1).code)
    counter.is_in("claim")
    expect(counter.task.locator("[data-due-now]")).to_have_text("500 points + €4.50 cash")
    counter.press("Continue to payment")
    counter.is_in("amount-due")
    counter.task.get_by_label("Amount").fill("2.50")
    expect(counter.task.locator("[data-still-due]")).to_have_text("€2.00")
    counter.press("Add tender")
    added = counter.task.locator(".tender").nth(1)
    expect(added.get_by_label("Amount")).to_have_value("2.00")
    added.get_by_label("Slip number").fill("TA-4712")
    counter.task.get_by_label("Given").first.fill("5.00")
    expect(counter.task.locator(".still-due")).to_have_text("Adds up", use_inner_text=True)
    counter.press("Confirm")
    counter.is_in("done")
    expect(counter.task.locator(".give-back")).to_have_text("Give back €2.50")
    assert shop.available(customer) == 500


def test_two_of_three_coffees_leave_one(counter: Counter, shop: Shop) -> None:
    code = shop.claim(shop.customer(points=500), "COFFEE", quantity=3).code
    counter.scan(code)
    counter.is_in("claim")
    counter.task.locator(".choice").nth(1).click()
    counter.press("Confirm – it is handed over")
    counter.is_in("done")
    expect(counter.task.locator(".outcome-lead")).to_have_text("2 × Flat white")
    counter.scan(code)
    counter.is_in("already-done")
    expect(counter.task.get_by_role("button", name="Hand over one more (1 left)")).to_be_visible()
