"""The decoder zxing-cpp. The only module that sees it; knows no format of picture and no code."""

from __future__ import annotations

import zxingcpp

from scanner.terms import Frame, Payload, Point, Symbology

LOOKED_FOR = {
    zxingcpp.BarcodeFormat.QRCode: Symbology.QR,
    zxingcpp.BarcodeFormat.Code128: Symbology.CODE_128,
    zxingcpp.BarcodeFormat.EAN13: Symbology.EAN_13,
    zxingcpp.BarcodeFormat.UPCA: Symbology.EAN_13,
    zxingcpp.BarcodeFormat.EAN8: Symbology.EAN_8,
}


def read_with_zxing(frame: Frame) -> tuple[Payload, ...]:
    """Return the valid symbols of a frame, rotated, inverted and small ones included."""
    barcodes = zxingcpp.read_barcodes(
        frame.pixels,
        formats=zxingcpp.BarcodeFormats(list(LOOKED_FOR)),
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
