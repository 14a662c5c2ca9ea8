"""What templates, scripts and style sheets must not hold: what the content policy or another language breaks."""

import re
from pathlib import Path

import pytest

import panel_app

ROOT = Path(panel_app.__file__).parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
COUNTER_STYLES = ("app.css", "counter.css", "outcomes.css")

INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
OTHER_HOST = re.compile(r"[\"'(](?:https?:)?//|@import|\bfrom \"(?!\./)")
ONE_SIDED = re.compile(
    r"\b(?:margin|padding|border)-(?:left|right)\b|(?<![-\w])(?:left|right)\s*:|text-align:\s*(?:left|right)"
)
# What stands between two tags, or a tag and an expression, once expressions, statements and comments are gone.
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
BETWEEN_TAGS = re.compile(r">([^<]*)<")
# Names of things, which are the same in every language.
NAMES = {"Countermark", "Enter", "Esc", "A4"}


def inline_parts(text: str) -> list[str]:
    return INLINE.findall(JINJA.sub("", text))


def bare_words(text: str) -> list[str]:
    # The attributes of <body> stand in a block of their own, outside any tag.
    pages = re.sub(r"\{% block body_attributes %\}.*?\{% endblock %\}", "", text, flags=re.DOTALL)
    markup = re.sub(r"<kbd[^>]*>.*?</kbd>", "", JINJA.sub("", pages), flags=re.DOTALL)
    found = [words.strip(" ·") for words in BETWEEN_TAGS.findall(re.sub(r"\n\s*", "", markup))]
    return [words for words in found if re.search(r"[A-Za-z]{2}", words) and words not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_holds_nothing_inline_and_no_word_outside_the_translations(path: Path):
    text = path.read_text(encoding="utf-8")

    assert inline_parts(text) == []
    assert bare_words(text) == []


def test_the_two_checks_of_templates_find_what_they_look_for():
    assert inline_parts('<p style="x">') == [" style="]
    assert inline_parts('<a onclick="x()">') == [" onclick="]
    assert inline_parts("<script>x()</script>") == ["<script"]
    assert bare_words('<p>Hello</p><p>{{ _("Good") }}</p>') == ["Hello"]


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_a_script_or_style_sheet_asks_no_other_host(path: Path):
    assert OTHER_HOST.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_knows_start_and_end_but_not_left_and_right(path: Path):
    assert ONE_SIDED.findall(path.read_text(encoding="utf-8")) == []


def test_the_check_of_hosts_finds_what_it_looks_for():
    assert OTHER_HOST.findall('import x from "vue"') != []
    assert OTHER_HOST.findall('fetch("//example.com/x")') != []


def test_the_check_of_style_sheets_finds_what_it_looks_for():
    assert ONE_SIDED.findall("a { margin-left: 1px; left: 2px; text-align: right }") != []


def test_each_module_says_in_its_first_line_what_it_is():
    assert [path.name for path in SCRIPTS if not path.read_text(encoding="utf-8").startswith("/**")] == []


def test_the_counters_scripts_and_styles_leave_room_for_the_page_within_100_kilobytes():
    styles = sum((ROOT / "static" / "css" / name).stat().st_size for name in COUNTER_STYLES)
    scripts = sum(path.stat().st_size for path in loaded_with("counter.js"))

    assert styles + scripts < 82_000


def test_what_is_loaded_only_when_it_is_needed_does_not_count():
    names = {path.name for path in loaded_with("counter.js")}
    assert {"counter.js", "camera.js", "bursts.js"} <= names
    assert names.isdisjoint({"photo.js", "detector.js", "scanner_setup.js", "member_code.js"})


def loaded_with(name: str) -> set[Path]:
    """A script and all that it imports before it runs."""
    found: set[Path] = set()
    waiting = [ROOT / "static" / "js" / name]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            imports = re.findall(
                r'^import .*from "\./(\w+\.js)"', path.read_text(encoding="utf-8"), re.MULTILINE
            )
            waiting += [path.with_name(imported) for imported in imports]
    return found
