"""One decoding process as its parent sees it: started, asked, watched, killed. Knows no picture.

A process of its own and not a fork: a fork of a threaded server copies locks that nobody will ever open.
The time limit is a kill, because that works on every system and on whatever the process is stuck in.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from scanner.requests import Request, written
from scanner.terms import FrameReason, FrameRefused, Payload, Reading, Stage, StageRun, Symbology

# Importing OpenCV on a cold, busy machine takes seconds; a frame must not be refused for that.
START_SECONDS = 15.0
# The worker reads strangers' pictures: it gets what Python needs to start, never the server's secrets.
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG", "LC_ALL")
# A hundred QR codes of the largest size fit in; what is longer is cut off and then not understood.
ANSWER_BYTES_MAX = 4 * 1024 * 1024


class WorkerLost(Exception):  # noqa: N818  an event that the pool deals with
    """The process died, was killed or was not understood, and can't be used any more."""

    def __init__(self, *, reason: FrameReason) -> None:
        super().__init__(reason)
        self.reason = reason


class WorkerProcess:
    """Make it early: it imports while the caller does something else. Used by one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "scanner.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            # Ctrl-C in the server's terminal is the server's: it closes the pool, and the worker ends with
            # it.
            start_new_session=True,
        )
        # The stages that this machine lacks; None until the process said that it is ready.
        self.missing: frozenset[Stage] | None = None
        # True while an answer is owed. A process left so would give this frame's codes to the next caller.
        self.owes_answer = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def decode(self, request: Request, *, seconds: float) -> Reading:
        """Return the worker's reading. Raise FrameRefused on its word, WorkerLost for lack of one."""
        self.owes_answer = True
        if self.missing is None:
            self.missing = _missing(self._exchange(b"", seconds=START_SECONDS))
        answer = _understood(self._exchange(written(request), seconds=seconds))
        self.owes_answer = False
        if isinstance(answer, FrameReason):
            raise FrameRefused(reason=answer)
        return answer

    def stop(self) -> None:
        """Kill the process and wait for its end. Nothing is lost: it keeps nothing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            # Closing writes what is left over, to a process that is gone.
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _exchange(self, message: bytes, *, seconds: float) -> bytes:
        """Write the message and return the next line, or raise WorkerLost. Blocks for `seconds` at most."""
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None  # noqa: S101  both were asked for as pipes
        assert sink is not None  # noqa: S101
        watch = _Watch(self._process, seconds=seconds)
        try:
            sink.write(message)
            sink.flush()
            line = source.readline(ANSWER_BYTES_MAX)
        except OSError:  # the other end of the pipe is gone
            line = b""
        finally:
            watch.end()
        if watch.killed:
            raise WorkerLost(reason=FrameReason.TIMED_OUT)
        return line


class _Watch:
    """Kills a process unless it is ended in time."""

    def __init__(self, process: subprocess.Popen[bytes], *, seconds: float) -> None:
        self.killed = False
        self._process = process
        self._timer = threading.Timer(seconds, self._kill)
        # So that a server that is told to stop doesn't wait for a frame's time.
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        self._timer.cancel()
        # The kill may be under way just now; after the join it has happened or never will.
        self._timer.join()

    def _kill(self) -> None:
        self.killed = True
        self._process.kill()


_NONSENSE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


def _missing(line: bytes) -> frozenset[Stage]:
    try:
        answer = json.loads(line)
        if answer["ready"] is not True:
            raise ValueError
        return frozenset(Stage(stage) for stage in answer["missing"])
    except _NONSENSE as error:
        raise WorkerLost(reason=FrameReason.DECODER_FAILED) from error


def _understood(line: bytes) -> Reading | FrameReason:
    """Take nothing on trust: the process that wrote this may have been taken over by a picture."""
    try:
        answer = json.loads(line)
        if "refused" in answer:
            return FrameReason(answer["refused"])
        if "unchanged" in answer:
            return Reading(payloads=(), ms=float(answer["ms"]), unchanged=True)
        return Reading(
            payloads=tuple(_payload(plain) for plain in answer["payloads"]),
            ms=float(answer["ms"]),
            runs=tuple(
                StageRun(stage=Stage(stage), found=int(found), ms=float(ms))
                for stage, found, ms in answer["runs"]
            ),
            scene=base64.b64decode(answer["scene"]),
        )
    except _NONSENSE as error:
        raise WorkerLost(reason=FrameReason.DECODER_FAILED) from error


def _payload(plain: dict[str, object]) -> Payload:
    text, quad, stages = plain["text"], plain["quad"], plain["stages"]
    if not isinstance(text, str) or not isinstance(quad, list) or not isinstance(stages, list):
        raise TypeError
    first, second, third, fourth = ((int(x), int(y)) for x, y in quad)
    return Payload(
        symbology=Symbology(str(plain["symbology"])),
        text=text,
        quad=(first, second, third, fourth),
        stages=tuple(Stage(stage) for stage in stages),
    )


def _environment() -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # -P keeps the working directory out of the import path, so the package is found where this one was.
    import_path = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return passed_on | {"PYTHONPATH": os.pathsep.join(import_path)}
