"""Looks at a page as its users do: axe in light, dark and forced colours, narrow as at 400 %, and a picture of it.

Pictures are kept when COUNTERMARK_SCREENSHOTS names a folder.
"""

import os
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

DESK, PHONE, NARROW = (1280, 800), (390, 844), (320, 640)  # 1280 pixels at 400 % are 320
# A state that leaves by itself would be gone before it was looked at.
_HOLD_STILL = "for (let timer = setTimeout(() => {}); timer > 0; timer -= 1) clearTimeout(timer)"
_SIDEWAYS = "document.scrollingElement.scrollWidth - innerWidth"
# Only colours change with the colours; the whole set of rules is run once, in light.
_COLOURS_ONLY = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
_ALL_RULES = {"resultTypes": ["violations"]}

_axe = Axe()


def look(page: Page, name: str) -> None:
    """Fail unless this page or state is good to read in all colours and at 400 %."""
    page.evaluate(_HOLD_STILL)
    size = page.viewport_size
    page.evaluate(_axe.axe_script)
    faults = _violations(page, _ALL_RULES)
    _picture(page, f"{name}-light", DESK)
    _picture(page, f"{name}-phone", PHONE)
    faults += _in_colours(page, name, scheme="dark", forced="none")
    faults += _in_colours(page, name, scheme="light", forced="active")
    page.emulate_media(color_scheme="light", forced_colors="none")
    sideways = sideways_at_400_percent(page)
    if size is not None:
        page.set_viewport_size(size)
    assert faults == [], f"{name}: {faults}"
    assert sideways == 0, f"{name} scrolls sideways by {sideways} pixels at 400 %"


def sideways_at_400_percent(page: Page) -> int:
    """By how many pixels the page is too wide."""
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    return max(0, int(page.evaluate(_SIDEWAYS)))


def _in_colours(
    page: Page, name: str, *, scheme: Literal["light", "dark"], forced: Literal["active", "none"]
) -> list[str]:
    page.emulate_media(color_scheme=scheme, forced_colors=forced)
    _picture(page, f"{name}-{'forced' if forced == 'active' else scheme}", DESK)
    return _violations(page, _COLOURS_ONLY)


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{rule['id']} at {node['target']}" for rule in found for node in rule["nodes"]]


def _picture(page: Page, name: str, size: tuple[int, int]) -> None:
    folder = os.environ.get("COUNTERMARK_SCREENSHOTS")
    if folder:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.screenshot(path=Path(folder) / f"{name}.png")
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
