"""The administrator's pages of keys: told once, nothing lost on a wrong field, one table with the API."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from panel_app.programme.scopes import Scope
from panel_app.web.admin.scope_routes import ROUTES
from panel_app.web.api.serving import BASE
from tests.panel_app.web.browser import Browser, text, value
from tests.panel_app.web.house import House, on_both

FORM = {
    "client": "Corner Market",
    "source": "marketplace",
    "scope": ["holds", "members"],
    "branch": "every",
    "expires_on": "2027-01-31",
}
KEY = re.compile(r"cmk_[0-9a-f]{12}_[\w-]{43}")


@pytest.fixture
def adam(house: House) -> Browser:
    """At head office: without a till."""
    return house.signed_in("adam")


def make(adam: Browser, **changes: object) -> TestResponse:
    form = {"key": value(adam.get("/admin/keys/new"), "key")} | FORM | changes
    return adam.post("/admin/keys", {name: told for name, told in form.items() if told is not None})


def key_in(answer: TestResponse) -> str:
    """The one key that an answer shows."""
    (found,) = KEY.findall(answer.text)
    return str(found)


def calls(app: Flask, key: str) -> int:
    """What the API says to this key."""
    return (
        app.test_client()
        .get(f"{BASE}/members?external_id=M-1", headers={"Authorization": f"Bearer {key}"})
        .status_code
    )


def prefix_of(key: str) -> str:
    return key.split("_")[1]


@on_both
def test_a_key_is_shown_on_the_answer_that_made_it_and_nowhere_again(house: House, adam: Browser) -> None:
    made = make(adam)
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    key = key_in(made)
    assert calls(house.app, key) == 200
    for path in ("/admin/keys", f"/admin/keys/{prefix_of(key)}", f"/admin/keys/{prefix_of(key)}/revoke"):
        page = adam.get(path)
        assert page.status_code == 200
        assert "Corner Market" in text(page)
        assert KEY.findall(page.text) == []
    kept = [str(house.shop.rows(table)) for table in ("api_keys", "audit_records", "outcomes")]
    assert key.split("_", 2)[2] not in "".join(kept)


@on_both
def test_the_same_form_sent_again_makes_no_second_key_and_shows_none(house: House, adam: Browser) -> None:
    form = {"key": "one wish"} | FORM
    assert key_in(adam.post("/admin/keys", form))
    again = adam.post("/admin/keys", form)
    assert again.status_code == 200
    assert KEY.findall(again.text) == []
    assert "It is not shown again" in text(again)
    assert len(house.shop.rows("api_keys")) == 1


def test_the_stored_outcome_does_not_hold_the_key(house: House, adam: Browser) -> None:
    key = key_in(make(adam, key="one wish"))
    (row,) = [row for row in house.shop.rows("outcomes") if row["operation"] == "api_key.issue"]
    stored = house.shop.session.keyring.decrypt(
        "outcome", row["answer"], bound_to="\x1f".join((row["client"], row["operation"], row["key"]))
    )
    assert stored == f'{{"name":"{prefix_of(key)}"}}'.encode()


def test_a_key_ends_at_the_midnight_after_its_last_day(house: House, adam: Browser) -> None:
    make(adam)
    make(house.at_till("adam", house.world.london))
    make(adam, expires_on="")
    assert [row["expires_at"] for row in house.shop.rows("api_keys")] == [
        datetime(2027, 1, 31, 23, tzinfo=UTC),  # midnight in Berlin, where the programme is
        datetime(2027, 2, 1, 0, tzinfo=UTC),  # and at the branch in London
        None,
    ]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"client": ""}, "client", "Please fill this in"),
        ({"client": "x" * 65}, "client", "At most 64 characters"),
        ({"source": "in-store"}, "source", "This is in use already"),
        ({"scope": None}, "scope", "Please fill this in"),
        ({"scope": "everything"}, "scope", "Choose one of those offered"),
        ({"branch": None}, "branch", "Please fill this in"),
        ({"branch": "somewhere"}, "branch", "Choose one of those offered"),
        ({"expires_on": "2026-03-01"}, "expires_on", "A date from today on, within ten years"),
        ({"expires_on": "2036-03-20"}, "expires_on", "A date from today on, within ten years"),
        ({"expires_on": "soon"}, "expires_on", "A date"),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_typed_is_lost(
    house: House, adam: Browser, changes: dict[str, object], field: str, words: str
) -> None:
    first = make(adam, **changes)
    assert first.status_code == 422
    fault = re.search(rf'id="{field}-error">([^<]*)<', first.text)
    assert fault is not None
    assert fault.group(1) == words
    assert f'aria-describedby="{field}-error' in first.text
    kept = {"client": "Corner Market", "source": "marketplace", "expires_on": "2027-01-31"}
    for name in kept.keys() - changes.keys():
        assert value(first, name) == kept[name]
    if "scope" not in changes:
        assert re.findall(r'name="scope" value="(\w+)" checked', first.text) == ["members", "holds"]
    assert house.shop.rows("api_keys") == []
    assert value(first, "key") != value(make(adam, **changes), "key")  # a corrected form is a new wish


def test_a_key_for_a_branch_that_is_not_there_is_refused(house: House, adam: Browser) -> None:
    answer = make(adam, branch=str(house.world.lena))
    assert answer.status_code == 404
    assert value(answer, "client") == "Corner Market"
    assert house.shop.rows("api_keys") == []


def test_a_restricted_key_names_its_branches(house: House, adam: Browser) -> None:
    key = key_in(make(adam, branch=str(house.world.london.branch())))
    assert "London Soho" in text(adam.get(f"/admin/keys/{prefix_of(key)}"))
    assert "Every branch" not in text(adam.get("/admin/keys"))


@on_both
def test_a_rotated_key_works_beside_the_new_one_until_the_overlap_ends(house: House, adam: Browser) -> None:
    old = key_in(make(adam))
    page = adam.get(f"/admin/keys/{prefix_of(old)}")
    form = {"key": value(page, "key"), "overlap_hours": "1"}
    rotated = adam.post(f"/admin/keys/{prefix_of(old)}/rotate", form)
    new = key_in(rotated)
    assert "goes on until" in text(rotated)
    assert (calls(house.app, old), calls(house.app, new)) == (200, 200)
    again = adam.post(f"/admin/keys/{prefix_of(old)}/rotate", form)
    assert KEY.findall(again.text) == []
    assert len(house.shop.rows("api_keys")) == 2
    house.shop.later(hours=1)
    assert (calls(house.app, old), calls(house.app, new)) == (401, 200)


def test_an_overlap_that_is_not_offered_is_told_beside_the_choice(house: House, adam: Browser) -> None:
    prefix = prefix_of(key_in(make(adam)))
    answer = adam.post(f"/admin/keys/{prefix}/rotate", {"key": "k", "overlap_hours": "9999"})
    assert answer.status_code == 422
    assert 'id="overlap_hours-error">Choose one of those offered<' in answer.text
    assert len(house.shop.rows("api_keys")) == 1


def test_revoking_says_what_stops_and_pressed_twice_it_is_shown_as_ended(house: House, adam: Browser) -> None:
    key = key_in(make(adam))
    other = key_in(make(adam))
    asked = text(adam.get(f"/admin/keys/{prefix_of(key)}/revoke"))
    assert "Hold points, take or release them, and read balances" in asked
    assert "1 other key of this client goes on." in asked
    for _press in range(2):
        answer = adam.post(f"/admin/keys/{prefix_of(key)}/revoke")
        assert answer.location == f"/admin/keys/{prefix_of(key)}"
    assert (calls(house.app, key), calls(house.app, other)) == (401, 200)
    page = adam.get(f"/admin/keys/{prefix_of(key)}")
    assert "Revoked" in text(page)
    assert "/rotate" not in page.text
    assert adam.post(f"/admin/keys/{prefix_of(key)}/rotate", {"key": "late"}).status_code == 404
    assert "This key has ended already." in text(adam.get(f"/admin/keys/{prefix_of(key)}/revoke"))


def test_what_ends_first_stands_first_and_what_has_ended_last(house: House, adam: Browser) -> None:
    ends = {"Endless": "", "Summer": "2026-06-30", "Next week": "2026-03-09", "Gone": "2026-12-31"}
    keys = {name: key_in(make(adam, client=name, expires_on=day)) for name, day in ends.items()}
    adam.post(f"/admin/keys/{prefix_of(keys['Gone'])}/revoke")
    shown = re.findall(r'class="link" href="/admin/keys/\w+"><bdi>([^<]+)<', adam.get("/admin/keys").text)
    assert shown == ["Next week", "Summer", "Endless", "Gone"]
    states = re.findall(r'chip is-\w+">([^<]+)<', adam.get("/admin/keys").text)
    assert states == ["Ends soon", "In use", "In use", "Revoked"]


def test_each_step_has_its_record_with_the_administrator(house: House, adam: Browser) -> None:
    prefix = prefix_of(key_in(make(adam)))
    adam.post(f"/admin/keys/{prefix}/rotate", {"key": "k"})
    adam.post(f"/admin/keys/{prefix}/revoke")
    records = [row for row in house.shop.rows("audit_records") if row["action"].startswith("api_key.")]
    assert [row["action"] for row in records] == ["api_key.issued", "api_key.rotated", "api_key.revoked"]
    assert {row["operator_id"] is None for row in records} == {False}


@pytest.mark.parametrize("scope", Scope)
def test_the_page_lists_exactly_the_routes_that_a_key_with_the_scope_is_let_in_at(
    house: House, adam: Browser, scope: Scope
) -> None:
    key = key_in(make(adam, scope=scope.value))
    listed = {(route.method, route.path) for route in ROUTES[scope]}
    client = house.app.test_client()
    opened = set()
    ids = {"id": "019b0c5e-0000-7000-8000-000000000000", "booking_id": "B1-CM00000000X"}
    for rule in house.app.url_map.iter_rules():
        if not rule.endpoint.startswith("api."):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: ids[name.group(1)], rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST", "PATCH"}:
            answer = client.open(path, method=method, headers={"Authorization": f"Bearer {key}"})
            told = answer.get_json(silent=True) or {}
            if answer.status_code != 403 and told.get("code") != "code_not_accepted":
                opened.add((method, re.sub(r"<\w+:", "<", rule.rule)))
    assert opened == listed
    for _method, path in listed:
        assert path.replace("<", "&lt;").replace(">", "&gt;") in adam.get("/admin/keys/new").text


def test_the_navigation_is_the_administrators_alone(house: House) -> None:
    assert 'href="/admin/keys"' in house.at_till("adam").get("/counter").text
    assert 'href="/admin/keys"' in house.signed_in("adam").get("/sign-in/place").text
    for username in ("anna", "mara"):
        assert "/admin/" not in house.at_till(username).get("/counter").text
        assert "/admin/" not in house.signed_in(username).get("/sign-in/place").text
    assert "/admin/" not in house.at_till("mara").get("/manager/redemptions").text
