"""A code's QR symbol as SVG text or PNG bytes. Knows the symbol and no code.

Error correction M. An upper-case text takes the alphanumeric mode by itself, which keeps 20 characters in
version 1. Black on white whatever the page's theme: many scanners never read the inverse.
"""

from __future__ import annotations

import struct
import zlib

import qrcode  # type: ignore[import-untyped]  # it has no types of its own

QUIET_ZONE_MODULES = 4


def qr_svg(text: str) -> str:
    """Return one self-contained `<svg>`, one unit a module, to be scaled by its container."""
    rows = _modules(text)
    side = len(rows)
    strokes = "".join(_strokes(row, y) for y, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{strokes}"/></svg>'
    )


def qr_png(text: str, *, module_pixels: int = 8) -> bytes:
    """Return a grey PNG of one bit a pixel, `module_pixels` wide for each module."""
    rows = _modules(text)
    side = len(rows) * module_pixels
    lines = b"".join(_line(row, module_pixels) * module_pixels for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(lines, 9))
        + _chunk(b"IEND", b"")
    )


def _modules(text: str) -> list[list[bool]]:
    """Return the symbol with its quiet zone, True for black."""
    symbol = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET_ZONE_MODULES)
    symbol.add_data(text)
    symbol.make(fit=True)
    return [[bool(module) for module in row] for row in symbol.get_matrix()]


def _strokes(row: list[bool], y: int) -> str:
    """Return the black runs of a row as boxes; whole, because seams between modules would show."""
    runs, start = "", None
    for x, black in enumerate([*row, False]):
        if black and start is None:
            start = x
        elif not black and start is not None:
            runs += f"M{start} {y}h{x - start}v1H{start}z"
            start = None
    return runs


def _line(row: list[bool], module_pixels: int) -> bytes:
    """Return one line of the picture: filter byte 0, then white bits as 1, padded to a whole byte."""
    bits = "".join("0" * module_pixels if black else "1" * module_pixels for black in row)
    bits += "0" * (-len(bits) % 8)
    return b"\x00" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
