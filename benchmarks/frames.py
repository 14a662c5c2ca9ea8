"""How large a frame must be to be read: widths and JPEG qualities, on what a webcam sees. Knows no browser.

Each picture is cut, shrunk and packed as panel_app/static/js/frames.js does it, and read by a reader's process.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from scanner import DecodePool, member_code_text, new_handle, new_reward_code, qr_png
from tests.journeys import cameras
from tests.journeys.cameras import Picture, View

WIDTHS, QUALITIES = (480, 640, 800, 960), (50, 60, 70, 80)
VIEWS = (cameras.GOOD, cameras.DIM, cameras.SMALL)
# The sizes at which a code stops being read: that is where frames differ.
SIDES = (400, 190, 130, 110, 95)
CODES = 3


def main() -> None:
    pictures = list(seen())
    table = Table(title=f"{len(pictures)} pictures of codes, middle 4:3 of 1280 × 720")
    for name in ("width", "quality", "read", "kB (median)", "ms to read (median)"):
        table.add_column(name, justify="right")
    with DecodePool() as pool:
        for width in WIDTHS:
            for quality in QUALITIES:
                table.add_row(
                    str(width),
                    f"0.{quality // 10}",
                    *row(pool, [packed(one, width, quality) for one in pictures]),
                )
    Console(width=100).print(table)


def row(pool: DecodePool, frames: list[bytes]) -> tuple[str, str, str]:
    # A camera of its own for each: a frame has its first look, and no help of the frame before.
    readings = [pool.read_frame(frame, stream=str(number)) for number, frame in enumerate(frames)]
    read = sum(bool(reading.payloads) for reading in readings)
    size = statistics.median(len(frame) for frame in frames) / 1000
    return f"{read / len(frames):.0%}", f"{size:.0f}", f"{statistics.median(one.ms for one in readings):.1f}"


def packed(picture: Picture, width: int, quality: int) -> bytes:
    """The browser's cut: the middle, 4:3, as wide as said."""
    height = picture.shape[0]
    middle = height * 4 // 3
    left = (picture.shape[1] - middle) // 2
    cut = cv2.resize(
        picture[:, left : left + middle], (width, width * 3 // 4), interpolation=cv2.INTER_LINEAR
    )
    return cv2.imencode(".jpg", cut, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def seen() -> Iterator[Picture]:
    """Reward codes and member codes, in each view and size, still and while the hand turns."""
    for number in range(CODES):
        member = member_code_text(
            tag="CM", handle=new_handle(), step_seconds=1_760_000_000 + 30 * number, digits=f"{number:08}"
        )
        for code in (new_reward_code("CM").text, member):
            for view in VIEWS:
                for side in SIDES:
                    yield from frames_of(qr_png(code), replace(view, side=side))


def frames_of(code_png: bytes, view: View) -> Iterator[Picture]:
    for jpeg in cameras.film(code_png, view, frames=2):
        yield np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


if __name__ == "__main__":
    main()
