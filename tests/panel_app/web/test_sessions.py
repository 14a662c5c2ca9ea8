"""Sessions: renewed at sign-in, worth nothing after sign-out, ended with the user, and flagged as they must be."""

import hashlib
from typing import Any

import pytest
import sqlalchemy as sa
from flask import session

import ledger
from panel_app.programme import operators
from panel_app.programme.access import Permission
from panel_app.programme.models import Member
from panel_app.web.permissions import needs
from panel_app.web.table_sessions import forget_expired
from tests.panel_app.web.browser import SESSION, Browser
from tests.panel_app.web.house import House, on_both
from tests.panel_app.world import SEED

SECURE = "https://localhost"


def signed_in_rows(house: House) -> list[dict[str, Any]]:
    return [row for row in house.shop.rows("sessions") if row["operator_id"]]


def with_cookie(house: House, value: str) -> Browser:
    """Another browser that holds a copy of the session's cookie."""
    copy = house.browser()
    copy.put_cookie(value)
    return copy


@on_both
def test_a_token_planted_before_sign_in_is_worth_nothing_after_it(house: House) -> None:
    victim = house.browser()
    victim.get("/sign-in")
    planted = victim.cookie()
    victim.sign_in("anna")
    assert victim.cookie() not in {"", planted}
    assert with_cookie(house, planted).get("/sign-in/place").location == "/sign-in"
    assert victim.get("/sign-in/place").status_code == 200


def test_a_token_that_the_server_never_gave_is_not_taken_up(house: House) -> None:
    victim = house.browser()
    victim.put_cookie("chosen-by-somebody-else")
    victim.get("/sign-in")
    assert victim.cookie() not in {"", "chosen-by-somebody-else"}


@on_both
def test_a_copied_cookie_is_worth_nothing_after_sign_out(house: House) -> None:
    anna = house.at_till("anna")
    copied = anna.cookie()
    assert with_cookie(house, copied).get("/sign-in/place").status_code == 200
    assert anna.post("/sign-out").location == "/sign-in"
    assert with_cookie(house, copied).get("/counter").location == "/sign-in"
    assert anna.get("/counter").location == "/sign-in"


def test_a_members_copied_cookie_is_worth_nothing_after_sign_out(house: House) -> None:
    lena = house.member()
    copied = lena.cookie()
    assert lena.post("/me/sign-out").location == "/me/sign-in"
    assert with_cookie(house, copied).get("/me").location == "/me/sign-in"


def test_a_disabled_user_is_out_at_once_and_stays_out(house: House) -> None:
    anna = house.at_till("anna")
    operators.disable_operator(house.shop.session, SEED, "anna")
    assert anna.ask("/counter/codes", {"mode": "typed", "text": "X"}).status_code in {400, 401}
    assert anna.get("/counter").location == "/sign-in"
    assert signed_in_rows(house) == []
    assert anna.sign_in("anna").status_code == 401


def test_a_new_password_ends_the_sessions_of_the_old_one(house: House) -> None:
    anna = house.at_till("anna")
    operators.reset_password(house.shop.session, SEED, "anna", "another battery staple")
    assert anna.get("/counter").location == "/sign-in"
    assert anna.sign_in("anna").status_code == 401
    assert anna.sign_in("anna", "another battery staple").location == "/sign-in/place"


@on_both
@pytest.mark.own_app
def test_a_request_under_way_does_not_bring_an_ended_session_back(house: House) -> None:
    @needs(Permission.REDEEM)
    def slow() -> str:
        session["seen"] = "yes"
        with house.database.session() as other:
            operators.reset_password(other, SEED, "anna", "another battery staple")
        return "done"

    house.app.add_url_rule("/slow", "slow", slow)
    anna = house.at_till("anna")
    assert anna.get("/slow").status_code == 200
    assert anna.get("/counter").location == "/sign-in"


