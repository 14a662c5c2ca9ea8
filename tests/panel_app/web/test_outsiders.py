"""What an outsider gets: nothing without a form token, no way to another site, and a browser with its doors shut."""

import logging
from uuid import UUID

import pytest

from tests.panel_app.web.browser import FRAGMENT, PAGE, Browser, heading, state
from tests.panel_app.web.house import House, on_both
from tests.panel_app.world import PASSWORD, PIN

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def changing_addresses(house: House, booking_id: str) -> list[str]:
    """Every page's address that takes a POST; the API knows no cookie that somebody else's page could use."""
    with house.app.test_request_context():
        return [
            house.app.url_for(
                rule.endpoint,
                **{name: booking_id if name == "booking_id" else str(UUID(int=7)) for name in rule.arguments},
            )
            for rule in house.app.url_map.iter_rules()
            if "POST" in (rule.methods or set()) and not rule.endpoint.startswith("api.")
        ]


def test_the_api_takes_nothing_from_a_signed_in_browser_alone(house: House) -> None:
    before = house.shop.facts()
    for path in ("/api/v1/members", "/api/v1/holds", "/api/v1/redemptions"):
        answer = house.at_till("mara").client.post(path, json={}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 401, path
    assert house.shop.facts() == before


def without_token(browser: Browser, path: str, token: str | None = None) -> int:
    form = {"key": "k", "text": "x"} | ({} if token is None else {"csrf_token": token})
    return browser.client.post(path, data=form, headers=PAGE).status_code


def test_no_change_without_the_pages_own_token(house: House) -> None:
    shop = house.shop
    booking_id = shop.reserve(shop.direct(house.world.tea)).booking_id
    mara, lena, adam = house.at_till("mara"), house.member(), house.signed_in("adam")
    strange = house.at_till("ben").form_token()
    before = shop.facts()
    for path in changing_addresses(house, booking_id):
        browser = {"me": lena, "admin": adam}.get(path.split("/")[1], mara)
        assert without_token(browser, path) == 400, path
        assert without_token(browser, path, "made up") == 400, path
        assert without_token(browser, path, strange) == 400, path
    assert shop.facts() == before
    assert mara.get("/counter").status_code == 200  # not even signed out
    assert mara.ask(f"/counter/redemptions/{booking_id}/cancel").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/%09/evil.example", "/counter"]
)
def test_no_parameter_says_where_to_go_on(house: House, target: str) -> None:
    browser = house.browser()
    there = browser.post(
        f"/sign-in?next={target}",
        {"username": "anna", "password": PASSWORD, "next": target, "redirect": target, "url": target},
    )
    assert there.location == "/sign-in/place"
    away = house.browser().post(
        f"/language?next={target}", {"language": "de", "next": target, "face": target}
    )
    assert away.location == "/counter"


@pytest.mark.parametrize("path", ["//evil.example/..", "/\\evil.example", "/%2f%2fevil.example", "/counter/"])
def test_no_path_leads_to_another_site(house: House, path: str) -> None:
    answer = house.browser().get(path)
    assert answer.status_code in {302, 308, 404}
    assert (answer.location or "/").startswith(("/", "http://localhost/"))
    assert not (answer.location or "/").startswith("//")


@pytest.mark.parametrize("method", ["TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "MOVE"])
def test_other_methods_are_refused(house: House, method: str) -> None:
    for path in ("/", "/sign-in", "/counter", "/counter/codes", "/me"):
        answer = house.browser().client.open(path, method=method, headers=PAGE | {"X-Secret": "echo"})
        assert answer.status_code in {405, 401}, path
        assert "echo" not in answer.text


def test_every_answer_carries_the_headers(house: House) -> None:
    anna = house.at_till("anna")
    answers = [
        house.browser().get("/sign-in"),
        house.browser().get("/counter"),
        house.browser().get("/no-such-page"),
        house.browser().get("/static/css/app.css"),
        house.browser().get("/livez"),
        anna.get("/counter"),
        anna.ask("/counter/codes", {"mode": "typed", "text": "nonsense"}),
        anna.post("/counter", {}),
    ]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert len(answer.headers["X-Request-Id"]) == 32
        assert "Strict-Transport-Security" not in answer.headers


def test_pages_stay_in_no_cache_and_files_may(house: House) -> None:
    for path in ("/sign-in", "/counter", "/livez", "/no-such-page"):
        assert house.browser().get(path).headers["Cache-Control"] == "no-store"
    assert house.browser().get("/static/css/app.css").headers.get("Cache-Control") != "no-store"


def test_no_page_has_a_script_or_a_style_of_its_own_in_it(house: House) -> None:
    pages = [
        house.at_till("mara").get(path) for path in ("/counter", "/manager/redemptions", "/sign-in/place")
    ]
    pages += [house.member().get("/me"), house.browser().get("/sign-in")]
    for page in pages:
        assert page.status_code == 200
        assert " style=" not in page.text
        assert "<style" not in page.text
        assert " onclick=" not in page.text
        for script in page.text.split("<script")[1:]:
            assert ' src="/static/js/' in script.partition(">")[0]


@on_both
def test_no_code_and_no_secret_is_written_to_a_log(
    house: House, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    claim = house.shop.claim(house.world.mug)
    member_code = house.shop.code(house.world.lena)
    anna, lena = house.at_till("anna"), house.member()
    spoken = [claim.code, claim.short_code, member_code.text, member_code.typed, "R1CMNOTGENUINE000000"]
    for mode in ("wedge", "typed"):
        for code in spoken:
            anna.ask("/counter/codes", {"mode": mode, "text": code})
    lena.get("/me/code")
    house.browser().sign_in("anna", "a wrong long password")
    told = "".join([*capfd.readouterr(), caplog.text])
    for secret in (*spoken, PASSWORD, PIN, "a wrong long password", anna.cookie(), lena.cookie()):
        assert secret not in told
        assert secret.replace(" ", "") not in told


def test_no_code_stands_in_an_address(house: House) -> None:
    claim = house.shop.claim(house.world.mug)
    anna, lena = house.at_till("anna"), house.member()
    claimed = anna.ask("/counter/codes", {"mode": "wedge", "text": claim.code})
    assert state(claimed) == "claim"
    for page in (claimed, lena.get("/me"), anna.get("/counter")):
        addresses = [part.partition('"')[0] for part in page.text.split('="/')]
        assert not [address for address in addresses if claim.code in address or claim.short_code in address]
    for path in ("/counter/codes", "/me/code"):
        assert anna.get(f"{path}?text={claim.code}").status_code in {403, 405}


def test_a_script_that_is_not_signed_in_is_told_so_and_not_sent_elsewhere(house: House) -> None:
    answer = house.browser().client.get("/counter/outcomes", headers=FRAGMENT)
    assert answer.status_code == 401
    assert (state(answer), heading(answer)) == ("locked", "Sign in again")


def test_health_tells_nothing_but_health(house: House) -> None:
    for path in ("/livez", "/readyz", "/healthz"):
        answer = house.browser().get(path)
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})
