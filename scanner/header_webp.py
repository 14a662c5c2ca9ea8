"""The chunks of a WebP (RFC 9649), as far as size and cost go. Knows no pixel."""

from __future__ import annotations

from scanner.limits import METADATA_BYTES_MAX, PARTS_MAX
from scanner.terms import FrameReason, FrameRefused

RIFF_HEADER_BYTES = 12
ANIMATED_FLAG = 0x02
LOSSY_START = b"\x9d\x01\x2a"
LOSSLESS_START = b"\x2f"


def measure_webp(data: bytes) -> tuple[int, int]:
    """Return width and height, the larger of canvas and picture. Raise FrameRefused as for the others."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise FrameRefused(reason=FrameReason.TRUNCATED)
    at, metadata, canvas = RIFF_HEADER_BYTES, 0, (0, 0)
    picture: tuple[int, int] | None = None
    for _ in range(PARTS_MAX):
        if at >= end:
            return _complete(canvas, picture)
        kind, body, at = _chunk(data, at, end)
        if kind == b"VP8X":
            canvas = _canvas(body)
        elif kind in {b"VP8 ", b"VP8L"}:
            if picture is not None:
                raise FrameRefused(reason=FrameReason.MALFORMED)
            picture = _lossy(body) if kind == b"VP8 " else _lossless(body)
        elif kind in {b"ANIM", b"ANMF"}:
            raise FrameRefused(reason=FrameReason.ANIMATED)
        elif kind != b"ALPH":
            metadata += len(body)
        if metadata > METADATA_BYTES_MAX:
            raise FrameRefused(reason=FrameReason.TOO_MUCH_METADATA, found=metadata, limit=METADATA_BYTES_MAX)
    raise FrameRefused(reason=FrameReason.TOO_MANY_PARTS, found=PARTS_MAX + 1, limit=PARTS_MAX)


def _chunk(data: bytes, at: int, end: int) -> tuple[bytes, memoryview, int]:
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    if at + 8 + length > end:
        raise FrameRefused(reason=FrameReason.TRUNCATED)
    # Odd chunks are padded with one byte that the length doesn't count.
    return data[at : at + 4], memoryview(data)[at + 8 : at + 8 + length], at + 8 + length + length % 2


def _canvas(body: memoryview) -> tuple[int, int]:
    _at_least(body, 10)
    if body[0] & ANIMATED_FLAG:
        raise FrameRefused(reason=FrameReason.ANIMATED)
    return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")


def _lossy(body: memoryview) -> tuple[int, int]:
    _at_least(body, 10)
    if body[3:6] != LOSSY_START:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    # 14 bits of size, below 2 bits of scale that only players use.
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _lossless(body: memoryview) -> tuple[int, int]:
    _at_least(body, 5)
    if body[:1] != LOSSLESS_START:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    bits = int.from_bytes(body[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _at_least(body: memoryview, length: int) -> None:
    if len(body) < length:
        raise FrameRefused(reason=FrameReason.MALFORMED)


def _complete(canvas: tuple[int, int], picture: tuple[int, int] | None) -> tuple[int, int]:
    if picture is None:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    return max(canvas[0], picture[0]), max(canvas[1], picture[1])
