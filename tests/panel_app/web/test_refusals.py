"""Every refusal has a status and words in every language, and is shown whole at the counter."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from ledger import Reason, Refusal
from panel_app.programme import refusals
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.web import errors, messages
from panel_app.web.localisation import LANGUAGES

# One example value for each type of field; these are what a refusal can carry.
EXAMPLES: dict[str, Any] = {
    "str": "Berlin Mitte",
    "str | None": "2",
    "int": 61,
    "int | None": 64,
    "Rule": Rule.LENGTH_AT_MOST,
    "Points": 1200,
    "Minor": 400,
    "date": date(2026, 3, 1),
    "datetime": datetime(2026, 3, 1, 17, 5, tzinfo=UTC),
    "tuple[str, ...]": ("Berlin Mitte", "Hamburg"),
}
SPECIAL: dict[str, Any] = {"currency": "EUR", "booking_id": "B1-ABCD", "kind": "url", "status": "completed"}
# Two reasons for the books and the counter, one thing for the person who reads it.
ONE_TITLE = {frozenset({Reason.HOLD_CLOSED, Reason.REDEMPTION_CLOSED})}


def kinds(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from kinds(child)


def example(kind: type[Refusal]) -> Refusal:
    """A refusal of this class with data in every field."""
    values = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        name = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        values[field.name] = SPECIAL.get(field.name, EXAMPLES.get(str(field.type), EXAMPLES.get(name)))
        assert values[field.name] is not None, f"no example of {field.type}"
    return kind(**values)


KINDS = sorted(set(kinds()), key=lambda kind: kind.__name__)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """A request in this language."""
    with app.test_request_context(), force_locale(request.param):
        yield str(request.param)


def test_every_class_of_refusals_is_met() -> None:
    assert len(KINDS) > 50
    assert refusals.SignInFailed in KINDS
    assert {kind.reason for kind in KINDS} <= set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_status_that_says_no(reason: Reason) -> None:
    assert errors.status_of(reason) in {401, 403, 404, 409, 410, 422, 429}


def test_every_reason_has_a_title_and_an_action(language: str) -> None:
    for reason in Reason:
        title, action = messages.title_of(reason), messages.action_of(reason)
        assert 2 < len(title) < 60, (language, reason)
        assert action[-1] in ".!", (language, reason)
        assert title != action


def test_no_two_reasons_share_a_title_without_cause(language: str) -> None:
    titles = Counter(messages.title_of(reason) for reason in Reason)
    shared = {
        frozenset(reason for reason in Reason if messages.title_of(reason) == title)
        for title, count in titles.items()
        if count > 1
    }
    assert shared <= ONE_TITLE, language


def test_the_languages_do_not_share_their_words(app: Flask) -> None:
    with app.test_request_context():
        spoken = {}
        for code in LANGUAGES:
            with force_locale(code):
                spoken[code] = [messages.action_of(reason) for reason in Reason]
    assert len(spoken) > 1
    for index, reason in enumerate(Reason):
        assert len({words[index] for words in spoken.values()}) == len(spoken), reason


@pytest.mark.parametrize(
    "refusal", [example(kind) for kind in KINDS], ids=lambda refusal: type(refusal).__name__
)
def test_every_refusal_with_its_data_is_shown_whole(app: Flask, refusal: Refusal) -> None:
    for code in LANGUAGES:
        with app.test_request_context(), force_locale(code):
            title, action = messages.title_of(refusal), messages.action_of(refusal)
            words = [title, action, messages.field_text(refusal)]
            fragment = errors.refused(refusal)
        assert not [text for text in words if re.search(r"%\(|%s|None|\{|datetime", text)], words
        assert fragment.status_code in {403, 404, 409, 410, 422}
        assert fragment.headers["Countermark-State"] == "refused"
        html = fragment.get_data(as_text=True)
        assert f'data-reason="{refusal.reason.value}"' in html


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (refusals.LockedOut(seconds_left=1), "Wait 1 minute."),
        (refusals.LockedOut(seconds_left=61), "Wait 2 minutes."),
        (refusals.TooManyAttempts(seconds_left=60), "Wait 1 minute. Scanning goes on."),
        (refusals.WrongBranch(branches=("Köln", "Ulm")), "It can be used at: Köln, Ulm."),
        (
            refusals.NotYetValid(valid_from=date(2026, 4, 1)),
            "Valid from Apr 1, 2026. Another reward may be in reach.",
        ),
        (refusals.ForeignCode(kind="ean"), "This is a product's bar code that is no reward here."),
        (refusals.ForeignCode(kind="text"), "Ask for the code from our own app or card."),
    ],
)
def test_the_action_says_what_the_data_say(app: Flask, refusal: Refusal, words: str) -> None:
    with app.test_request_context(), force_locale("en"):
        assert messages.action_of(refusal).strip() == words


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_of_a_field_has_words(language: str, rule: Rule):
    refusal = InvalidInput(field="field", rule=rule, low=1, high=64, example="4.00")
    words = messages.field_text(refusal)
    assert words
    assert words != rule.value
    assert "%(" not in words
    assert language
