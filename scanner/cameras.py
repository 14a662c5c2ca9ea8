"""Where pictures come from on the till's own machine: a webcam, a video file. Knows no code and no web.

Only for the command: what the server reads comes from browsers, and is decoded in the pool.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from enum import StrEnum, auto
from pathlib import Path

# As in the worker: a wrong camera number is told once and by us.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np

from scanner.terms import Frame

# What the counter page asks of a webcam too; a camera that can't gives what it has.
WIDTH, HEIGHT = 1280, 720


class CameraFault(StrEnum):
    """Why a source gives no frames."""

    NO_CAMERA = auto()
    NO_PICTURE = auto()
    NO_VIDEO = auto()
    NO_WINDOW = auto()


class CameraFailed(Exception):  # noqa: N818  an answer for the person at the keyboard
    """A source that can't be opened or gives no picture, or a preview that can't be shown."""

    def __init__(self, *, fault: CameraFault) -> None:
        super().__init__(fault)
        self.fault = fault


@contextlib.contextmanager
def webcam(number: int) -> Iterator[Iterator[Frame]]:
    """Lend the frames of the camera with this number. Raise CameraFailed if there is none, or no further frame.

    A camera that another program has may open all the same, and one that is unplugged just stops.
    """
    with _opened(cv2.VideoCapture(number), fault=CameraFault.NO_CAMERA) as capture:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        yield _endless(_frames(capture))


@contextlib.contextmanager
def video(path: Path) -> Iterator[Iterator[Frame]]:
    """Lend the frames of a video file, to its end. Raise CameraFailed if it is none."""
    with _opened(cv2.VideoCapture(str(path)), fault=CameraFault.NO_VIDEO) as capture:
        yield _frames(capture)


def show(frame: Frame) -> None:
    """Show a frame in a window. Raise CameraFailed where OpenCV was built without windows."""
    try:
        cv2.imshow("Countermark", frame.pixels)
        cv2.waitKey(1)
    except cv2.error as error:
        raise CameraFailed(fault=CameraFault.NO_WINDOW) from error


@contextlib.contextmanager
def _opened(capture: cv2.VideoCapture, *, fault: CameraFault) -> Iterator[cv2.VideoCapture]:
    try:
        if not capture.isOpened():
            raise CameraFailed(fault=fault)
        yield capture
    finally:
        capture.release()


def _endless(frames: Iterator[Frame]) -> Iterator[Frame]:
    yield from frames
    raise CameraFailed(fault=CameraFault.NO_PICTURE)


def _frames(capture: cv2.VideoCapture) -> Iterator[Frame]:
    while True:
        given, picture = capture.read()
        if not given:
            return
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture  # noqa: PLR2004
        yield Frame(pixels=np.asarray(grey, np.uint8))
