"""The checks of a picture's bytes before anything decodes them. Pure Python; knows no pixel and no decoder.

A 380-byte file may claim 32,700² pixels and a 276 KB one may hold 8,000 progressive scans: each costs a
decoder seconds and gigabytes. So the claims are read here first, and whatever is stricter than the decoders
is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.header_jpeg import measure_jpeg
from scanner.header_png import measure_png
from scanner.header_webp import measure_webp
from scanner.limits import BYTES_MAX, PIXELS_MAX, SIDE_MIN
from scanner.terms import FrameReason, FrameRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a picture claims to be, after the claims were found bearable."""

    width: int
    height: int


def check_header(data: bytes) -> Header:
    """Return the size of a JPEG, PNG or WebP that may be decoded; raise FrameRefused for all else."""
    if not data:
        raise FrameRefused(reason=FrameReason.EMPTY)
    if len(data) > BYTES_MAX:
        raise FrameRefused(reason=FrameReason.TOO_LARGE_BYTES, found=len(data), limit=BYTES_MAX)
    width, height = _measure(data)
    if width * height > PIXELS_MAX:
        raise FrameRefused(reason=FrameReason.TOO_MANY_PIXELS, found=width * height, limit=PIXELS_MAX)
    if max(width, height) < SIDE_MIN:
        raise FrameRefused(reason=FrameReason.TOO_SMALL, found=max(width, height), limit=SIDE_MIN)
    return Header(width=width, height=height)


def _measure(data: bytes) -> tuple[int, int]:
    # The magic number decides, never a file name or a Content-Type: those are the sender's words.
    if data.startswith(b"\xff\xd8\xff"):
        return measure_jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return measure_png(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return measure_webp(data)
    raise FrameRefused(reason=FrameReason.UNKNOWN_FORMAT)
