"""The stages: each one a repair of the picture and the decoder asked afterwards. Knows no order and no caller.

A stage gets a working copy of the frame and answers in that copy's coordinates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scanner.decoder_wechat import has_wechat, read_with_wechat
from scanner.decoder_zbar import has_zbar, read_with_zbar
from scanner.decoder_zxing import read_bars_with_zxing, read_with_zxing
from scanner.repairs import enlarged, evened, fitted, flattened, sharpened, thresholded, turned, without_grain
from scanner.terms import Payload, Pixels, Point, Stage

# zxing finds modules of two pixels and more; twice the size makes one-pixel modules of a far code readable.
ENLARGED = 2.0
# At full size a miss of WeChatQRCode takes seconds, and on this copy it reads as many as on a larger one.
WECHAT_SIDE = 480
# zxing reads bar codes along rows and columns, which covers 35° to either side of both. This is what is between.
BETWEEN_DEGREES = 45.0

Payloads = tuple[Payload, ...]
Look = Callable[[Pixels], Payloads]


def stage_is_possible(stage: Stage) -> bool:
    """Tell whether this machine has the stage's decoder."""
    match stage:
        case Stage.ZBAR | Stage.ZBAR_THRESHOLD | Stage.ZBAR_TURNED:
            return has_zbar()
        case Stage.WECHAT:
            return has_wechat()
        case _:
            return True


def look(stage: Stage, pixels: Pixels) -> Payloads:
    """Return what a stage reads in a working copy, with corners in it."""
    return _LOOKS[stage](pixels)


def scaled(payloads: Payloads, factor: float) -> Payloads:
    """Return the payloads with their corners moved to a picture `factor` times as large."""
    return _moved(payloads, lambda x, y: (x * factor, y * factor))


def _enlarged(pixels: Pixels) -> Payloads:
    return scaled(read_with_zxing(enlarged(pixels, factor=ENLARGED)), 1 / ENLARGED)


def _wechat(pixels: Pixels) -> Payloads:
    copy = fitted(pixels, side=WECHAT_SIDE)
    return scaled(read_with_wechat(copy), pixels.shape[1] / copy.shape[1])


def _turned(pixels: Pixels, read: Look) -> Payloads:
    picture, back = turned(pixels, degrees=BETWEEN_DEGREES)
    (a, b, c), (d, e, f) = back.tolist()
    return _moved(read(picture), lambda x, y: (a * x + b * y + c, d * x + e * y + f))


def _moved(payloads: Payloads, move: Callable[[int, int], tuple[float, float]]) -> Payloads:
    def corner(point: Point) -> Point:
        x, y = move(*point)
        return round(x), round(y)

    return tuple(
        replace(payload, quad=(corner(first), corner(second), corner(third), corner(fourth)))
        for payload in payloads
        for first, second, third, fourth in [payload.quad]
    )


_LOOKS: dict[Stage, Look] = {
    Stage.PLAIN: read_with_zxing,
    Stage.SHARPENED: lambda pixels: _enlarged(sharpened(pixels)),
    Stage.EVENED: lambda pixels: _enlarged(evened(pixels)),
    Stage.EVENED_SHARPENED: lambda pixels: _enlarged(sharpened(evened(pixels))),
    Stage.FLATTENED: lambda pixels: _enlarged(flattened(pixels)),
    Stage.MEDIAN: lambda pixels: read_with_zxing(without_grain(pixels)),
    Stage.TURNED: lambda pixels: _turned(pixels, read_bars_with_zxing),
    Stage.ZBAR: read_with_zbar,
    Stage.ZBAR_THRESHOLD: lambda pixels: read_with_zbar(thresholded(pixels)),
    Stage.ZBAR_TURNED: lambda pixels: _turned(pixels, read_with_zbar),
    Stage.WECHAT: _wechat,
}
