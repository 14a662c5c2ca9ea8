"""The watch that every journey relies on: an error in the console or a script fails the test, a refusal does not."""

from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Pages
from tests.journeys.faces import Counter


def test_an_error_in_a_page_is_noticed(pages: Pages, browser: Browser) -> None:
    page = pages.open(browser)
    page.evaluate("console.error('something broke'); setTimeout(() => { throw new Error('thrown') })")
    page.evaluate("new Promise((done) => { setTimeout(done, 50) })")
    assert [fault.rpartition(": ")[2] for fault in pages.faults] == ["something broke", "thrown"]
    pages.faults.clear()


def test_a_refusal_is_no_fault_of_the_page(pages: Pages, counter: Counter) -> None:
    counter.scan("https://example.com/menu")
    counter.is_in("refused")
    expect(counter.page.locator(".outcome.is-refused")).to_have_count(1)
    assert pages.faults == []
