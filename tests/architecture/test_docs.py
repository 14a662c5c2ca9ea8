"""The docs say what the code does: refusals, settings, commands, versions; compared, not trusted."""

import os
import re
import tomllib

import click
from pydantic import AliasChoices

from ledger import Reason
from panel_app.cli import main
from panel_app.config import Settings
from panel_app.demo.shops import PASSWORDS, STAFF
from tests.architecture.tree import ROOT


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^### (\w+)$", text, re.MULTILINE)


def commands_of(group: click.Group, before: str = "") -> set[str]:
    """Every command by its full name: `db upgrade`, `serve`."""
    found = set()
    for name, command in group.commands.items():
        found |= (
            commands_of(command, f"{before}{name} ") if isinstance(command, click.Group) else {before + name}
        )
    return found


def variables() -> dict[str, str]:
    """The environment's name of each setting, with its default as the docs write it."""
    found = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        variable = (
            alias.choices[0] if isinstance(alias, AliasChoices) else alias or f"COUNTERMARK_{name.upper()}"
        )
        found[str(variable)] = "none" if field.default is None else f"`{field.default}`"
    return found


def test_every_reason_has_one_heading_and_no_heading_is_left_over() -> None:
    assert sorted(headings(read("docs/refusals.md"))) == sorted(reason.value for reason in Reason)


def test_every_refusal_is_told_in_a_sentence_at_least() -> None:
    sections = re.split(r"^### \w+$", read("docs/refusals.md"), flags=re.MULTILINE)[1:]
    assert [section for section in sections if len(section.split()) < 6] == []


def test_every_setting_is_documented_with_its_default_and_no_row_is_left_over() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", read("docs/operating.md"), re.MULTILINE)
    assert dict(rows) == variables()


def test_the_scripts_that_the_docs_name_are_there_and_run() -> None:
    named = {
        script
        for page in ("README.md", "docs/operating.md", "docs/architecture.md")
        for script in re.findall(r"\bscript/([a-z]+)", read(page))
    }
    assert {"server", "test"} <= named
    assert [name for name in sorted(named) if not os.access(ROOT / "script" / name, os.X_OK)] == []
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_commands_that_the_docs_name_are_there() -> None:
    there = commands_of(main)
    named = {
        words
        for page in ("README.md", "docs/operating.md", "CHANGELOG.md")
        for words in re.findall(r"(?:^    |`)countermark ([a-z-]+(?: [a-z]+)?)", read(page), re.MULTILINE)
    }
    assert {"serve", "db upgrade"} <= named
    assert sorted(words for words in named if words not in there and words.split()[0] not in there) == []


def test_the_logins_that_the_readme_gives_are_those_of_the_demo() -> None:
    given = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", read("README.md"), re.MULTILINE)
    assert len(given) == 4
    assert set(given) <= {(plan.username, PASSWORDS[plan.role]) for plan in STAFF}


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    changelog = read("CHANGELOG.md")
    assert "## [Unreleased]" in changelog
    assert version in changelog


def test_every_decision_says_its_context_and_its_price() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert decisions[0].name.startswith("0001-")
    for decision in decisions:
        parts = re.findall(r"^## (\w+)$", decision.read_text(encoding="utf-8"), re.MULTILINE)
        assert parts == ["Context", "Decision", "Price"], decision.name


def test_links_between_the_docs_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []
