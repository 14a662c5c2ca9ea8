"""The web process's way to a decoder: worker processes behind pipes, with a time limit. Knows no pixel.

The caller never decodes. A worker that dies, takes too long or answers nonsense is killed and replaced, and
the call is refused; the next frame finds a fresh worker.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self

from scanner.agreement import counts_in_photo
from scanner.headers import check_header
from scanner.requests import Mode, Request
from scanner.streams import Streams
from scanner.terms import FrameReason, FrameRefused, Reading, Stage
from scanner.totals import PoolTotals, Tally
from scanner.worker_process import WorkerLost, WorkerProcess

# How long a frame took is remembered as a mean, in which the last one weighs a tenth.
WEIGHT_OF_LAST = 0.1
WAIT_MS_MAX = 2_000
_log = logging.getLogger(__name__)


class DecodePool:
    """`workers` decoding processes, shared by any number of threads. Make it after forking; close it."""

    # The default leaves a hostile picture 2 seconds in all, its upload and the kill included.
    def __init__(self, workers: int = 1, seconds: float = 1.8) -> None:
        if workers < 1 or seconds <= 0:
            raise ValueError(f"a pool needs a worker and some time: {workers=} {seconds=}")
        self._owner = os.getpid()
        self._workers = workers
        self._seconds = seconds
        self._streams = Streams()
        self._tally = Tally()
        self._lock = threading.Lock()
        self._inside = 0
        self._ms_mean = 0.0
        self._lamented: frozenset[Stage] = frozenset()
        # None is a place whose worker could not be started: the next frame tries again.
        self._idle: queue.SimpleQueue[WorkerProcess | None] = queue.SimpleQueue()
        for _ in range(workers):
            self._idle.put(WorkerProcess())

    def read_photo(self, data: bytes) -> Reading:
        """Return what the picture in `data` says, which comes once; an empty reading included.

        Raise FrameRefused for a picture that is not read, with BUSY when no worker came free within
        `seconds`, and with TIMED_OUT or DECODER_FAILED when the worker was lost over it.
        """
        with self._refusals_counted():
            reading = self._read(Request(data=data, mode=Mode.PHOTO))
        counted = tuple(payload for payload in reading.payloads if counts_in_photo(payload))
        return self._added(replace(reading, payloads=counted))

    def read_frame(self, data: bytes, *, stream: str) -> Reading:
        """Return what one frame of a live camera says. `stream` names the camera: a till has one.

        Raises as read_photo does; BUSY at once while another frame of the same stream is read.
        """
        with self._refusals_counted(), self._streams.taken(stream, wait_ms=self.wait_ms()) as camera:
            request = camera.request(data)
            return self._added(camera.noted(self._read(request), request))

    def wait_ms(self) -> int:
        """Return how long those who wait now will take the workers beyond the frames they have."""
        with self._lock:
            waiting = max(0, self._inside - self._workers)
            return min(WAIT_MS_MAX, round(waiting * self._ms_mean / max(1, self._workers)))

    def totals(self) -> PoolTotals:
        """Return what was done since the pool was made."""
        return self._tally.snapshot()

    def close(self) -> None:
        """End the workers, each when its frame is done. Afterwards every frame is refused as BUSY."""
        for _ in range(self._workers):
            worker = self._idle.get()
            if worker is not None:
                worker.stop()
        self._workers = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _refusals_counted(self) -> Iterator[None]:
        try:
            yield
        except FrameRefused as refused:
            self._tally.add_refusal(refused.reason)
            raise

    def _added(self, reading: Reading) -> Reading:
        self._tally.add_reading(reading)
        return replace(reading, wait_ms=self.wait_ms())

    def _read(self, request: Request) -> Reading:
        if os.getpid() != self._owner:
            # Two processes on one pipe would read each other's codes.
            raise RuntimeError("a pool is made after forking, one for each process")
        with self._lock:
            self._inside += 1
        try:
            check_header(request.data)
            return self._asked(request)
        finally:
            with self._lock:
                self._inside -= 1

    def _asked(self, request: Request) -> Reading:
        try:
            worker = self._idle.get(timeout=self._seconds)
        except queue.Empty:
            raise FrameRefused(reason=FrameReason.BUSY, wait_ms=self.wait_ms()) from None
        started = time.monotonic()
        try:
            worker = worker or WorkerProcess()
            reading = worker.decode(request, seconds=self._seconds)
        except (WorkerLost, OSError) as lost:
            reason = lost.reason if isinstance(lost, WorkerLost) else FrameReason.DECODER_FAILED
            raise FrameRefused(reason=reason) from lost
        finally:
            self._idle.put(_usable(worker))
        self._note(worker, ms=(time.monotonic() - started) * 1000)
        return reading

    def _note(self, worker: WorkerProcess, *, ms: float) -> None:
        with self._lock:
            self._ms_mean += WEIGHT_OF_LAST * (ms - self._ms_mean)
            missing = (worker.missing or frozenset()) - self._lamented
            self._lamented |= missing
        if missing:
            # Once: reading goes on, and every frame of every day would say the same.
            _log.warning("%s; not on this machine: %s", _price_of(missing), sorted(missing))


def _price_of(missing: frozenset[Stage]) -> str:
    price = "some codes that are hard to read will be missed"
    # A photo has no second frame, and there is no second decoder that would agree.
    return (
        f"{price}, bar codes in photos count only if they are codes of ours"
        if Stage.ZBAR in missing
        else price
    )


def _usable(worker: WorkerProcess | None) -> WorkerProcess | None:
    """Return the worker or a new one for it: now, so that it imports before the next frame."""
    if worker is None or not worker.owes_answer:
        return worker
    worker.stop()
    try:
        return WorkerProcess()
    except OSError:  # no memory or no process number left just now
        return None
