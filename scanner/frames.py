"""Bytes → frame, after the header was checked. Knows JPEG, PNG and WebP through OpenCV, and no code.

Only the worker process imports this module: a picture is decoded behind limits of memory and time or not at
all.
"""

from __future__ import annotations

import cv2
import numpy as np

from scanner.headers import check_header
from scanner.terms import Frame, FrameReason, FrameRefused


def read_frame(data: bytes) -> Frame:
    """Return the picture as grey values, turned upright by its EXIF. Raise FrameRefused if none."""
    header = check_header(data)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise FrameRefused(reason=FrameReason.MALFORMED) from error
    # OpenCV answers None for a picture that it can't decode, whatever the stubs say.
    if pixels is None or pixels.ndim != 2 or {*pixels.shape} != {header.width, header.height}:  # noqa: PLR2004
        raise FrameRefused(reason=FrameReason.MALFORMED)
    return Frame(pixels=pixels.astype(np.uint8, copy=False))
