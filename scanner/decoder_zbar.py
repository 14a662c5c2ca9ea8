"""The decoder zbar, by way of pyzbar. The only module that sees it; knows no format of picture and no code.

It needs the system's library libzbar0 and fails at import without it, so it is imported when it is first asked
for, and its lack costs a stage and never the scanner.
"""

from __future__ import annotations

import functools
import importlib
from types import ModuleType

import numpy as np

from scanner.terms import Payload, Pixels, Quad, Symbology

SYMBOLOGIES = {
    "QRCODE": Symbology.QR,
    "CODE128": Symbology.CODE_128,
    "EAN13": Symbology.EAN_13,
    "EAN8": Symbology.EAN_8,
}


def has_zbar() -> bool:
    """Tell whether this decoder can be asked on this machine."""
    return _pyzbar() is not None


def read_with_zbar(pixels: Pixels) -> tuple[Payload, ...]:
    """Return the symbols in grey pixels whose text is ASCII, none without the library; never inverted ones."""
    pyzbar = _pyzbar()
    if pyzbar is None:
        return ()
    symbols = [pyzbar.ZBarSymbol[name] for name in SYMBOLOGIES]
    # Without a list of symbols it also looks for those that it invents out of stripes and noise.
    found = pyzbar.decode(np.ascontiguousarray(pixels), symbols=symbols)
    return tuple(
        Payload(symbology=SYMBOLOGIES[one.type], text=one.data.decode("ascii"), quad=_box(*one.rect))
        for one in found
        # It guesses the encoding of a QR code and guesses wrong; ASCII is the same in all that it tries.
        if one.type in SYMBOLOGIES and one.data.isascii()
    )


def _box(left: int, top: int, width: int, height: int) -> Quad:
    """Return the upright box around a symbol: its own corners are not told in a dependable order."""
    right, bottom = left + width, top + height
    return ((left, top), (right, top), (right, bottom), (left, bottom))


@functools.cache
def _pyzbar() -> ModuleType | None:
    try:
        return importlib.import_module("pyzbar.pyzbar")
    except (ImportError, OSError):  # no package, no library, or one that can't be loaded
        return None
