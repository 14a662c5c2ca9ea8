"""Who may open what: every route has a permission, and every address answers each role only what it says."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

import ledger
from panel_app.programme import access
from panel_app.programme.access import Permission
from panel_app.programme.models import Assignment, Operator, Role
from panel_app.web.permissions import permission_of
from tests.panel_app.web.browser import Browser
from tests.panel_app.web.house import House

FILES = "static"
# These judge by name and password themselves, and say 401 to an empty form.
SIGN_INS = {("POST", "sign_in.submit"), ("POST", "member.sign_in")}
SIGN_OUTS = {"sign_in.sign_out", "member.sign_out"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    permissions: frozenset[Permission]
    browser: Callable[[House], Browser]


PEOPLE = {
    "nobody": Person(permissions=frozenset(), browser=House.browser),
    "store user without a place": Person(
        permissions=frozenset({Permission.SIGNED_IN}), browser=lambda house: house.signed_in("anna")
    ),
    "store user": Person(permissions=access.STORE_USER, browser=lambda house: house.at_till("anna")),
    "manager": Person(permissions=access.BRANCH_MANAGER, browser=lambda house: house.at_till("mara")),
    "administrator": Person(permissions=access.ADMINISTRATOR, browser=lambda house: house.at_till("adam")),
    "administrator without a place": Person(
        permissions=frozenset({Permission.SIGNED_IN, Permission.ADMINISTER}),
        browser=lambda house: house.signed_in("adam"),
    ),
    "member": Person(permissions=access.MEMBER, browser=House.member),
}


def undeclared(app: Flask) -> list[str]:
    """The routes that say no permission; Flask's own files are everybody's."""
    return [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != FILES and permission_of(app.view_functions[rule.endpoint]) is None
    ]


def permission(app: Flask, rule: Rule) -> Permission:
    """What a route needs; Flask's own files are everybody's."""
    found = Permission.PUBLIC if rule.endpoint == FILES else permission_of(app.view_functions[rule.endpoint])
    assert found is not None
    return found


def addresses(app: Flask, booking_id: str) -> list[tuple[Rule, str]]:
    """Every address with its rule."""
    known = {
        "booking_id": booking_id,
        "filename": "css/app.css",
        "id": str(ledger.new_id()),
        "till_id": str(ledger.new_id()),
        "event_id": str(ledger.new_id()),
        "prefix": "000000000000",
    }
    with app.test_request_context():
        return [
            (rule, app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments}))
            for rule in app.url_map.iter_rules()
        ]


def test_every_route_declares_its_permission(app: Flask) -> None:
    assert undeclared(app) == []
    assert len(app.view_functions) > 20


@pytest.mark.own_app
def test_an_undeclared_route_is_found_and_answers_nobody(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert undeclared(app) == ["forgotten"]
    answer = Browser.of(app).get("/forgotten")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("name", PEOPLE)
def test_every_address_answers_this_person_what_its_permission_says(house: House, name: str) -> None:
    person = PEOPLE[name]
    booking_id = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    browser = person.browser(house)
    wrong = []
    for rule, address in addresses(house.app, booking_id):
        let_in = permission(house.app, rule) in person.permissions | {Permission.PUBLIC}
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = asked(browser, method, address)
            told = answer.status_code, answer.location
            if (method, rule.endpoint) in SIGN_INS:
                fits = told == (401, None)
            elif permission(house.app, rule) is Permission.API_CLIENT:
                fits = told == (401, None)  # a session is no key
            elif let_in:
                fits = answer.status_code < 500 and answer.status_code not in {401, 403}
                fits &= rule.endpoint in SIGN_OUTS or not (answer.location or "").endswith("/sign-in")
            else:
                fits = told in refusals(name, method)
            if not fits:
                wrong.append(f"{method} {address}: {told}")
        if rule.endpoint in SIGN_OUTS:
            browser = person.browser(house)
    assert wrong == []


def asked(browser: Browser, method: str, address: str) -> TestResponse:
    """As a page would: only the API has other methods than these two."""
    if method == "GET":
        return browser.get(address)
    return browser.post(address) if method == "POST" else browser.client.open(address, method=method)


def refusals(name: str, method: str) -> set[tuple[int, str | None]]:
    """How a person without the permission is refused: sent to a sign-in, or to the tills, when that could help."""
    if name.endswith("without a place") and method == "GET":
        return {(302, "/sign-in/place")}
    if name != "nobody":
        return {(403, None)}
    return {(302, "/sign-in"), (302, "/me/sign-in")} if method == "GET" else {(401, None)}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/counter/receipts/{}", "GET"),
        ("/counter/redemptions/{}/confirm", "POST"),
        ("/counter/redemptions/{}/cancel", "POST"),
        ("/counter/redemptions/{}/renew", "POST"),
        ("/counter/redemptions/{}/undo", "POST"),
    ],
)
def test_another_branchs_booking_is_not_there(house: House, path: str, method: str) -> None:
    shop = house.shop
    booking_id = shop.reserve(shop.direct(house.world.tea)).booking_id
    london = house.at_till("olivia", house.world.london)
    address = path.format(booking_id)
    before = shop.facts()
    answer = london.get(address) if method == "GET" else london.ask(address, {"key": "another branch"})
    assert answer.status_code == 404
    assert "Tea" not in answer.text
    assert shop.facts() == before


def test_another_branchs_booking_has_no_life_for_a_foreign_manager(house: House) -> None:
    booking_id = house.shop.redeem(house.shop.claim(house.world.mug).code).booking_id
    adam = house.at_till("adam", house.world.london)
    assert adam.get(f"/manager/redemptions/{booking_id}").status_code == 404
    assert booking_id not in adam.get("/manager/redemptions").text
    assert adam.get(f"/manager/redemptions?cursor={booking_id}").status_code == 404
    assert adam.get(f"/manager/redemptions/{booking_id}/member").status_code == 404
    reversal = {"key": "k", "reason": "wrong_reward", "goods": "gone"}
    assert adam.post(f"/manager/redemptions/{booking_id}/reverse", reversal).status_code == 404
    mara = house.at_till("mara")
    assert mara.get(f"/manager/redemptions/{booking_id}").status_code == 200


def test_a_role_counts_only_at_its_own_branch(house: House) -> None:
    anna = house.at_till("anna")
    refused = anna.post("/sign-in/place", {"till_id": str(house.world.london.till_id)})
    assert refused.status_code == 403
    assert "Berlin Mitte" in anna.get("/counter").text


def test_a_changed_role_counts_at_the_next_request(house: House) -> None:
    mara = house.at_till("mara")
    assert mara.get("/manager/redemptions").status_code == 200
    demoted(house, "mara")
    assert mara.get("/manager/redemptions").status_code == 403
    assert mara.get("/counter").status_code == 200


def demoted(house: House, username: str) -> None:
    """Make somebody a store user; the panel has no page for it yet, so the role is changed in the table."""

    def run() -> None:
        role = sa.select(Role.id).where(Role.name == "store user").scalar_subquery()
        who = sa.select(Operator.id).where(Operator.username == username).scalar_subquery()
        house.shop.session.execute(
            sa.update(Assignment).where(Assignment.operator_id == who).values(role_id=role)
        )

    ledger.transact(house.shop.session, run)
