"""The translations: complete, with the right placeholders, in the words of the shop; and the check can fail."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from panel_app.web.localisation import LANGUAGES
from tests.conftest import ROOT
from tests.panel_app.web.catalogues import FOLDER, compile_all, extracted

ORIGINAL = "en"
# German says neither Sie nor du to the people in the shop; a Gutschein is a voucher that pays, never a reward.
NOT_IN_GERMAN = re.compile(r"\b(Sie|Ihr|Ihre|Ihren|Ihrem|du|dein|deine|Belohnung|Punktzahl)\b")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every message that stands in code and templates now."""
    return extracted(tmp_path_factory.mktemp("messages"))


def translation(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(message: Message) -> tuple[str, ...]:
    """The message's translation in all its forms."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def originals(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def calls_a_reward_a_voucher(message: Message, text: str) -> bool:
    return "Gutschein" in text and "voucher" not in " ".join(originals(message)).lower()


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))


def faults(there: Catalog, template: Catalog) -> Iterator[str]:
    """What keeps a translation from being whole."""
    for message in template:
        if not message.id:
            continue
        name = originals(message)[0]
        found = there.get(message.id)
        if found is None or not all(texts(found)) or len(texts(found)) < len(originals(message)):
            yield f"{name}: not translated"
            continue
        if found.fuzzy:
            yield f"{name}: fuzzy"
        needed = placeholders(originals(message)[-1])
        for text in texts(found):
            if placeholders(text) != needed:
                yield f"{name}: other placeholders"
            if text != text.strip():
                yield f"{name}: spaces around it"
    yield from (f"{originals(old)[0]}: no longer used" for old in there.obsolete.values())
    yield from (f"{name}: no longer used" for name in names(there) - names(template))


def names(catalogue: Catalog) -> set[str]:
    return {originals(message)[0] for message in catalogue if message.id}


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {ORIGINAL}))
def test_every_message_is_translated_with_its_placeholders(template: Catalog, language: str) -> None:
    assert len(names(template)) > 300
    assert list(faults(translation(language), template)) == []


def test_an_incomplete_translation_is_found(template: Catalog) -> None:
    broken = Catalog(locale="de")
    whole = Catalog(locale="de")
    whole.add("Start")
    whole.add("Till %(till)s")
    whole.add("End")
    whole.add("Close")
    whole.add(("%(num)s left", "%(num)s left"))
    broken.add("Till %(till)s", "Kasse %(kasse)s")
    broken.add("End", "")
    broken.add("Close", "Schließen", flags=["fuzzy"])
    broken.add(("%(num)s left", "%(num)s left"), ("noch %(num)s", ""))
    broken.add("Gone", "Weg")
    assert sorted(faults(broken, whole)) == [
        "%(num)s left: not translated",
        "Close: fuzzy",
        "End: not translated",
        "Gone: no longer used",
        "Start: not translated",
        "Till %(till)s: other placeholders",
    ]


def test_german_speaks_as_a_shop_does() -> None:
    wrong = [
        text
        for message in translation("de")
        for text in texts(message)
        if message.id and (NOT_IN_GERMAN.search(text) or calls_a_reward_a_voucher(message, text))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("original", "german"),
    [
        ("Reward", "Prämie"),
        ("Points", "Punkte"),
        ("Till", "Kasse"),
        ("Member", "Mitglied"),
        ("Receipt", "Beleg"),
        ("Redemptions", "Einlösungen"),
        ("Refused", "Abgelehnt"),
    ],
)
def test_the_words_of_the_glossary_have_one_german_word_each(original: str, german: str) -> None:
    catalogue = translation("de")
    found = catalogue.get(original)
    assert found is not None
    assert found.string == german


def test_the_catalogues_compile_where_a_checkout_has_none() -> None:
    compile_all()
    for language in LANGUAGES.keys() - {ORIGINAL}:
        compiled = FOLDER / language / "LC_MESSAGES" / "messages.mo"
        assert compiled.stat().st_size > 10_000


def test_setup_compiles_them_and_no_compiled_one_is_kept_in_the_repository() -> None:
    setup = Path(ROOT / "script" / "setup").read_text(encoding="utf-8")
    assert "pybabel --quiet compile --directory panel_app/translations" in setup
    assert "*.mo" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
