"""A webcam made of pictures: what a member's phone shows, held over a counter, as the MJPEG that Chromium plays.

Chromium reads the file anew whenever a page opens the camera, so one browser serves every picture.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 1280, 720
FRAMES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a webcam sees the code: its side in pixels, its tilt in degrees, and what spoils the picture."""

    side: int = 400
    tilt: float = 4
    blur: float = 0.8  # sigma, pixels
    light: float = 1.0
    noise: float = 4  # sigma, grey levels
    glare: float = 0.0  # how much of the screen's own black a lamp washes out


GOOD = View()
DIM = View(light=0.3, blur=1.6, noise=9)
SMALL = View(side=190, tilt=24, glare=0.55)


def show(file: Path, code_png: bytes | None, view: View = GOOD) -> None:
    """Let the camera see this code from now on; None is the bare counter."""
    fresh = file.with_suffix(".fresh")
    fresh.write_bytes(b"".join(film(code_png, view)))
    fresh.replace(file)  # at once, so that no reader sees half a film


def film(code_png: bytes | None, view: View = GOOD, frames: int = FRAMES) -> list[bytes]:
    """JPEGs of a hand that never holds quite still."""
    return [_jpeg(_seen(code_png, view, number)) for number in range(frames)]


def photo(code_png: bytes, view: View = GOOD) -> bytes:
    """One JPEG of a code on the counter."""
    return _jpeg(_seen(code_png, view, 0))


def _jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def _seen(code_png: bytes | None, view: View, number: int) -> Picture:
    chance = np.random.default_rng(number)
    counter = _counter()
    if code_png is not None:
        counter = _with_phone(counter, code_png, view, view.tilt + number % 3)
    blurred = cv2.GaussianBlur(counter, (0, 0), view.blur) * view.light
    seen: Picture = np.clip(blurred + chance.normal(0, view.noise, counter.shape), 0, 255).astype(np.uint8)
    return seen


def _counter() -> Picture:
    """Wood, lit from the left."""
    light = np.linspace(150, 95, WIDTH)[None, :, None]
    grain = 8 * np.sin(np.arange(HEIGHT) / 9)[:, None, None]
    colour = np.array([0.55, 0.75, 1.0])[None, None, :]
    wood: Picture = np.clip((light + grain) * colour, 0, 255).astype(np.uint8)
    return wood


def _with_phone(counter: Picture, code_png: bytes, view: View, tilt: float) -> Picture:
    code = cv2.imdecode(np.frombuffer(code_png, np.uint8), cv2.IMREAD_COLOR)
    if code is None:
        raise ValueError("the screenshot is no picture")
    height, width = code.shape[:2]
    scale = view.side / max(height, width)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, scale)
    turn[:, 2] += np.array([WIDTH / 2 - width / 2, HEIGHT / 2 - height / 2])
    seen = cv2.warpAffine(code, turn, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
    where = cv2.warpAffine(np.full((height, width), 255, np.uint8), turn, (WIDTH, HEIGHT))
    laid = np.where(where[:, :, None] > 127, seen, counter)
    # A lamp over the middle of the code, that fades towards its rim.
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    away = ((columns - WIDTH / 2) ** 2 + (rows - HEIGHT / 2) ** 2) / (view.side / 2) ** 2
    washed = view.glare * np.exp(-away)[:, :, None]
    lit: Picture = (laid * (1 - washed) + 255 * washed).astype(np.uint8)
    return lit
