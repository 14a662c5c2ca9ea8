"""The translations' files for the tests: compiled where a checkout has none yet, and the messages of the code."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from tests.conftest import ROOT

FOLDER = ROOT / "panel_app" / "translations"


def compile_all() -> None:
    """Write every messages.mo anew from its messages.po."""
    CommandLineInterface().run(["pybabel", "--quiet", "compile", "--directory", str(FOLDER)])


def extracted(folder: Path) -> Catalog:
    """Every message that stands in code and templates now, as script/translate finds them."""
    file = folder / "messages.pot"
    words = ["--mapping", str(ROOT / "pyproject.toml"), "--keyword", "lazy_gettext", "--output", str(file)]
    CommandLineInterface().run(["pybabel", "--quiet", "extract", *words, str(ROOT / "panel_app")])
    with file.open("rb") as opened:
        return read_po(opened)
