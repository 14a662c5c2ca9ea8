"""The nouns of reading: frame, payload, reading, and why a frame is refused. Knows no decoder and no code."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # The web process imports this module and must not pay for numpy: it never touches a pixel.
    import numpy as np
    from numpy.typing import NDArray

# Grey values, one byte a pixel, rows first; a text, so that nobody has to import numpy for it.
Pixels: TypeAlias = "NDArray[np.uint8]"
Point = tuple[int, int]
Quad = tuple[Point, Point, Point, Point]


class Symbology(StrEnum):
    """The kinds of symbol that are looked for. UPC-A arrives as EAN-13 with a leading 0."""

    QR = "QRCode"
    CODE_128 = "Code128"
    EAN_13 = "EAN13"
    EAN_8 = "EAN8"


class Stage(StrEnum):
    """One way to look at a frame: a repair of the picture and the decoder that is asked afterwards."""

    PLAIN = auto()
    SHARPENED = auto()
    EVENED = auto()
    EVENED_SHARPENED = auto()
    FLATTENED = auto()
    MEDIAN = auto()
    TURNED = auto()
    ZBAR = auto()
    ZBAR_THRESHOLD = auto()
    ZBAR_TURNED = auto()
    WECHAT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What one symbol said, and the stages that read it so.

    Corners clockwise from the symbol's own top left; zbar gives the upright box around it.
    """

    symbology: Symbology
    text: str
    quad: Quad
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """What one stage cost in CPU time and how many symbols it read, those of earlier stages included."""

    stage: Stage
    found: int
    ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All payloads of one frame, none if there is nothing to read, and the worker's milliseconds.

    An `unchanged` frame was not read again and has the payloads of the one before. `wait_ms` is how long the
    camera should wait before its next frame, because other tills wait for the reader.
    """

    payloads: tuple[Payload, ...]
    ms: float
    runs: tuple[StageRun, ...] = ()
    unchanged: bool = False
    scene: bytes = field(default=b"", repr=False)
    wait_ms: int = 0


@dataclass(
    frozen=True, slots=True, kw_only=True, eq=False
)  # comparing two arrays gives an array, not an answer
class Frame:
    """One picture as grey values."""

    pixels: Pixels

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
    """A frame that is not read. `found` and `limit` are set where a number was over its limit.

    `wait_ms` says of a BUSY reader when it is worth while to ask again.
    """

    def __init__(
        self, *, reason: FrameReason, found: int | None = None, limit: int | None = None, wait_ms: int = 0
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.found = found
        self.limit = limit
        self.wait_ms = wait_ms
