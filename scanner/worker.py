"""The process that decodes: `python -m scanner.worker`. Knows no caller.

A frame arrives on standard input as requests.py writes it. The first line on standard output is `{"ready":
true, "missing": […]}`, which names the stages that this machine lacks; then follows one line a frame, `{"payloads":
[…], "ms": …, "runs": […], "scene": …}`, `{"unchanged": true, "ms": …}` or `{"refused": reason}`. The process ends
when its input does. Whatever a hostile picture makes it do stays within its limits of memory and CPU time; time
on the clock is the parent's to watch.
"""

from __future__ import annotations

import base64
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

from scanner.changes import is_unchanged, scene_of
from scanner.decoding import Findings, read_live, read_photo
from scanner.frames import read_frame
from scanner.process_limits import allow_cpu, limit_memory
from scanner.requests import Mode, Request, next_request
from scanner.stages import stage_is_possible
from scanner.terms import FrameReason, FrameRefused, Payload, Stage

MEMORY_BYTES_MAX = 400 * 1024 * 1024
CPU_SECONDS_PER_FRAME = 5


def main() -> None:
    answers = _private_output()
    cv2.setNumThreads(1)
    # Before the limit, because the libraries alone take more than half a gigabyte of address space.
    missing = [stage for stage in Stage if not stage_is_possible(stage)]
    limit_memory(extra_bytes=MEMORY_BYTES_MAX)
    _send(answers, {"ready": True, "missing": missing})
    while (request := next_request(sys.stdin.buffer)) is not None:
        allow_cpu(seconds=CPU_SECONDS_PER_FRAME)
        _send(answers, _answer(request))


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


def _answer(request: Request) -> dict[str, object]:
    started = time.perf_counter()
    try:
        frame = read_frame(request.data)
        scene = scene_of(frame)
        if is_unchanged(scene, request.known):
            return {"unchanged": True, "ms": _ms_since(started)}
        match request.mode:
            case Mode.LIVE:
                findings = read_live(frame, number=request.number)
            case Mode.PHOTO:
                findings = read_photo(frame)
    except FrameRefused as refused:
        return {"refused": refused.reason}
    except (MemoryError, cv2.error):
        # OpenCV has its own word for no memory.
        return {"refused": FrameReason.DECODER_FAILED}
    return _told(findings) | {"ms": _ms_since(started), "scene": base64.b64encode(scene).decode("ascii")}


def _told(findings: Findings) -> dict[str, object]:
    return {
        "payloads": [_plain(payload) for payload in findings.payloads],
        "runs": [[run.stage, run.found, round(run.ms, 2)] for run in findings.runs],
    }


def _plain(payload: Payload) -> dict[str, object]:
    return {
        "symbology": payload.symbology,
        "text": payload.text,
        "quad": payload.quad,
        "stages": payload.stages,
    }


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def _send(answers: BinaryIO, answer: dict[str, object]) -> None:
    answers.write(json.dumps(answer).encode("ascii") + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
