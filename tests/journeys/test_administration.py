"""The administrator in a real browser: a key's whole life beside the API, and an endpoint that fails and recovers."""

import json
import re
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Error, Page, expect

import ledger
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from tests.journeys.conftest import Pages
from tests.journeys.faces import shows, sign_in_to_head_office
from tests.journeys.furniture import SEED
from tests.journeys.shop import Shop
from tests.panel_app.receiving import receiver


@pytest.fixture
def office(pages: Pages, browser: Browser, shop: Shop) -> Page:
    page = pages.open(browser)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in_to_head_office(page, shop)
    return page


def asked_with(shop: Shop, key: str) -> int:
    """The status of a call of the API with this key."""
    headers = {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{shop.url}/api/v1/branches", headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own http address
            assert {branch["code"] for branch in json.load(answer)["items"]} >= {"BER", "HAM"}
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def told(page: Page) -> str:
    """The secret on the page, as its button copies it."""
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert copied == page.locator(".told-text").inner_text()
    return copied


def test_a_key_is_made_by_keyboard_used_rotated_and_revoked(office: Page, shop: Shop) -> None:
    office.get_by_role("link", name="New key").press("Enter")
    office.get_by_label("Client: the program's name").focus()
    office.keyboard.type("Quay market")
    office.keyboard.press("Tab")
    office.keyboard.type("quay")
    office.get_by_role("checkbox", name=re.compile("^redemptions")).press("Space")
    office.keyboard.press("Tab")  # the list of its routes
    office.get_by_label("Every branch").press("Space")
    office.get_by_label("Last day").press("Enter")
    old = told(office)
    assert asked_with(shop, old) == 200

    office.get_by_role("link", name="To the key's page").click()
    expect(office.get_by_text("Quay market").first).to_be_visible()
    office.get_by_label("The old one goes on for").select_option("1 hour")
    office.get_by_role("button", name="Make the new key").click()
    new = told(office)
    assert new != old
    assert (asked_with(shop, old), asked_with(shop, new)) == (200, 200)

    office.goto(f"{shop.url}/admin/keys/{old.split('_')[1]}")
    office.get_by_role("link", name="Revoke …").click()
    expect(office.get_by_text("1 other key of this client goes on.")).to_be_visible()
    office.get_by_role("button", name="Revoke it now").click()
    expect(office.locator(".chip")).to_have_text("Revoked")
    assert (asked_with(shop, old), asked_with(shop, new)) == (401, 200)


def test_neither_a_reload_nor_the_way_back_shows_a_key_again(office: Page, shop: Shop) -> None:
    key = made_key(office, "Pier cinema")
    expect(office.get_by_text(key)).to_have_count(1)
    expect(office.get_by_role("button", name="Copy")).to_be_visible()
    # The moment before a browser keeps a page for “back”.
    office.evaluate("dispatchEvent(new Event('pagehide'))")
    expect(office.get_by_text(key)).to_have_count(0)
    office.get_by_role("link", name="To the key's page").click()
    expect(office.get_by_role("heading", name="Revoke")).to_be_visible()
    with suppress(Error):  # a Chromium that keeps no page asks first whether to send the form once more
        office.go_back()
    expect(office.get_by_text(key)).to_have_count(0)
    office.goto(f"{shop.url}/admin/keys")
    expect(office.get_by_role("link", name="Pier cinema")).to_have_count(1)


def test_a_key_is_made_without_script(pages: Pages, browser: Browser, shop: Shop) -> None:
    page = pages.open(browser, java_script_enabled=False)
    sign_in_to_head_office(page, shop)
    key = made_key(page, "Lighthouse tours")
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.reload()  # the form is sent again
    expect(page.get_by_role("alert")).to_contain_text("It is not shown again")
    assert key not in page.content()
    page.get_by_role("link", name="All keys").click()
    expect(page.get_by_role("link", name="Lighthouse tours")).to_have_count(1)


def made_key(page: Page, client: str) -> str:
    page.get_by_role("link", name="New key").click()
    page.get_by_label("Client: the program's name").fill(client)
    page.get_by_label("Source: what stands on its entries").fill(client.split(maxsplit=1)[0].lower())
    page.get_by_role("checkbox", name=re.compile("^holds")).check()
    page.get_by_label("Every branch").check()
    page.get_by_role("button", name="Make the key").click()
    return page.locator(".told-text").inner_text()


def postponed(shop: Shop) -> None:
    """The retries that the server would do by itself wait until tomorrow: what comes now was asked for."""
    table = ledger.metadata.tables["webhook_deliveries"]
    with shop.database.session() as session:
        tomorrow = session.clock.now() + timedelta(days=1)
        late = table.update().where(table.c.status == "pending").values(next_at=tomorrow)
        ledger.transact(session, lambda: session.execute(late))


def test_a_delivery_that_failed_is_sent_again_once_its_receiver_has_recovered(
    office: Page, shop: Shop
) -> None:
    with shop.database.session() as session:
        issue_key(session, SEED, NewKey(client="Beacon", source="beacon", scopes=frozenset({Scope.HOLDS})))
    with receiver(lambda exchange: exchange.say(503)) as there:
        office.get_by_role("link", name="Webhooks").click()
        office.get_by_role("link", name="New endpoint").click()
        office.get_by_label("Client").select_option("Beacon")
        office.get_by_label("Address").fill(there.url)
        office.get_by_label("claim.issued").check()
        office.get_by_role("button", name="Add the endpoint").click()
        assert told(office).startswith("whsec_")
        office.get_by_role("link", name="To the endpoint's page").click()
        expect(office.locator(".chip")).to_have_text("Working")

        shop.claim(shop.customer(points=200), "COFFEE")
        shows(office, office.get_by_text("Failing since"))
        postponed(shop)
        row = office.get_by_role("row").filter(has_text="claim.issued")
        expect(row).to_contain_text("503")
        event_id = there.ids()[0]
        expect(row).to_contain_text(event_id)

        there.behave = lambda exchange: exchange.say(204)
        there.got.clear()
        row.get_by_role("button", name="Send again").click()
        expect(office.get_by_role("status")).to_have_text("1 delivery begins anew.")
        shows(office, row.get_by_text("Delivered"))
        expect(office.locator(".page-head .chip")).to_have_text("Working")
        assert there.ids() == [event_id]
        office.get_by_role("button", name="Disable").click()
        expect(office.locator(".page-head .chip")).to_contain_text("Disabled since")
