"""When a read counts. Knows no decoder, and of a text no more than whether it is spelt as a code of ours.

A QR code counts at its first read: it carries its own error correction, and no wrong one was seen in 900
pictures. A bar code has one check digit, which every tenth misread passes, so it counts at two equal reads. Of
one picture two different decoders have to give them: one decoder misreads it again, however the picture is
repaired. A sharpened picture is no witness, because sharpening makes two bars out of one.

A photo has no next frame. There the check symbol of a code of ours is a witness as good as a second decoder: a
misread would have to pass the bar code's own check, keep within our alphabet and meet one symbol in 32.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.codes import is_spelt_as_printed
from scanner.terms import Payload, Stage, Symbology

READS_NEEDED = 2
# About three seconds of frames: a bar code that was read once and never again is forgotten.
FRAMES_REMEMBERED = 12
BY_ZBAR = frozenset({Stage.ZBAR, Stage.ZBAR_THRESHOLD, Stage.ZBAR_TURNED})
BY_ZXING = frozenset({Stage.PLAIN, Stage.FLATTENED, Stage.MEDIAN, Stage.TURNED})
_Read = tuple[bytes, frozenset[Stage]]


def counts_alone(payload: Payload) -> bool:
    """Tell whether one picture is enough for this payload: a QR code, or a bar code that two decoders read."""
    return payload.symbology is Symbology.QR or len(_decoders(payload)) >= READS_NEEDED


def counts_in_photo(payload: Payload) -> bool:
    """Tell whether it counts without a next frame: also a bar code of ours that one decoder read."""
    by_its_check = payload.symbology is Symbology.CODE_128 and is_spelt_as_printed(payload.text)
    return counts_alone(payload) or (by_its_check and bool(_decoders(payload)))


@dataclass(slots=True)
class Agreement:
    """What one camera's last frames said, so far as it doesn't count yet. Used by one thread at a time."""

    _frame: int = 0
    _reads: dict[tuple[Symbology, str], dict[_Read, int]] = field(default_factory=dict)

    def counted(self, payloads: tuple[Payload, ...], picture: bytes) -> tuple[Payload, ...]:
        """Return the payloads that count by now. `picture` tells one frame from another: a digest of it."""
        self._frame += 1
        self._forget()
        return tuple(payload for payload in payloads if self._counts(payload, picture))

    def _counts(self, payload: Payload, picture: bytes) -> bool:
        if payload.symbology is Symbology.QR:
            return True
        reads = self._reads.setdefault((payload.symbology, payload.text), {})
        reads |= {(picture, decoder): self._frame for decoder in _decoders(payload)}
        return len(reads) >= READS_NEEDED

    def _forget(self) -> None:
        oldest = self._frame - FRAMES_REMEMBERED
        for key, reads in list(self._reads.items()):
            self._reads[key] = {read: frame for read, frame in reads.items() if frame > oldest}
            if not self._reads[key]:
                del self._reads[key]


def _decoders(payload: Payload) -> list[frozenset[Stage]]:
    """Return the decoders that read it in a picture that was not sharpened, each once."""
    return [decoder for decoder in (BY_ZBAR, BY_ZXING) if decoder & set(payload.stages)]
