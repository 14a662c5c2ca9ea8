"""From an uploaded picture to texts: the reader's answer, debounced by till. The web process never decodes."""

import hashlib
import threading
import time
from dataclasses import dataclass

from flask import current_app

from panel_app.programme.counter import Alternative, Scanned
from panel_app.programme.refusals import ImageNotAccepted, NoCodeInImage, ReaderBusy
from panel_app.programme.terms import EntryMode, RedemptionType
from scanner import DecodePool, FrameReason, FrameRefused, Symbology

DEBOUNCE_SECONDS = 3.0
TILLS_REMEMBERED_MAX = 10_000
_TYPES = {Symbology.QR: RedemptionType.QR, Symbology.CODE_128: RedemptionType.BAR_CODE}


def read_picture(data: bytes, mode: EntryMode) -> Scanned | None:
    """What a picture says, None when there is no code in it. Raises ImageNotAccepted or ReaderBusy."""
    pool: DecodePool = current_app.extensions["countermark-pool"]
    try:
        payloads = pool.decode(data).payloads
    except FrameRefused as refused:
        if refused.reason is FrameReason.BUSY:
            raise ReaderBusy from None
        raise ImageNotAccepted(why=refused.reason.value) from None
    found = [Alternative(text=one.text, shown_as=_TYPES.get(one.symbology)) for one in payloads]
    if not found:
        return None
    first, *others = found
    return Scanned(text=first.text, shown_as=first.shown_as, mode=mode, alternatives=tuple(others))


def read_photo(data: bytes) -> Scanned:
    """The one code in an uploaded photo; NoCodeInImage when there is none."""
    scanned = read_picture(data, EntryMode.PHOTO)
    if scanned is None:
        raise NoCodeInImage
    return scanned


@dataclass(slots=True)
class _Sighting:
    digest: bytes
    at: float


class Debounce:
    """The same text at the same till counts once while it stays in view, and for three seconds after."""

    def __init__(self) -> None:
        self._last: dict[str, _Sighting] = {}
        self._lock = threading.Lock()

    def is_repeat(self, till: str, text: str) -> bool:
        """Note a sighting; True when the text was seen here within the last three seconds."""
        digest, now = hashlib.sha256(text.encode()).digest(), time.monotonic()
        with self._lock:
            before = self._last.get(till)
            if len(self._last) > TILLS_REMEMBERED_MAX:
                self._last.clear()
            self._last[till] = _Sighting(digest, now)
        return before is not None and before.digest == digest and now - before.at < DEBOUNCE_SECONDS
