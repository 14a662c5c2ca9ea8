"""The panel's faces as a person uses them: the counter, the member's phone, the manager's pages."""

import json
import time
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.journeys.furniture import ADMINISTRATOR, PASSWORD, STORE_USER
from tests.journeys.shop import PIN, Customer, Shop

# What a scanner does, in one turn of the page's loop: a busy machine can't tear the burst apart.
_BURST = """text => {
  const press = (key, code) => (document.activeElement ?? document.body).dispatchEvent(
    new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
  for (const key of text) press(key, /\\d/.test(key) ? `Digit${key}` : key === "-" ? "Minus" : `Key${key}`);
  press("Enter", "Enter");
}"""


class Counter:
    """The counter's page, signed in at a till."""

    def __init__(self, page: Page, shop: Shop, till: str) -> None:
        self.page = page
        self.shop = shop
        self.till = till

    @property
    def task(self) -> Locator:
        return self.page.locator("#task")

    @property
    def heading(self) -> Locator:
        return self.task.get_by_role("heading", level=1)

    def is_in(self, state: str) -> None:
        """Wait for a state."""
        expect(self.page.locator("body")).to_have_attribute("data-state", state)

    def is_live(self) -> None:
        """Wait until the page's script runs: it starts the clock."""
        expect(self.page.locator("#clock")).not_to_have_text("--:--")

    def scan(self, text: str) -> None:
        """Scan with a USB scanner."""
        self.page.evaluate(_BURST, text)

    def type_code(self, text: str) -> None:
        """Type a code by hand, as with F6."""
        self.page.get_by_label("Code", exact=True).fill(text)
        self.page.get_by_role("button", name="Check").click()

    def press(self, name: str) -> None:
        self.task.get_by_role("button", name=name).click()

    def open_member(self, customer: Customer) -> None:
        self.scan(self.shop.member_code(customer))
        self.is_in("member")

    def hold_mug_for_points_and_cash(self, customer: Customer) -> None:
        """Up to the amount due of 600 points and €4.00."""
        self.open_member(customer)
        self.task.get_by_role("button", name="Enamel mug").click()
        self.is_in("price")
        self.task.get_by_label("600 points").check()
        self.press("Accept this price")
        self.is_in("amount-due")

    @property
    def booking_id(self) -> str:
        """The booking ID on the screen of DONE."""
        return self.task.locator(".booking-id").inner_text().split()[-1]

    def is_refused(self, title: str, advice: str) -> None:
        """Wait for the refusal with these words."""
        self.is_in("refused")
        expect(self.heading).to_have_text(title)
        expect(self.task.locator(".what-to-do")).to_contain_text(advice)


class Phone:
    """The member's own phone."""

    def __init__(self, page: Page, shop: Shop) -> None:
        self.page = page
        self.shop = shop

    def sign_in(self, customer: Customer) -> None:
        self.page.goto(f"{self.shop.url}/me/sign-in")
        self.page.get_by_label("Member number, phone or e-mail").fill(customer.external_id)
        self.page.get_by_label("PIN").fill(PIN)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).to_have_url(f"{self.shop.url}/me")

    def member_code(self) -> bytes:
        """A picture of the code, one that stays good long enough to be read."""
        qr = self.page.locator("[data-code-svg]")
        expect(qr.locator("svg")).to_be_visible()
        return qr.screenshot()

    def claim(self, reward: str, price: str) -> bytes:
        """Claim a reward and give the picture of its code."""
        self.page.get_by_role("link", name="Rewards").click()
        card = self.page.locator(".reward-card").filter(has=self.page.get_by_role("heading", name=reward))
        card.get_by_label(price).check()
        card.get_by_role("button", name="Claim").click()
        expect(self.page).to_have_url(f"{self.shop.url}/me")
        claim = self.page.locator(".my-claim").filter(has_text=reward)
        claim.locator("summary").click()
        return claim.locator(".code-qr").screenshot()

    @property
    def balance(self) -> Locator:
        return self.page.locator(".my-balance .amount")

    @property
    def orders(self) -> Locator:
        return self.page.locator(".orders > li")


def sign_in(page: Page, shop: Shop, till: str, *, username: str = STORE_USER) -> Counter:
    """Sign in for one till; its counter is on the screen."""
    page.goto(shop.url)
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return take_till(page, shop, till)


def take_till(page: Page, shop: Shop, till: str) -> Counter:
    """On the page that asks where one is today: choose the till; its counter runs, and may have read a code."""
    page.locator(".option").filter(has=page.get_by_text(f"Till {till}", exact=True)).click()
    page.get_by_role("button", name="Start").click()
    counter = Counter(page, shop, till)
    counter.is_live()
    return counter


def sign_in_to_head_office(page: Page, shop: Shop) -> None:
    """Sign in as the administrator, who goes on without a till."""
    page.goto(shop.url)
    page.get_by_label("User name").fill(ADMINISTRATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Administration, without a till").click()
    expect(page).to_have_url(f"{shop.url}/admin/keys")


def shows(page: Page, what: Locator) -> None:
    """Load a page without a script anew until it shows something that the server does by itself."""
    give_up_at = time.monotonic() + 30
    while what.count() == 0 and time.monotonic() < give_up_at:
        page.wait_for_timeout(200)
        page.reload()
    expect(what.first).to_be_visible()


def csrf_token(page: Page) -> str:
    return str(page.locator('meta[name="csrf-token"]').get_attribute("content"))


def stored_attempt(page: Page) -> dict[str, Any]:
    """What the page keeps for a reload."""
    found: dict[str, Any] = json.loads(page.evaluate("sessionStorage.getItem('countermark.attempt')"))
    return found
