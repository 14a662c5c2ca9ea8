"""Bar codes that we draw are bar codes that a decoder reads."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner import Payload, Symbology, code_128_svg
from scanner.decoder_zxing import read_with_zxing

PRINTABLE = "".join(chr(place) for place in range(33, 127))


def drawn(svg: str, pixels_a_module: int = 3) -> NDArray[np.uint8]:
    """What a printer makes of it: each bar of the path as black pixels."""
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert size is not None
    picture = np.full((int(size[2]), int(size[1])), 255, np.uint8)
    for x, width in re.findall(r"M(\d+) 0h(\d+)v", svg.partition("#000")[2]):
        picture[:, int(x) : int(x) + int(width)] = 0
    return np.kron(picture, np.ones((pixels_a_module, pixels_a_module), np.uint8))


@pytest.mark.parametrize(
    "text", ["R1CM0123456789ABCDEF", "A", PRINTABLE[:40], PRINTABLE[40:80], PRINTABLE[80:]]
)
def test_what_is_drawn_is_read(text: str) -> None:
    [payload] = read_with_zxing(drawn(code_128_svg(text)))
    assert isinstance(payload, Payload)
    assert (payload.symbology, payload.text) == (Symbology.CODE_128, text)


@pytest.mark.parametrize("text", ["", "ä", "a\tb"])
def test_a_text_that_is_not_printable_ascii_is_not_drawn(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        code_128_svg(text)
