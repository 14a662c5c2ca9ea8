from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest

from scanner import DecodePool, make_reward_code, member_code_text, qr_png, qr_svg

REWARD = make_reward_code(tag="7K", body="0123456789ABCDE").text
MEMBER = member_code_text(tag="7K", handle="VSEJ6C", step_seconds=1_790_000_010, digits="00345678")
SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str, *, module_pixels: int) -> bytes:
    """Paint the boxes of the SVG's path as a browser does, and return a PNG."""
    side = int(ET.fromstring(svg).attrib["viewBox"].split()[2])  # noqa: S314  our own text
    modules = np.full((side, side), 255, np.uint8)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", svg):
        modules[int(y), int(x) : int(x) + int(width)] = 0
    scaled = np.kron(modules, np.ones((module_pixels, module_pixels), np.uint8))
    return cv2.imencode(".png", scaled)[1].tobytes()


@pytest.mark.parametrize("text", [REWARD, MEMBER, "Grüße 漢字"])
def test_what_is_rendered_is_read_back(pool: DecodePool, text: str):
    assert [payload.text for payload in pool.read_photo(qr_png(text)).payloads] == [text]
    assert [payload.text for payload in pool.read_photo(drawn(qr_svg(text), module_pixels=4)).payloads] == [
        text
    ]


def test_codes_take_the_small_alphanumeric_symbols():
    # Version 1 has 21 modules, version 2 has 25, and 4 more on each side are quiet.
    assert 'viewBox="0 0 29 29"' in qr_svg(REWARD)
    assert 'viewBox="0 0 33 33"' in qr_svg(MEMBER)
    assert 'viewBox="0 0 33 33"' in qr_svg(REWARD.lower()), "bytes would not fit into version 1"


def test_the_svg_stands_alone_and_is_black_on_white_with_four_quiet_modules():
    root = ET.fromstring(qr_svg(REWARD))  # noqa: S314  our own text
    assert [child.tag for child in root] == [f"{SVG}rect", f"{SVG}path"]
    assert (root[0].attrib, root[1].attrib["fill"]) == (
        {"width": "29", "height": "29", "fill": "#fff"},
        "#000",
    )
    assert "href" not in qr_svg(REWARD)
    boxes = [
        (int(x), int(y), int(width))
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", qr_svg(REWARD))
    ]
    assert (min(x for x, _, _ in boxes), max(x + width for x, _, width in boxes)) == (4, 25)
    assert (min(y for _, y, _ in boxes), max(y for _, y, _ in boxes)) == (4, 24)
    assert "".join(f"M{x} {y}h{width}v1H{x}z" for x, y, width in boxes) == root[1].attrib["d"]


@pytest.mark.parametrize("module_pixels", [1, 3, 8])
def test_the_png_is_as_wide_as_asked_for(module_pixels: int):
    pixels = cv2.imdecode(np.frombuffer(qr_png(REWARD, module_pixels=module_pixels), np.uint8), 0)
    assert pixels is not None
    assert pixels.shape == (29 * module_pixels, 29 * module_pixels)
