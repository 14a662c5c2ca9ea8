"""The whole hybrid redemption without a mouse."""

from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Pages
from tests.journeys.faces import Counter
from tests.journeys.furniture import PASSWORD, STORE_USER
from tests.journeys.shop import Shop

READ_MS = 450  # the screen takes no Enter before it could be read


def test_a_mug_for_points_and_cash_by_keys_alone(pages: Pages, browser: Browser, shop: Shop) -> None:
    page = pages.open(browser)
    customer = shop.customer(points=1000)
    till = shop.till()
    keys = page.keyboard
    page.goto(shop.url)
    expect(page.get_by_label("User name")).to_be_focused()
    keys.type(STORE_USER)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    wanted = page.get_by_role("radio", name=f"Till {till}").last
    wanted.wait_for()
    keys.press("Tab")
    while not page.evaluate("document.activeElement.name === 'till_id'"):
        keys.press("Tab")
    keys.press("ArrowUp")  # from the first of the first branch to its last one: the newest till
    while not wanted.is_checked():
        keys.press("ArrowUp")
    keys.press("Enter")
    counter = Counter(page, shop, till)
    counter.is_in("ready")
    counter.is_live()

    keys.type(shop.member_code(customer), delay=5)  # a USB scanner is a keyboard too
    keys.press("Enter")
    counter.is_in("member")
    expect(counter.heading).to_be_focused()
    mug = counter.task.get_by_role("button", name="Enamel mug")
    keys.press(str(mug.get_attribute("data-digit")))
    counter.is_in("price")
    expect(counter.heading).to_be_focused()
    keys.press("2")
    expect(counter.task.get_by_label("600 points + €4.00 cash")).to_be_checked()
    page.wait_for_timeout(READ_MS)
    keys.press("Enter")
    counter.is_in("amount-due")
    expect(counter.heading).to_be_focused()
    while not page.evaluate("document.activeElement.name === 'tender-0-given'"):
        keys.press("Tab")
    keys.type("10.00", delay=80)
    keys.press("Enter")
    counter.is_in("done")
    expect(counter.heading).to_be_focused()
    expect(counter.task.locator(".give-back")).to_have_text("Give back €6.00")
    page.wait_for_timeout(READ_MS)
    keys.press("Enter")
    counter.is_in("ready")
    assert shop.available(customer) == 400
