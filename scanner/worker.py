"""The process that decodes: `python -m scanner.worker`. Knows no caller.

A frame arrives on standard input as its length (4 bytes, big-endian) and its bytes. The first line on
standard output is `{"ready": true}`; then follows one line a frame, `{"payloads": […], "ms": …}` or
`{"refused": reason}`. The process ends when its input does. Whatever a hostile picture makes it do stays
within its limits of memory and CPU time; time on the clock is the parent's to watch.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import BinaryIO

# Threads of the libraries would multiply memory and CPU; it must be said before numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENCV_LOG_LEVEL"] = "SILENT"

import cv2

from scanner.decoding import read_payloads
from scanner.frames import read_frame
from scanner.limits import BYTES_MAX
from scanner.process_limits import allow_cpu, limit_memory
from scanner.terms import FrameReason, FrameRefused, Payload

MEMORY_BYTES_MAX = 400 * 1024 * 1024
CPU_SECONDS_PER_FRAME = 5


def main() -> None:
    answers = _private_output()
    cv2.setNumThreads(1)
    # After the imports, because those alone take more than half a gigabyte of address space.
    limit_memory(extra_bytes=MEMORY_BYTES_MAX)
    _send(answers, {"ready": True})
    while (data := _receive(sys.stdin.buffer)) is not None:
        allow_cpu(seconds=CPU_SECONDS_PER_FRAME)
        _send(answers, _answer(data))


def _private_output() -> BinaryIO:
    """Return the way to the parent, and close it to everyone else.

    A library that prints would break the protocol, so the standard output now leads to nowhere. The decoders'
    warnings about hostile pictures would fill the server's log, so the native standard error does as well;
    Python's own stays, for our faults.
    """
    answers = os.fdopen(os.dup(1), "wb")
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _receive(frames: BinaryIO) -> bytes | None:
    """Return the next frame, or None when the parent has gone."""
    prefix = frames.read(4)
    length = int.from_bytes(prefix, "big")
    if len(prefix) < 4 or length > BYTES_MAX:  # noqa: PLR2004
        return None
    data = frames.read(length)
    return data if len(data) == length else None


def _answer(data: bytes) -> dict[str, object]:
    started = time.perf_counter()
    try:
        payloads = read_payloads(read_frame(data))
    except FrameRefused as refused:
        return {"refused": refused.reason}
    except MemoryError:
        return {"refused": FrameReason.DECODER_FAILED}
    ms = (time.perf_counter() - started) * 1000
    return {"payloads": [_plain(payload) for payload in payloads], "ms": round(ms, 1)}


def _plain(payload: Payload) -> dict[str, object]:
    return {"symbology": payload.symbology, "text": payload.text, "quad": payload.quad}


def _send(answers: BinaryIO, answer: dict[str, object]) -> None:
    answers.write(json.dumps(answer).encode("ascii") + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
