"""What the pool remembers of each till's camera from one frame to the next. Knows no picture and no process.

Three things hang on it: which stage looks next, whether a bar code was read before, and whether a frame that
shows what the one before showed has to be read at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scanner.agreement import Agreement
from scanner.requests import Mode, Request
from scanner.terms import FrameReason, FrameRefused, Payload, Reading

# A scene in which nothing was found is looked at by each repair once before it is let alone ...
LOOKS_BEFORE_SKIPPING = 8
# ... and even then one frame in eight is read, in case the thumbnail hides a change.
SKIPPED_MAX = 7
STREAMS_MAX = 10_000


@dataclass(slots=True)
class Stream:
    """One camera. Used by one thread at a time, which the lock of `Streams` sees to."""

    missed: int = 0
    looks: int = 0
    skipped: int = 0
    scene: bytes = b""
    counted: tuple[Payload, ...] = ()
    agreement: Agreement = field(default_factory=Agreement)

    def request(self, data: bytes) -> Request:
        """Return what to ask of a worker for this camera's next frame."""
        settled = (self.counted or self.looks >= LOOKS_BEFORE_SKIPPING) and self.skipped < SKIPPED_MAX
        known = self.scene if settled else b""
        return Request(data=data, mode=Mode.LIVE, number=self.missed, known=known)

    def noted(self, reading: Reading, request: Request) -> Reading:
        """Take note of a worker's answer and return it with the payloads that count."""
        if reading.unchanged:
            self.skipped += 1
            return replace(reading, payloads=self.counted)
        self.counted = self.agreement.counted(reading.payloads, hashlib.sha256(request.data).digest())
        # A scene that was known and is another one now has the repairs' looks all before it.
        self.looks = 1 if request.known else self.looks + 1
        self.skipped = 0
        self.scene = reading.scene
        # The stage that read something is asked again: a bar code needs its second read, and a till's light stays.
        self.missed += not reading.payloads
        return replace(reading, payloads=self.counted)


class Streams:
    """All cameras, by name. Of each one frame at a time is read; another meanwhile is refused as BUSY."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[str, Stream] = OrderedDict()
        self._taken: set[str] = set()

    @contextlib.contextmanager
    def taken(self, name: str, *, wait_ms: int) -> Iterator[Stream]:
        """Lend the camera's memory for one frame. Raise FrameRefused while another thread has it."""
        with self._lock:
            if name in self._taken:
                raise FrameRefused(reason=FrameReason.BUSY, wait_ms=wait_ms)
            self._taken.add(name)
            stream = self._idle.pop(name, None) or Stream()
        try:
            yield stream
        finally:
            with self._lock:
                self._taken.discard(name)
                self._idle[name] = stream
                if len(self._idle) > STREAMS_MAX:
                    self._idle.popitem(last=False)
