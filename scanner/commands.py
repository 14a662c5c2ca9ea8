"""The command `scan`: picture files, a camera or a video in, JSON lines out. Knows no web."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from enum import StrEnum, auto
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scanner.limits import BYTES_MAX
from scanner.pool import DecodePool
from scanner.terms import Frame, FrameRefused

if TYPE_CHECKING:  # Cameras bring OpenCV along, which the web process must not load by importing scan_files.
    from scanner.cameras import CameraFault


class Preview(StrEnum):
    """Whether a window shows what the camera sees."""

    NONE = auto()
    WINDOW = auto()


def scan_files(paths: Iterable[Path], out: TextIO) -> int:
    """Write `{"file", "payloads", "ms"}` for each file, and `error` beside them; return 1 if any was not read.

    A picture without a code is read, with no payloads and no error. A file that can't be opened is told on standard
    error too.
    """
    failed = False
    with DecodePool() as pool:
        for path in paths:
            line = _scan(path, pool)
            failed = failed or "error" in line
            out.write(json.dumps({"file": str(path)} | line) + "\n")
    return int(failed)


def scan_camera(number: int, out: TextIO, preview: Preview) -> int:
    """Write one line for each code that comes into view of this machine's camera; 1 when it gives no picture."""
    from scanner.cameras import webcam  # late, as said above

    return _watch(webcam(number), out, preview)


def scan_video(path: Path, out: TextIO, preview: Preview) -> int:
    """Write one line for each code that comes into view in a video file; 1 if it is none."""
    from scanner.cameras import video  # late, as said above

    return _watch(video(path), out, preview)


def _watch(source: AbstractContextManager[Iterator[Frame]], out: TextIO, preview: Preview) -> int:
    from scanner.cameras import CameraFailed, show  # late, as said above
    from scanner.watching import watch

    try:
        with source as frames:
            watch(frames, out, look=show if preview is Preview.WINDOW else None)
    except CameraFailed as failed:
        sys.stderr.write(f"scan: {_what_to_do(failed.fault)}\n")
        return 1
    except KeyboardInterrupt:
        # Ctrl-C is how a person ends a camera.
        return 0
    return 0


def _what_to_do(fault: CameraFault) -> str:
    from scanner.cameras import CameraFault  # late, as said above

    match fault:
        case CameraFault.NO_CAMERA:
            return "there is no such camera, or another program has it: close that one, or try --camera 1"
        case CameraFault.NO_PICTURE:
            return "the camera gives no picture: plug it in again, and close the program that has it"
        case CameraFault.NO_VIDEO:
            return "this file is no video that can be read"
        case CameraFault.NO_WINDOW:
            return (
                "the OpenCV of the standard install has no windows: leave --preview away, or uninstall "
                "opencv-contrib-python-headless and then install opencv-contrib-python"
            )


def _scan(path: Path, pool: DecodePool) -> dict[str, object]:
    started = time.perf_counter()
    try:
        with path.open("rb") as file:
            # One byte over the limit is enough to be refused for; the rest of a huge file is never read.
            data = file.read(BYTES_MAX + 1)
        reading = pool.read_photo(data)
    except OSError as error:
        sys.stderr.write(f"scan: {path}: {error.strerror}\n")
        return _not_read("unreadable", started)
    except FrameRefused as refused:
        return _not_read(refused.reason, started)
    payloads = [
        {"symbology": payload.symbology, "text": payload.text, "quad": payload.quad}
        for payload in reading.payloads
    ]
    return {"payloads": payloads, "ms": reading.ms}


def _not_read(error: str, started: float) -> dict[str, object]:
    return {"payloads": [], "ms": round((time.perf_counter() - started) * 1000, 1), "error": error}
