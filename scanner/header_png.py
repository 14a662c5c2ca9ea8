"""The chunks of a PNG (W3C PNG, third edition), as far as size and cost go. Knows no pixel."""

from __future__ import annotations

from scanner.limits import METADATA_BYTES_MAX, PARTS_MAX
from scanner.terms import FrameReason, FrameRefused

SIGNATURE_BYTES = 8
HEADER_BYTES = 13
CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})


def measure_png(data: bytes) -> tuple[int, int]:
    """Return width and height. Raise FrameRefused when a decoder should not be given this file."""
    kind, body, at = _chunk(data, SIGNATURE_BYTES)
    if kind != b"IHDR" or len(body) != HEADER_BYTES:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    size = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    pixels_seen, metadata = False, 0
    for _ in range(PARTS_MAX):
        kind, body, at = _chunk(data, at)
        if kind == b"IEND":
            return _complete(size, pixels_seen=pixels_seen)
        if kind in ANIMATION:
            raise FrameRefused(reason=FrameReason.ANIMATED)
        pixels_seen = pixels_seen or kind == b"IDAT"
        if kind not in CRITICAL:
            metadata += len(body)
        if metadata > METADATA_BYTES_MAX:
            raise FrameRefused(reason=FrameReason.TOO_MUCH_METADATA, found=metadata, limit=METADATA_BYTES_MAX)
    raise FrameRefused(reason=FrameReason.TOO_MANY_PARTS, found=PARTS_MAX + 1, limit=PARTS_MAX)


def _chunk(data: bytes, at: int) -> tuple[bytes, memoryview, int]:
    """Return a chunk's kind, its body and where the next one begins. The checksum is left to the decoder."""
    length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
    end = at + 12 + length
    if end > len(data):
        raise FrameRefused(reason=FrameReason.TRUNCATED)
    return kind, memoryview(data)[at + 8 : at + 8 + length], end


def _complete(size: tuple[int, int], *, pixels_seen: bool) -> tuple[int, int]:
    if not pixels_seen or not all(size):
        raise FrameRefused(reason=FrameReason.MALFORMED)
    return size
