"""The administrator's pages of webhooks: secrets told once, how an endpoint stands, what is sent once more."""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

import ledger
from panel_app.programme import webhook_faces, webhook_queue
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from panel_app.programme.webhook_terms import DeliveryStatus, EventType
from panel_app.receivers import Fault
from tests.panel_app.web.browser import Browser, text, value
from tests.panel_app.web.house import House, on_both
from tests.panel_app.world import SEED

# A number, so that no test asks for a name; nothing is sent there, because no deliverer runs.
URL = "https://93.184.215.14/hook"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.fixture
def adam(house: House) -> Browser:
    """At head office: without a till."""
    issue_key(
        house.shop.session,
        SEED,
        NewKey(client="Market", source="marketplace", scopes=frozenset({Scope.HOLDS})),
    )
    return house.signed_in("adam")


def add(adam: Browser, **changes: object) -> TestResponse:
    form = {
        "key": value(adam.get("/admin/webhooks/new"), "key"),
        "client": "Market",
        "url": URL,
        "event": ["claim.issued", "entry.posted"],
    }
    sent = form | changes
    return adam.post("/admin/webhooks", {name: told for name, told in sent.items() if told is not None})


def page_of(made: TestResponse) -> str:
    (found,) = re.findall(r'href="(/admin/webhooks/[0-9a-f-]{36})"', made.text)
    return str(found)


def told(house: House, count: int = 1) -> None:
    """So many claims, on their way to the endpoint."""
    for _number in range(count):
        house.shop.claim(house.world.tea)
    webhook_queue.fan_out(house.shop.session)


def tried(house: House, page: str, answer: int | None, fault: str | None = None) -> None:
    """What a deliverer marks after an attempt at the first delivery that is due."""
    session, endpoint_id = house.shop.session, UUID(page.rpartition("/")[2])
    delivery = webhook_queue.due_deliveries(session, endpoint_id)[0]
    if answer == 200:
        webhook_queue.mark_delivered(session, delivery, answer)
    else:
        webhook_queue.mark_undelivered(session, delivery, answer, fault)


def rows(page: TestResponse) -> list[str]:
    """The text of each delivery's row."""
    found = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", page.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


@on_both
def test_a_secret_is_shown_on_the_answer_that_made_it_and_nowhere_again(house: House, adam: Browser) -> None:
    made = add(adam, key="one wish")
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    assert len(SECRET.findall(made.text)) == 1
    again = add(adam, key="one wish")
    assert SECRET.findall(again.text) == []
    assert "It is not shown again" in text(again)
    assert len(house.shop.rows("webhook_endpoints")) == 1
    for path in ("/admin/webhooks", page_of(made)):
        assert SECRET.findall(adam.get(path).text) == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"client": ""}, "client", "Please fill this in"),
        ({"url": "http://market.example/"}, "url", "An address that begins with https://"),
        ({"url": "https://10.0.0.5/hook"}, "url", "This leads to this machine or into an inside network"),
        ({"url": "https://localhost/hook"}, "url", "This leads to this machine or into an inside network"),
        ({"event": None}, "event", "Please fill this in"),
        ({"event": "everything"}, "event", "Choose one of those offered"),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_typed_is_lost(
    house: House, adam: Browser, changes: dict[str, object], field: str, words: str
) -> None:
    answer = add(adam, **changes)
    assert answer.status_code == 422
    assert f'id="{field}-error">{words}' in answer.text
    if field != "url":
        assert value(answer, "url") == URL
    else:
        assert value(answer, "url") == changes["url"]
    if field != "event":
        assert re.findall(r'value="([\w.]+)" checked', answer.text) == ["entry.posted", "claim.issued"]
    if field != "client":
        assert 'value="Market" selected' in answer.text
    assert house.shop.rows("webhook_endpoints") == []


def test_without_a_client_the_form_says_what_comes_first(house: House) -> None:
    page = house.signed_in("adam").get("/admin/webhooks/new")
    assert "An endpoint belongs to a client, and there is none yet." in text(page)
    assert 'href="/admin/keys/new"' in page.text


def test_the_page_shows_each_delivery_with_its_last_answer_and_next_attempt(
    house: House, adam: Browser
) -> None:
    page = page_of(add(adam, event="claim.issued"))
    assert "Nothing was sent there yet." in text(adam.get(page))
    told(house, 3)
    tried(house, page, 200)
    tried(house, page, 503)
    shown = rows(adam.get(page))
    assert [re.sub(r"[0-9a-f-]{36}", "…", row) for row in shown] == [
        "claim.issued … 1:00 PM Waiting 0 – 1:00 PM",
        "claim.issued … 1:00 PM Waiting 1 503 1:00 PM Send again",
        "claim.issued … 1:00 PM Delivered 1 200 – Send again",
    ]
    assert "Failing since" in text(adam.get(page))
    assert "Failing since" in text(adam.get("/admin/webhooks"))


@on_both
def test_pages_of_fifty_have_no_gap_and_nothing_twice(house: House, adam: Browser) -> None:
    page = page_of(add(adam, event="claim.issued"))
    told(house, 53)
    first = adam.get(page)
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = adam.get(following.group(1))
    ids = [re.findall(r"[0-9a-f-]{36}", row)[0] for row in rows(first) + rows(second)]
    assert (len(rows(first)), len(rows(second))) == (50, 3)
    assert ids == sorted(
        (str(row["event_id"]) for row in house.shop.rows("webhook_deliveries")), reverse=True
    )
    assert 'rel="next"' not in second.text
    assert adam.get(f"{page}?cursor=nonsense").status_code == 422


