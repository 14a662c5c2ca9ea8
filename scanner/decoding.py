"""Frame → payloads. Knows the order in which decoders are asked, and none of the decoders themselves."""

from __future__ import annotations

from scanner.decoder_zxing import read_with_zxing
from scanner.terms import Frame, Payload


def read_payloads(frame: Frame) -> tuple[Payload, ...]:
    """Return what the frame's symbols say, each once; nothing found is an empty tuple."""
    found: dict[tuple[str, str], Payload] = {}
    for payload in read_with_zxing(frame):
        # The same text twice in one frame is one payload: two stickers of one code are one code.
        found.setdefault((payload.symbology, payload.text), payload)
    return tuple(found.values())
