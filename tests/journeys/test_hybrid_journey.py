"""The main journey: a live code under the webcam, points and cash, and every face that shows it afterwards."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.journeys import cameras
from tests.journeys.conftest import PHONE, Pages
from tests.journeys.faces import Counter, Phone, sign_in
from tests.journeys.furniture import MANAGER
from tests.journeys.shop import Shop


def test_a_mug_for_points_and_cash_from_the_phone_to_the_books(
    pages: Pages, browser: Browser, browser_with_camera: Browser, film: Path, each_shop: Shop
) -> None:
    shop = each_shop
    customer = shop.customer(points=1500, name="Sofia Lindgren")
    phone = Phone(pages.open(browser, viewport=PHONE, device_scale_factor=2), shop)
    phone.sign_in(customer)
    expect(phone.balance).to_have_text("1,500")
    till = shop.till()
    cameras.show(film, phone.member_code())

    counter = sign_in(pages.open(browser_with_camera), shop, till)
    counter.is_in("member")  # nobody pressed anything
    expect(counter.heading).to_have_text("Sofia L.")
    expect(counter.task.locator(".member-head .amount")).to_have_text("1,500")

    _pay_in_cash(counter)
    booking_id = counter.booking_id
    _receipt_is_right(pages, counter, booking_id)
    _phone_shows_it(phone, booking_id)
    _manager_sees_its_life(pages.open(browser), shop, till, booking_id)
    assert shop.available(customer) == 900
    verified = shop.command("verify")
    assert (verified.returncode, verified.stdout.splitlines()[:1]) == (0, ["The books hold."])


def _pay_in_cash(counter: Counter) -> None:
    counter.task.get_by_role("button", name="Enamel mug").click()
    counter.is_in("price")
    counter.task.get_by_label("600 points + €4.00 cash").check()
    expect(counter.task.locator("[data-balance-after]")).to_have_text("900")
    counter.press("Accept this price")
    counter.is_in("amount-due")
    expect(counter.heading).to_have_text("Take €4.00")
    expect(counter.task.locator(".for-member")).to_contain_text("1 × Enamel mug")
    counter.task.get_by_label("Given").fill("10.00")
    expect(counter.task.locator("[data-change]")).to_have_text("€6.00")
    counter.press("Confirm")
    counter.is_in("done")
    expect(counter.heading).to_have_text("DONE")
    expect(counter.task.locator(".give-back")).to_have_text("Give back €6.00")


def _receipt_is_right(pages: Pages, counter: Counter, booking_id: str) -> None:
    row = counter.page.locator(".outcome").first
    expect(row).to_contain_text("Enamel mug")
    expect(row).to_contain_text("600 points + €4.00 cash")
    with counter.page.expect_popup() as opened:
        row.get_by_role("link", name=f"Receipt {booking_id}").click()
    receipt = pages.watched(opened.value).locator(".receipt")
    for words in (
        "Berlin Mitte",
        f"Till {counter.till}",
        "1 × Enamel mug",
        "600 points + €4.00 cash",
        "Given €10.00",
        "Change €6.00",
        "Served by Nora Keller",
        "Not a tax receipt",
        booking_id,
    ):
        expect(receipt).to_contain_text(words, use_inner_text=True)


def _phone_shows_it(phone: Phone, booking_id: str) -> None:
    phone.page.reload()
    expect(phone.balance).to_have_text("900")
    expect(phone.orders).to_have_count(1)
    for words in ("1 × Enamel mug", booking_id, "600 points + €4.00 cash", "Delivered"):
        expect(phone.orders).to_contain_text(words)


def _manager_sees_its_life(page: Page, shop: Shop, till: str, booking_id: str) -> None:
    sign_in(page, shop, shop.till(), username=MANAGER)
    page.get_by_role("link", name="Redemptions").click()
    row = page.get_by_role("row").filter(has_text=booking_id)
    cells = [cell.inner_text() for cell in row.get_by_role("cell").all()]
    assert cells[1:] == [
        "1 × Enamel mug",
        "Sofia L.",
        "600",
        "€4.00",
        till,
        "Nora Keller",
        "Camera",
        "Completed",
    ]
    row.get_by_role("link", name=booking_id).click()
    record = page.get_by_role("region", name="On record")
    expect(record).to_contain_text(f"Berlin Mitte · till {till}")
    for words in ("in-store · Camera", "Scanned by Nora Keller", "Confirmed by Nora Keller"):
        expect(record).to_contain_text(words, use_inner_text=True)
    expect(page.locator(".timeline strong")).to_have_text(["Code read", "Points held", "Confirmed"])
    people = [step.inner_text().split(" · ")[0] for step in page.locator(".timeline .muted").all()]
    assert people == ["Nora Keller"] * 3
    entry = page.get_by_role("row").filter(has_text="Debit By Redemption")
    expect(entry).to_contain_text("-600")
    expect(entry).to_contain_text("900")
    expect(entry).to_contain_text("in-store")
