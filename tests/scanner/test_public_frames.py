"""A sample of the public frames, when their folder is given; they are measured, never kept here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scanner import DecodePool, Symbology

# Only with the frames at hand is there a test: a test that is always skipped looks like one that passes.
if folder := os.environ.get("COUNTERMARK_FRAMES"):
    FRAMES = Path(folder)
    MANIFEST = json.loads((FRAMES / "manifest.json").read_text(encoding="utf-8"))
    # Frames whose every text is known; two sets hold a code within a code, of which the manifest names one.
    KNOWN = [
        entry
        for entry in MANIFEST
        if entry["symbology"] in {"QRCode", None}
        and None not in (entry["texts"] or [])
        and Path(entry["file"]).parent.name != "qrcode-2"
    ]

    @pytest.mark.parametrize("entry", KNOWN[::8], ids=lambda entry: entry["file"])
    def test_no_qr_of_the_public_frames_is_read_wrongly(pool: DecodePool, entry: dict[str, object]):
        reading = pool.read_photo((FRAMES / str(entry["file"])).read_bytes())
        read = {plain(payload.text) for payload in reading.payloads if payload.symbology is Symbology.QR}
        assert read <= {plain(text) for text in entry["texts"] or []}

    def plain(text: str) -> str:
        """The manifest has lost carriage returns and the last line's end."""
        return "\n".join(text.split()).strip()
