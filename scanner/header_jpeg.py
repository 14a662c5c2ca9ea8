"""The markers of a JPEG (ITU-T T.81, annex B), as far as size and cost go. Knows no pixel."""

from __future__ import annotations

import re

from scanner.limits import METADATA_BYTES_MAX, PARTS_MAX, SCANS_MAX
from scanner.terms import FrameReason, FrameRefused

END, SCAN = 0xD9, 0xDA
# Baseline, extended and progressive Huffman. Lossless, hierarchical and arithmetic files come from no camera.
FRAME_HEADERS = frozenset({0xC0, 0xC1, 0xC2})
TABLES = frozenset({0xC4, 0xDB, 0xDD})
METADATA = frozenset({*range(0xE0, 0xF0), 0xFE})
# A marker may be padded with any number of FF before its code.
PADDING = re.compile(rb"\xff+")
# Inside a scan FF 00 is a stuffed byte, FF D0–D7 a restart and FF FF padding; anything else ends it.
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
FRAME_HEADER_BYTES = 8
LENGTH_BYTES = 2
SAMPLE_BITS = 8


def measure_jpeg(data: bytes) -> tuple[int, int]:
    """Return width and height. Raise FrameRefused when a decoder should not be given this file."""
    size: tuple[int, int] | None = None
    at, scans, metadata = 2, 0, 0
    for _ in range(PARTS_MAX):
        marker, at = _marker(data, at)
        if marker == END:
            return _complete(size, scans)
        body = _segment(data, at)
        at += 2 + len(body)
        if marker in FRAME_HEADERS and size is None:
            size = _frame_size(body)
        elif marker == SCAN and size is not None:
            scans += 1
            at = _end_of_scan(data, at)
        elif marker in METADATA:
            metadata += len(body)
        elif marker not in TABLES:
            raise FrameRefused(reason=FrameReason.MALFORMED)
        if scans > SCANS_MAX:
            raise FrameRefused(reason=FrameReason.TOO_MANY_SCANS, found=scans, limit=SCANS_MAX)
        if metadata > METADATA_BYTES_MAX:
            raise FrameRefused(reason=FrameReason.TOO_MUCH_METADATA, found=metadata, limit=METADATA_BYTES_MAX)
    raise FrameRefused(reason=FrameReason.TOO_MANY_PARTS, found=PARTS_MAX + 1, limit=PARTS_MAX)


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """Return the marker's code and where its segment begins."""
    if at >= len(data):
        raise FrameRefused(reason=FrameReason.TRUNCATED)
    padding = PADDING.match(data, at)
    if padding is None:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    if padding.end() == len(data):
        raise FrameRefused(reason=FrameReason.TRUNCATED)
    return data[padding.end()], padding.end() + 1


def _segment(data: bytes, at: int) -> bytes:
    length = int.from_bytes(data[at : at + 2], "big")
    if at + 2 > len(data) or at + length > len(data):
        raise FrameRefused(reason=FrameReason.TRUNCATED)
    if length < LENGTH_BYTES:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    return data[at + 2 : at + length]


def _frame_size(body: bytes) -> tuple[int, int]:
    if len(body) < FRAME_HEADER_BYTES or body[0] != SAMPLE_BITS:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    # Height 0 means “told after the first scan” (DNL); no decoder here supports it.
    if not width or not height:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    return width, height


def _end_of_scan(data: bytes, at: int) -> int:
    found = AFTER_SCAN.search(data, at)
    if found is None:
        raise FrameRefused(reason=FrameReason.TRUNCATED)
    return found.start()


def _complete(size: tuple[int, int] | None, scans: int) -> tuple[int, int]:
    if size is None or not scans:
        raise FrameRefused(reason=FrameReason.MALFORMED)
    return size
