"""The pictures of the demo's rewards: made by their script, small, and pointing at nothing outside."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "panel_app" / "static" / "rewards"


@pytest.fixture(scope="module")
def draw() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw", ROOT / "fixtures" / "rewards" / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pictures_are_what_their_script_draws(draw: ModuleType) -> None:
    kept = {file.stem: file.read_text(encoding="ascii") for file in PICTURES.glob("*.svg")}
    assert kept == draw.pictures()
    assert len(kept) == 12


def test_every_picture_is_small_and_of_one_size() -> None:
    for file in PICTURES.glob("*.svg"):
        svg = file.read_bytes()
        assert len(svg) < 4096, file.name
        assert b'viewBox="0 0 320 320"' in svg, file.name


def test_no_picture_has_text_or_points_outside() -> None:
    for file in PICTURES.glob("*.svg"):
        svg = file.read_text(encoding="ascii").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"<text|href|url\(|http|<script|<style|<image", svg), file.name
