"""A right-to-left language of an installation's own: every page turns round, and no word escapes translation.

The language is made here: each message is its English between brackets, so that a word without them is one that
nobody can translate.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from werkzeug.test import TestResponse

from panel_app.programme import webhook_queue
from scanner import qr_png
from tests.panel_app.web.browser import FRAGMENT, LANGUAGE, Browser, state, value
from tests.panel_app.web.catalogues import extracted
from tests.panel_app.web.house import House

READ_ALOUD = ("aria-label", "placeholder", "title", "alt")
# Data and keys: what people or the programme named, and what is written on a keyboard.
NAMES = re.compile(
    r"Countermark|Berlin Mitte|Till \d|Anna Berg|Mara Vogt|Adam Roth|Lena S\.|Mug|A mug\.|One a visit\.|BER|LON|EUR"
    r"|London Soho|English|Deutsch|in-store|Debit By Redemption|[BMRC]1-?[0-9A-Z-]{3,}|M-1|Alt|GBP|mm"
)


@pytest.fixture(scope="module")
def translations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one language, whose every message is the English one between brackets."""
    folder = tmp_path_factory.mktemp("translations")
    bracketed = Catalog(locale="ar")
    for message in extracted(folder):
        if isinstance(message.id, str):
            bracketed.add(message.id, f"⟦{message.id}⟧" if message.id else "")
        elif message.id:
            bracketed.add(message.id, tuple(f"⟦{message.id[1]}⟧" for _ in range(bracketed.num_plurals)))
    place = folder / "ar" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, bracketed)
    return folder


@pytest.fixture
def turned(house: House, translations: Path) -> Iterator[House]:
    """The house with the language added by its configuration."""
    house.app.config["LANGUAGES"]["ar"] = "⟦ar⟧"
    house.app.extensions["babel"].translation_directories.append(str(translations))
    yield house
    house.app.extensions["babel"].translation_directories.remove(str(translations))
    del house.app.config["LANGUAGES"]["ar"]


class Visible(HTMLParser):
    """Collects what a person sees or hears of a page, but for data and keys."""

    SKIPPED = ("script", "style", "bdi", "kbd", "svg")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SKIPPED:
            self._skipping.append(tag)
        self.texts += [text for name, text in attrs if name in READ_ALOUD and text]

    def handle_endtag(self, tag: str) -> None:
        if self._skipping and self._skipping[-1] == tag:
            self._skipping.pop()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.texts.append(data)


def untranslated(html: str) -> list[str]:
    """The words of a page that stand outside the brackets."""
    visible = Visible()
    visible.feed(html)
    found = []
    for text in visible.texts:
        rest = text
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", rest)) != rest:
            rest = shorter
        found += re.findall(r"[A-Za-z]{2,}", NAMES.sub(" ", rest))
    return found


def is_turned(answer: TestResponse, *codes: str) -> None:
    """The page or fragment is in the made language, whole, but for these codes."""
    assert answer.status_code < 500
    if "<html" in answer.text:
        assert '<html lang="ar" dir="rtl">' in answer.text
    assert "⟦" in answer.text
    shown = answer.text
    for code in codes:
        assert code in shown
        shown = shown.replace(code, "")
    assert untranslated(shown) == []


def test_a_word_outside_the_translations_is_found() -> None:
    page = "<p>⟦Hold ⟦2 points⟧ for⟧ Mug <b>left over</b><input placeholder='Type'><bdi>Max</bdi></p>"
    assert untranslated(page) == ["left", "over", "Type"]


@pytest.mark.parametrize("path", ["/sign-in", "/me/sign-in", "/no-such-page", "/counter/codes"])
def test_pages_for_everybody_are_turned(turned: House, path: str) -> None:
    is_turned(Browser.of(turned.app, "ar").get(path))


def in_the_language(browser: Browser) -> Browser:
    browser.put_cookie("ar", LANGUAGE)
    return browser


def test_a_refused_sign_in_is_turned(turned: House) -> None:
    is_turned(Browser.of(turned.app, "ar").sign_in("anna", "a wrong long password"))


def test_the_choice_of_the_till_is_turned(turned: House) -> None:
    is_turned(in_the_language(turned.signed_in("mara")).get("/sign-in/place"))
    is_turned(in_the_language(turned.signed_in("anna")).get("/sign-in/place"))


def test_the_counters_page_and_its_outcomes_are_turned(turned: House) -> None:
    till = in_the_language(turned.at_till("anna"))
    is_turned(till.get("/counter"))
    till.ask("/counter/codes", {"mode": "typed", "text": "nonsense"})
    turned.shop.redeem(turned.shop.claim(turned.world.mug).code)
    is_turned(till.get("/counter/outcomes"))


def test_the_state_locked_is_turned_whatever_locked_it(turned: House) -> None:
    till = in_the_language(turned.at_till("anna"))
    old = till.client.post("/counter/codes", headers=FRAGMENT)
    assert (old.status_code, state(old)) == (400, "locked")
    is_turned(old)
    lost = in_the_language(turned.signed_in("anna")).ask("/counter/codes")
    assert (lost.status_code, state(lost)) == (403, "locked")
    is_turned(lost)
    till.post("/sign-out")
    is_turned(till.ask("/counter/codes"))


