"""The decoder zxing-cpp. The only module that sees it; knows no format of picture and no code."""

from __future__ import annotations

import zxingcpp

from scanner.terms import Payload, Pixels, Point, Symbology

LOOKED_FOR = {
    zxingcpp.BarcodeFormat.QRCode: Symbology.QR,
    zxingcpp.BarcodeFormat.Code128: Symbology.CODE_128,
    zxingcpp.BarcodeFormat.EAN13: Symbology.EAN_13,
    zxingcpp.BarcodeFormat.UPCA: Symbology.EAN_13,
    zxingcpp.BarcodeFormat.EAN8: Symbology.EAN_8,
}
ALL = zxingcpp.BarcodeFormats(list(LOOKED_FOR))
BARS = zxingcpp.BarcodeFormats([one for one in LOOKED_FOR if LOOKED_FOR[one] is not Symbology.QR])


def read_with_zxing(pixels: Pixels) -> tuple[Payload, ...]:
    """Return the valid symbols in grey pixels, rotated, inverted and small ones included."""
    return _read(pixels, ALL)


def read_bars_with_zxing(pixels: Pixels) -> tuple[Payload, ...]:
    """Return the valid bar codes in grey pixels, without the dearer search for QR codes."""
    return _read(pixels, BARS)


def _read(pixels: Pixels, formats: zxingcpp.BarcodeFormats) -> tuple[Payload, ...]:
    barcodes = zxingcpp.read_barcodes(
        pixels,
        formats=formats,
        # Plain keeps the text as it was encoded: the default, HRI, rewrites GS1 and control characters.
        text_mode=zxingcpp.TextMode.Plain,
        try_rotate=True,
        try_downscale=True,
        try_invert=True,
    )
    return tuple(
        Payload(
            symbology=LOOKED_FOR[barcode.format],
            text=barcode.text,
            quad=_quad(barcode.position),
        )
        for barcode in barcodes
        if barcode.valid and barcode.format in LOOKED_FOR
    )


def _quad(position: zxingcpp.Position) -> tuple[Point, Point, Point, Point]:
    return (
        (position.top_left.x, position.top_left.y),
        (position.top_right.x, position.top_right.y),
        (position.bottom_right.x, position.bottom_right.y),
        (position.bottom_left.x, position.bottom_left.y),
    )