def test_a_closed_membership_ends_the_phones_session(house: House) -> None:
    lena = house.member()
    assert lena.get("/me").status_code == 200
    close_membership(house)
    assert lena.get("/me").location == "/me/sign-in"


def test_a_session_ends_after_its_hours(house: House) -> None:
    anna = house.at_till("anna")
    house.shop.later(hours=11, minutes=59)
    assert anna.get("/counter").status_code == 200
    house.shop.later(minutes=1)
    assert anna.get("/counter").location == "/sign-in"


def test_sessions_that_have_run_out_are_deleted(house: House) -> None:
    house.at_till("anna")
    house.shop.later(hours=12)
    late = house.at_till("mara")
    forget_expired(house.database)
    assert [row["operator_id"] for row in house.shop.rows("sessions")] == [house.world.manager.operator_id]
    assert late.get("/counter").status_code == 200


@on_both
def test_the_table_holds_only_the_tokens_hash(house: House) -> None:
    anna = house.signed_in("anna")
    (row,) = signed_in_rows(house)
    assert row["token_hash"] == hashlib.sha256(anna.cookie().encode()).digest()
    assert anna.cookie() not in repr(row)


def test_on_plain_http_the_cookie_has_a_plain_name(house: House) -> None:
    set_cookie = house.browser().get("/sign-in").headers["Set-Cookie"]
    assert set_cookie.startswith("countermark=")
    assert flags(set_cookie) == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_on_https_the_cookie_is_bound_to_the_host_and_to_https(house: House) -> None:
    answer = house.browser().get("/sign-in", base_url=SECURE)
    assert answer.headers["Set-Cookie"].startswith("__Host-countermark=")
    assert flags(answer.headers["Set-Cookie"]) == {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_sign_in_works_over_https_and_a_plain_cookie_does_not(house: House) -> None:
    browser = house.browser()
    page = browser.get("/sign-in", base_url=SECURE)
    token = page.text.partition('csrf_token" value="')[2].partition('"')[0]
    form = {"username": "anna", "password": "correct horse battery", "csrf_token": token}
    there = browser.client.post("/sign-in", data=form, base_url=SECURE, headers={"Referer": f"{SECURE}/"})
    assert there.location == "/sign-in/place"
    assert browser.get("/sign-in/place", base_url=SECURE).status_code == 200
    plain = with_cookie(house, browser.cookie("__Host-countermark"))
    assert plain.get("/sign-in/place", base_url=SECURE).location == "/sign-in"


@pytest.mark.parametrize("value", ["", "x" * 5000, "é", "a;b", '"', "%00"])
def test_a_cookie_that_is_nonsense_is_a_new_visitor(house: House, value: str) -> None:
    answer = house.browser().get("/counter", headers={"Cookie": f"{SESSION}={value}"})
    assert (answer.status_code, answer.location) == (302, "/sign-in")


def test_a_page_without_a_form_makes_no_session(house: House) -> None:
    before = house.shop.rows("sessions")
    for address in ("/nothing-here", "/healthz", "/counter"):
        house.browser().get(address)
    assert house.shop.rows("sessions") == before
    # The control: the sign-in form needs a token, and with it a session.
    house.browser().get("/sign-in")
    assert len(house.shop.rows("sessions")) == len(before) + 1


def test_a_sixth_phone_takes_the_place_of_the_oldest(house: House) -> None:
    phones = [house.member() for _phone in range(6)]
    assert phones[0].get("/me").location == "/me/sign-in"
    assert [phone.get("/me").status_code for phone in phones[1:]] == [200] * 5


def flags(set_cookie: str) -> set[str]:
    return set(set_cookie.split("; ")[1:])


def close_membership(house: House) -> None:
    """There is no page for it yet; the status is what the use case will write."""

    def run() -> None:
        house.shop.session.execute(
            sa.update(Member).where(Member.id == house.world.lena).values(status="closed")
        )

    ledger.transact(house.shop.session, run)