def test_every_state_from_the_member_to_the_receipt_is_turned(turned: House) -> None:
    till = in_the_language(turned.at_till("anna"))
    turned.shop.claim(turned.world.mug, quantity=2)
    member = till.ask("/counter/codes", {"mode": "wedge", "text": turned.shop.code(turned.world.lena).text})
    is_turned(member)
    visit = {"visit_id": value(member, "visit_id"), "reward_id": str(turned.world.mug)}
    is_turned(till.ask("/counter/prices", visit))
    option = str(turned.shop.option(turned.world.mug, 1))
    due = till.ask("/counter/redemptions", visit | {"option_id": option, "key": "k"})
    is_turned(due)
    confirm = due.text.partition('action="')[2].partition('"')[0]
    is_turned(till.ask(confirm, {"key": "wrong", "tender-0-type": "card", "tender-0-amount": "x"}))
    done = till.ask(
        confirm, {"key": "k", "tender-0-type": "cash", "tender-0-amount": "4,00", "tender-0-given": "5"}
    )
    assert state(done) == "done"
    is_turned(done)
    is_turned(till.get(f"/counter/receipts/{confirm.split('/')[3]}"))
    is_turned(till.ask("/counter/codes", {"mode": "wedge", "text": confirm.split("/")[3]}))


def test_the_states_of_a_reward_code_are_turned(turned: House) -> None:
    till = in_the_language(turned.at_till("anna"))
    claim = turned.shop.claim(turned.world.mug, quantity=2)
    is_turned(till.ask("/counter/frames", qr_png(claim.code)))
    turned.shop.redeem(claim.code)
    again = till.ask("/counter/codes", {"mode": "wedge", "text": claim.code})
    assert state(again) == "already-done"
    is_turned(again)
    turned.shop.later(minutes=1)
    turned.shop.redeem(claim.code)
    turned.shop.later(minutes=1)
    used = till.ask("/counter/codes", {"mode": "wedge", "text": claim.code})
    assert state(used) == "refused"
    is_turned(used)
    is_turned(till.ask("/counter/outcome", {"key": "never heard of"}))


def test_the_managers_pages_are_turned(turned: House) -> None:
    mara = in_the_language(turned.at_till("mara"))
    is_turned(mara.get("/manager/redemptions"))
    booking_id = turned.shop.redeem(turned.shop.claim(turned.world.mug).code).booking_id
    is_turned(mara.get("/manager/redemptions"))
    is_turned(mara.get(f"/manager/redemptions/{booking_id}"))
    is_turned(mara.get("/manager/tills"))
    is_turned(mara.get(f"/manager/tills/{turned.world.berlin.till_id}/revoke"))


def test_the_administrators_pages_are_turned(turned: House) -> None:
    adam = in_the_language(turned.signed_in("adam"))
    is_turned(adam.post("/admin/keys", {"key": "no"}))
    is_turned(adam.get("/admin/webhooks/new"))
    form = {"key": "k", "client": "M-1", "source": "mm", "scope": ["admin"], "branch": "every"}
    is_turned(adam.post("/admin/keys", form | {"source": "in-store"}))
    made = adam.post("/admin/keys", form | {"key": "k2"})
    (prefix,) = re.findall(r"cmk_([0-9a-f]{12})_", made.text)
    is_turned(made, *re.findall(r"cmk_[\w-]+", made.text))
    is_turned(adam.post("/admin/keys", form | {"key": "k2"}))
    for path in ("", f"/{prefix}", f"/{prefix}/revoke", "/new"):
        is_turned(adam.get(f"/admin/keys{path}"))
    hook = {"key": "h", "client": "M-1", "url": "https://93.184.215.14/", "event": "claim.issued"}
    is_turned(adam.post("/admin/webhooks", hook | {"url": "https://localhost/"}), "https://localhost/")
    made = adam.post("/admin/webhooks", hook | {"key": "h2"})
    is_turned(made, *re.findall(r"whsec_[\w+/=]+", made.text))
    (page,) = re.findall(r'href="(/admin/webhooks/[0-9a-f-]{36})"', made.text)
    turned.shop.claim(turned.world.mug)
    webhook_queue.fan_out(turned.shop.session)
    is_turned(adam.get("/admin/webhooks"))
    is_turned(adam.get(f"{page}?begun=2"))
    adam.post(f"{page}/disable")
    is_turned(adam.get(page))
    is_turned(adam.get("/admin/webhooks"))


def test_the_members_pages_are_turned(turned: House) -> None:
    lena = in_the_language(turned.member())
    turned.shop.redeem(turned.shop.claim(turned.world.mug).code)
    claim = turned.shop.claim(turned.world.mug)
    is_turned(lena.get("/me"), claim.code, claim.short_code)
    is_turned(lena.get("/me/rewards"))
    is_turned(lena.post("/me/claims", {"key": "k", "reward_id": str(turned.world.mug), "quantity": "9"}))
