"""Whether a camera still shows what it showed. Knows no code.

A scene is a thumbnail of a frame: noise averages out in it, and a code that is exchanged for another changes
some of its blocks by far more than noise does.
"""

from __future__ import annotations

import cv2
import numpy as np

from scanner.terms import Frame

WIDTH, HEIGHT = 64, 48
# Of 256 grey values, for the block that changed most. Noise of 10 in a block of 100 pixels leaves about 1.
CHANGE_MIN = 6


def scene_of(frame: Frame) -> bytes:
    thumbnail = cv2.resize(frame.pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(thumbnail, np.uint8).tobytes()


def is_unchanged(scene: bytes, known: bytes) -> bool:
    """Tell whether no block of the scene differs; a known scene that is none differs always."""
    if len(scene) != len(known):
        return False
    before, now = (np.frombuffer(one, np.uint8).astype(np.int16) for one in (known, scene))
    return int(np.abs(now - before).max()) < CHANGE_MIN
