"""A text as a Code 128 bar code in SVG, for what a one-dimensional scanner must read. Knows no kind of code.

Code set B alone: it has every printable ASCII character, and our codes are not digits enough to gain by set C.
Source: ISO/IEC 15417, table of symbol characters.
"""

from __future__ import annotations

QUIET_ZONE_MODULES = 10
HEIGHT_MODULES = 60
_START_B, _CHECKED_BY, _FIRST = 104, 103, 32
# The widths of bar, space, bar, space, bar, space of each value from 0 on; the stop has a bar more.
_TABLE = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 "
    "113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 "
    "212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 "
    "113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 "
    "314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 "
    "241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 "
    "214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 "
    "211232"
)
_WIDTHS = _TABLE.split()
_STOP = "2331112"


def code_128_svg(text: str) -> str:
    """Return one self-contained `<svg>`, one unit a module. ValueError for what is not printable ASCII."""
    if not text or not (text.isascii() and text.isprintable()):
        raise ValueError("a bar code here has printable ASCII only")
    bars, x = "", QUIET_ZONE_MODULES
    for at, modules in enumerate(_widths(text)):
        if at % 2 == 0:
            bars += f"M{x} 0h{modules}v{HEIGHT_MODULES}H{x}z"
        x += modules
    width, height = x + QUIET_ZONE_MODULES, HEIGHT_MODULES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{width}v{height}H0z"/><path fill="#000" d="{bars}"/></svg>'
    )


def _widths(text: str) -> list[int]:
    """Return the widths of bars and spaces in turn, from the start to the stop."""
    values = [ord(character) - _FIRST for character in text]
    weighed = _START_B + sum(place * value for place, value in enumerate(values, start=1))
    symbols = [_WIDTHS[value] for value in (_START_B, *values, weighed % _CHECKED_BY)]
    return [int(width) for symbol in (*symbols, _STOP) for width in symbol]
