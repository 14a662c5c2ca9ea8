"""A webcam made of pictures: what a member's phone shows, held over a counter, as the MJPEG that Chromium plays.

Chromium reads the file anew whenever a page opens the camera, so one browser serves every picture.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 1280, 720
FRAMES = 6
CODE_SIDE = 400


def show(file: Path, code_png: bytes | None) -> None:
    """Let the camera see this code from now on; None is the bare counter."""
    frames = [_frame(code_png, number) for number in range(FRAMES)]
    fresh = file.with_suffix(".fresh")
    fresh.write_bytes(b"".join(frames))
    fresh.replace(file)  # at once, so that no reader sees half a film


def photo(code_png: bytes) -> bytes:
    """One JPEG of a code on the counter."""
    return _frame(code_png, 0)


def _frame(code_png: bytes | None, number: int) -> bytes:
    chance = np.random.default_rng(number)
    counter = _counter()
    if code_png is not None:
        counter = _with_phone(counter, code_png, tilt=4 + number % 3)
    noise = chance.normal(0, 4, counter.shape)
    seen = np.clip(cv2.GaussianBlur(counter, (3, 3), 0) + noise, 0, 255).astype(np.uint8)
    _done, jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return jpeg.tobytes()


def _counter() -> Picture:
    """Wood, lit from the left."""
    light = np.linspace(150, 95, WIDTH)[None, :, None]
    grain = 8 * np.sin(np.arange(HEIGHT) / 9)[:, None, None]
    colour = np.array([0.55, 0.75, 1.0])[None, None, :]
    wood: Picture = np.clip((light + grain) * colour, 0, 255).astype(np.uint8)
    return wood


def _with_phone(counter: Picture, code_png: bytes, *, tilt: float) -> Picture:
    code = cv2.imdecode(np.frombuffer(code_png, np.uint8), cv2.IMREAD_COLOR)
    if code is None:
        raise ValueError("the screenshot is no picture")
    height, width = code.shape[:2]
    scale = CODE_SIDE / max(height, width)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, scale)
    turn[:, 2] += np.array([WIDTH / 2 - width / 2, HEIGHT / 2 - height / 2])
    seen = cv2.warpAffine(code, turn, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
    where = cv2.warpAffine(np.full((height, width), 255, np.uint8), turn, (WIDTH, HEIGHT))
    laid: Picture = np.where(where[:, :, None] > 127, seen, counter).astype(np.uint8)
    return laid
