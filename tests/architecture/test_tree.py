"""The repository is for every machine: no path of one, no registry, no foreign plain-http host."""

import re

import pytest

from tests.architecture.tree import text_files

# Written with gaps, so that this file does not accuse itself.
MACHINE = re.compile(r"(?<![\w.])/(?:wo[r]k|ro[o]t|ho[m]e/\w+|Us[e]rs/\w+|o[p]t)/")
REGISTRY = re.compile(r"py[p]i\.|pytho[n]hosted|registry\.npm[j]s|de[b]\.debian")
PLAIN_HTTP = re.compile(r"http:/[/]([A-Za-z0-9.-]+)")
HOSTS_ANYBODY_MAY_NAME = re.compile(
    r"localhost|[\d.]+|www\.w3\.org|(.*\.)?example(\.(com|org|net))?|.*\.(test|invalid|localhost)"
)


def accusations(text: str) -> list[str]:
    """What in a text belongs to one machine only."""
    found = [match.group() for pattern in (MACHINE, REGISTRY) for match in pattern.finditer(text)]
    return found + [host for host in PLAIN_HTTP.findall(text) if not HOSTS_ANYBODY_MAY_NAME.fullmatch(host)]


def test_no_file_belongs_to_one_machine() -> None:
    found = {name: accusations(text) for name, text in text_files()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "text",
    [
        "open('/" + "work/main/x')",
        "/" + "home/anna/x",
        "--index-url https://py" + "pi.org/simple",
        "http:/" + "/evil.com/x",
    ],
)
def test_what_belongs_to_one_machine_is_found(text: str) -> None:
    assert len(accusations(text)) == 1


def test_what_belongs_to_every_machine_is_not_accused() -> None:
    text = (
        "http://127.0.0.1:8000 http://www.w3.org/2000/svg http://shop.example/ ../shared/frames framework/ up"
    )
    assert accusations(text) == []