@on_both
def test_send_again_begins_one_delivery_anew_and_pressed_twice_no_other(house: House, adam: Browser) -> None:
    page = page_of(add(adam, event="claim.issued"))
    told(house)
    tried(house, page, 200)
    shown = adam.get(page)
    (action,) = re.findall(r'action="(/admin/webhooks/[^"]+/deliveries/[^"]+/again)"', shown.text)
    key = value(shown, "key")
    answer = adam.post(action, {"key": key})
    assert answer.location == f"{page}?begun=1"
    assert "1 delivery begins anew." in text(adam.get(answer.location))
    assert [(row["status"], row["attempts"]) for row in house.shop.rows("webhook_deliveries")] == [
        ("pending", 0)
    ]
    tried(house, page, 200)
    assert adam.post(action, {"key": key}).location == f"{page}?begun=1"
    assert [row["status"] for row in house.shop.rows("webhook_deliveries")] == ["delivered"]


@on_both
def test_what_was_given_up_and_everything_since_a_day_begin_anew(house: House, adam: Browser) -> None:
    page = page_of(add(adam, event="claim.issued"))
    told(house)
    for _attempt in range(10):
        tried(house, page, 500)
        house.shop.later(hours=24)
    adam = house.signed_in("adam")
    told(house)
    tried(house, page, 200)
    shown = adam.get(page)
    assert "Given up" in text(shown)
    assert "Send the 1 that was given up" in text(shown)
    assert adam.post(f"{page}/failed-again", {"key": "f"}).location == f"{page}?begun=1"
    assert adam.post(f"{page}/again", {"key": "s", "since": "2026-03-12"}).location == f"{page}?begun=1"
    assert adam.post(f"{page}/again", {"key": "t", "since": "2026-03-02"}).location == f"{page}?begun=2"
    wrong = adam.post(f"{page}/again", {"key": "u", "since": "yesterday"})
    assert wrong.status_code == 422
    assert 'id="since-error">A date<' in wrong.text


@on_both
def test_a_rotated_secret_overlaps_and_is_told_once(house: House, adam: Browser) -> None:
    page = page_of(add(adam))
    form = {"key": "r", "overlap_hours": "24"}
    rotated = adam.post(f"{page}/rotate", form)
    assert len(SECRET.findall(rotated.text)) == 1
    assert "signs as well until" in text(rotated)
    assert SECRET.findall(adam.post(f"{page}/rotate", form).text) == []
    assert "Now two sign, until" in text(adam.get(page))
    house.shop.later(hours=24)
    adam = house.signed_in("adam")
    assert "Now two sign" not in text(adam.get(page))
    assert adam.post(f"{page}/rotate", {"key": "x", "overlap_hours": "2"}).status_code == 422


def test_an_endpoint_is_disabled_and_enabled_and_shows_since_when(house: House, adam: Browser) -> None:
    page = page_of(add(adam, event="claim.issued"))
    told(house)
    tried(house, page, 500)
    assert adam.post(f"{page}/disable").location == page
    shown = adam.get(page)
    assert "Disabled since" in text(shown)
    assert "Nothing is sent while the endpoint is disabled." in text(shown)
    assert "/again" not in shown.text
    adam.post(f"{page}/enable")
    assert ">Working<" in adam.get(page).text


def test_a_receiver_that_is_gone_is_shown_so(house: House, adam: Browser) -> None:
    page = page_of(add(adam, event="claim.issued"))
    told(house)
    tried(house, page, 410)
    shown = text(adam.get(page))
    assert "Gone since" in shown
    assert "410: gone for good" in shown
    assert "Enable it only when that was a mistake." in shown
    assert "Gone since" in text(adam.get("/admin/webhooks"))


def test_every_fault_every_event_and_every_status_has_words(house: House, adam: Browser) -> None:
    with house.app.test_request_context():
        words = house.app.jinja_env.get_template("admin/words.html").make_module()
        face = webhook_faces.DeliveryFace(
            event_id=ledger.new_id(),
            type=EventType.CLAIM_ISSUED,
            created_at=house.shop.clock.now(),
            status=DeliveryStatus.PENDING,
            attempts=1,
            answer=None,
            fault=None,
            next_at=None,
        )
        told_words = [words.last_answer(replace(face, fault=fault)) for fault in Fault]
        told_words += [words.event_text(event) for event in EventType]
        told_words += [words.delivery_status(status) for status in DeliveryStatus]
        told_words += [words.scope_text(scope) for scope in Scope]
        told_words += [words.overlap_text(hours) for hours in (0, 1, 24, 168)]
    assert len(set(told_words)) == len(Fault) + len(EventType) + len(DeliveryStatus) + len(Scope) + 4


def test_a_name_that_leads_inside_is_told_before_anything_is_made(house: House, adam: Browser) -> None:
    answer = add(adam, url="https://127.1/hook")  # no number as it is written, but it resolves to one
    assert "This leads to this machine or into an inside network" in answer.text
    assert house.shop.rows("webhook_endpoints") == []
