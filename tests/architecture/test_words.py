"""One word a thing: docs/glossary.md names the words and their synonyms, and no identifier uses a synonym."""

import ast
import re

from tests.architecture.tree import ROOT, functions, named, product_modules

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
WORDS_OF_THE_PRODUCT = {
    *("frame", "payload", "symbology", "code", "member", "operator", "branch", "till", "reward", "claim"),
    *(
        "price option",
        "quote",
        "hold",
        "capture",
        "release",
        "expiry",
        "reversal",
        "entry",
        "posting",
        "account",
    ),
    *("tender", "redemption", "booking ID", "receipt", "source", "refusal", "reason", "idempotency key"),
    *("ticket", "request", "approval", "seal", "transaction"),
}


def synonyms(glossary: str) -> dict[str, str]:
    """Each forbidden synonym with the word to use, from the lines `- **word**: … Not: a, b.`"""
    found = {}
    for word, others in re.findall(r"^- \*\*([^*]+)\*\*.* Not: ([^.\n]+)\.$", glossary, re.MULTILINE):
        found |= {other.strip(): word for other in others.split(",")}
    return found


def defined_names(source: str) -> set[str]:
    """The names that a module gives: classes, functions, parameters, fields and variables."""
    tree = ast.parse(source)
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    names |= {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return names | {function.name for function in functions(tree)}


def parts(name: str) -> set[str]:
    """The words of a name: hold_ids and HoldIds are both hold and ids."""
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def test_every_word_of_the_product_stands_in_the_glossary() -> None:
    there = set(re.findall(r"^- \*\*([^*]+)\*\*", GLOSSARY, re.MULTILINE))
    assert sorted(WORDS_OF_THE_PRODUCT - there) == []


def test_no_identifier_uses_a_synonym() -> None:
    forbidden = synonyms(GLOSSARY)
    offenders = [
        f"{named(path)}: {name} (say {forbidden[word]})"
        for path in product_modules()
        for name in sorted(defined_names(path.read_text(encoding="utf-8")))
        for word in sorted(parts(name) & forbidden.keys())
    ]
    assert offenders == []


def test_a_synonym_is_found_in_every_kind_of_name() -> None:
    assert synonyms(GLOSSARY)["customer"] == "member"
    source = "class CustomerRow:\n    customer_id: int\ndef find_customer(customer): ...\n"
    names = defined_names(source)
    assert names == {"CustomerRow", "customer_id", "find_customer", "customer"}
    assert all("customer" in parts(name) for name in names)
