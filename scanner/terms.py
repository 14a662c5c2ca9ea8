"""The nouns of reading: frame, payload, reading, and why a frame is refused. Knows no decoder and no code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # The web process imports this module and must not pay for numpy: it never touches a pixel.
    import numpy as np
    from numpy.typing import NDArray

Point = tuple[int, int]
Quad = tuple[Point, Point, Point, Point]


class Symbology(StrEnum):
    """The kinds of symbol that are looked for. UPC-A arrives as EAN-13 with a leading 0."""

    QR = "QRCode"
    CODE_128 = "Code128"
    EAN_13 = "EAN13"
    EAN_8 = "EAN8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What one symbol said. Corners clockwise from the symbol's own top left, in pixels."""

    symbology: Symbology
    text: str
    quad: Quad


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All payloads of one frame, none if there is nothing to read, and the worker's milliseconds."""

    payloads: tuple[Payload, ...]
    ms: float


@dataclass(
    frozen=True, slots=True, kw_only=True, eq=False
)  # comparing two arrays gives an array, not an answer
class Frame:
    """One picture as grey values, one byte a pixel, rows first."""

    pixels: NDArray[np.uint8]

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


class FrameReason(StrEnum):
    """Why a frame was not read. The first group is known before any pixel is decoded."""

    EMPTY = auto()
    TOO_LARGE_BYTES = auto()
    UNKNOWN_FORMAT = auto()
    MALFORMED = auto()
    TRUNCATED = auto()
    TOO_SMALL = auto()
    TOO_MANY_PIXELS = auto()
    TOO_MANY_SCANS = auto()
    TOO_MANY_PARTS = auto()
    TOO_MUCH_METADATA = auto()
    ANIMATED = auto()

    BUSY = auto()
    TIMED_OUT = auto()
    DECODER_FAILED = auto()


class FrameRefused(Exception):  # noqa: N818  a refusal is an answer, not an error
    """A frame that is not read. `found` and `limit` are set where a number was over its limit."""

    def __init__(self, *, reason: FrameReason, found: int | None = None, limit: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.found = found
        self.limit = limit
