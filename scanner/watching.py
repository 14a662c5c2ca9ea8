"""The command `scan --camera` and `scan --video`: frames in, one JSON line a payload out. Knows no web.

The till's own camera needs no walls around it, so its frames are read in this process.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from typing import TextIO

from scanner.agreement import Agreement
from scanner.decoding import read_live
from scanner.terms import Frame

# The same text is told again when it was out of view for three seconds of a camera's 30 frames each.
FRAMES_REMEMBERED = 90


def watch(frames: Iterable[Frame], out: TextIO, *, look: Callable[[Frame], None] | None = None) -> None:
    """Write `{"frame", "symbology", "text", "quad"}` for each payload that comes into view.

    `look` is given each frame as well, for a preview.
    """
    agreement, missed = Agreement(), 0
    told: dict[tuple[str, str], int] = {}
    for number, frame in zip(itertools.count(), frames, strict=False):
        if look is not None:
            look(frame)
        payloads = read_live(frame, number=missed).payloads
        # Two frames of a camera are two pictures, even when nothing moved.
        counted = agreement.counted(payloads, picture=number.to_bytes(8, "big"))
        missed += not payloads
        told = {key: seen for key, seen in told.items() if number - seen <= FRAMES_REMEMBERED}
        for payload in counted:
            key = payload.symbology, payload.text
            if key not in told:
                line = {"symbology": payload.symbology, "text": payload.text, "quad": payload.quad}
                out.write(json.dumps({"frame": number} | line) + "\n")
                # A pipe's other end acts on a code now, not when a buffer is full.
                out.flush()
            told[key] = number
