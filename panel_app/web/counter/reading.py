"""From an uploaded picture to texts: the reader's answer, debounced by till. The web process never decodes."""

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator

from flask import current_app

from panel_app.programme.refusals import ImageNotAccepted, NoCodeInImage, ReaderBusy
from panel_app.programme.scanned_texts import Alternative, Scanned
from panel_app.programme.terms import EntryMode, RedemptionType
from scanner import DecodePool, FrameReason, FrameRefused, Reading, Symbology

DEBOUNCE_SECONDS = 3.0
SIGHTINGS_MAX = 10_000
_TYPES = {Symbology.QR: RedemptionType.QR, Symbology.CODE_128: RedemptionType.BAR_CODE}


def read_frame(data: bytes, till: str) -> tuple[Scanned | None, int]:
    """What a frame of this till's camera says, None when nothing in it counts yet, and how long to wait.

    The wait is in milliseconds, before the next frame. Raises ImageNotAccepted or ReaderBusy.
    """
    with _refusals_told():
        reading = _pool().read_frame(data, stream=till)
    return _scanned(reading, EntryMode.CAMERA), reading.wait_ms


def read_photo(data: bytes) -> Scanned:
    """What an uploaded photo says; NoCodeInImage when that is nothing, else as read_frame."""
    with _refusals_told():
        reading = _pool().read_photo(data)
    scanned = _scanned(reading, EntryMode.PHOTO)
    if scanned is None:
        raise NoCodeInImage
    return scanned


def _pool() -> DecodePool:
    pool: DecodePool = current_app.extensions["countermark-pool"]
    return pool


@contextlib.contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except FrameRefused as refused:
        if refused.reason is FrameReason.BUSY:
            raise ReaderBusy from None
        raise ImageNotAccepted(why=refused.reason.value) from None


def _scanned(reading: Reading, mode: EntryMode) -> Scanned | None:
    found = [Alternative(text=one.text, shown_as=_TYPES.get(one.symbology)) for one in reading.payloads]
    if not found:
        return None
    first, *others = found
    return Scanned(text=first.text, shown_as=first.shown_as, mode=mode, alternatives=tuple(others))


class Debounce:
    """The same texts at the same till count once while they stay in view, and for three seconds after."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, bytes], float] = {}
        self._lock = threading.Lock()

    def is_repeat(self, till: str, *texts: str) -> bool:
        """Note what one picture shows; True when just that was seen here within the last three seconds."""
        shown, now = (till, _digest(texts)), time.monotonic()
        with self._lock:
            if len(self._seen) > SIGHTINGS_MAX:
                self._seen = {key: at for key, at in self._seen.items() if now - at < DEBOUNCE_SECONDS}
            before = self._seen.get(shown)
            self._seen[shown] = now
        return before is not None and now - before < DEBOUNCE_SECONDS

    def forget(self, till: str) -> None:
        """Let whatever lies at this till be news again."""
        with self._lock:
            self._seen = {key: at for key, at in self._seen.items() if key[0] != till}


def _digest(texts: tuple[str, ...]) -> bytes:
    """One for the same texts in any order; a decoder promises none."""
    return hashlib.sha256("\n".join(sorted(texts)).encode()).digest()
