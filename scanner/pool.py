"""The web process's way to a decoder: worker processes behind pipes, with a time limit. Knows no pixel.

The caller never decodes. A worker that dies, takes too long or answers nonsense is killed and replaced, and
the call is refused; the next frame finds a fresh worker.
"""

from __future__ import annotations

import os
import queue
from types import TracebackType
from typing import Self

from scanner.headers import check_header
from scanner.terms import FrameReason, FrameRefused, Reading
from scanner.worker_process import WorkerLost, WorkerProcess


class DecodePool:
    """`workers` decoding processes, shared by any number of threads. Make it after forking; close it."""

    # The default leaves a hostile picture 2 seconds in all, its upload and the kill included.
    def __init__(self, workers: int = 1, seconds: float = 1.8) -> None:
        if workers < 1 or seconds <= 0:
            raise ValueError(f"a pool needs a worker and some time: {workers=} {seconds=}")
        self._owner = os.getpid()
        self._workers = workers
        self._seconds = seconds
        # None is a place whose worker could not be started: the next frame tries again.
        self._idle: queue.SimpleQueue[WorkerProcess | None] = queue.SimpleQueue()
        for _ in range(workers):
            self._idle.put(WorkerProcess())

    def decode(self, data: bytes) -> Reading:
        """Return what the picture in `data` says, an empty reading included.

        Raise FrameRefused for a picture that is not read, with BUSY when no worker came free within
        `seconds`, and with TIMED_OUT or DECODER_FAILED when the worker was lost over it.
        """
        if os.getpid() != self._owner:
            # Two processes on one pipe would read each other's codes.
            raise RuntimeError("a pool is made after forking, one for each process")
        check_header(data)
        try:
            worker = self._idle.get(timeout=self._seconds)
        except queue.Empty:
            raise FrameRefused(reason=FrameReason.BUSY) from None
        try:
            worker = worker or WorkerProcess()
            return worker.decode(data, seconds=self._seconds)
        except (WorkerLost, OSError) as lost:
            reason = lost.reason if isinstance(lost, WorkerLost) else FrameReason.DECODER_FAILED
            raise FrameRefused(reason=reason) from lost
        finally:
            self._idle.put(_usable(worker))

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


def _usable(worker: WorkerProcess | None) -> WorkerProcess | None:
    """Return the worker or a new one for it: now, so that it imports before the next frame."""
    if worker is None or not worker.owes_answer:
        return worker
    worker.stop()
    try:
        return WorkerProcess()
    except OSError:  # no memory or no process number left just now
        return None
