"""Compiles the translations where a checkout has none yet: tests that run without script/setup read them too."""

from babel.messages.frontend import CommandLineInterface

from tests.conftest import ROOT

FOLDER = ROOT / "panel_app" / "translations"


def compile_all() -> None:
    """Write every messages.mo anew from its messages.po."""
    CommandLineInterface().run(["pybabel", "--quiet", "compile", "--directory", str(FOLDER)])
