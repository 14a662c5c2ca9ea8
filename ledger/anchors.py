"""The anchor: one line for each seal, in a file outside the database, so that a cut-off tail is seen.

Lines are JSON and only ever appended: {"seal": n, "hash": …, "at": …}. A restore appends a signed gap:
{"gap": k, …}, which says that the seals behind k were lost with the backup. Knows no records.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from ledger.seals import Seal
from ledger.signing import PublicKey, SealKey

TAIL_BYTES = 4096


class SealError(Exception):
    """Seals, anchor and key do not belong together, or a line of the anchor is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A seal as the anchor knows it."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A restore: the copy ended with seal `kept`, the anchor with seal `last`."""

    kept: int
    last: int
    at: str
    signature: bytes

    def message(self) -> bytes:
        return _json({"gap": self.kept, "last": self.last, "at": self.at})


def gap_between(key: SealKey, *, kept: int, last: int, at: datetime) -> Gap:
    """The signed word that seals behind `kept` are gone by a restore and not by a hand."""
    unsigned = Gap(kept=kept, last=last, at=at.isoformat(), signature=b"")
    return Gap(kept=kept, last=last, at=unsigned.at, signature=key.sign(unsigned.message()))


def seal_line(seal: Seal) -> str:
    fields = {"seal": seal.number, "hash": seal.hash.hex(), "at": seal.sealed_at.isoformat()}
    return _json(fields).decode()


def gap_line(gap: Gap) -> str:
    return _json({**json.loads(gap.message()), "signature": gap.signature.hex()}).decode()


def size_of(path: Path) -> int:
    """Up to where the anchor reads now; a live server goes on appending."""
    return path.stat().st_size


def lines_of(path: Path, size: int) -> Iterator[Anchored | Gap]:
    """Every line in turn; the torn last line of a crash is left out. SealError for one that can't be read."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            size -= len(line)
            if size < 0 or not line.endswith(b"\n"):
                return
            try:
                parsed = _parsed(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise SealError(f"line {number} of {path} can't be read") from None
            yield parsed


def gaps_of(path: Path, size: int, public: PublicKey) -> list[Gap]:
    """The restores that the anchor knows. SealError for one that this key did not sign."""
    gaps = [line for line in lines_of(path, size) if isinstance(line, Gap)]
    for gap in gaps:
        if not public.signed(gap.message(), gap.signature):
            raise SealError(f"the gap behind seal {gap.kept} is not signed by this key")
    return gaps


def standing(lines: Iterable[Anchored | Gap], gaps: list[Gap]) -> Iterator[Anchored]:
    """The anchored seals that no later gap (of the same `gaps`, in order) has given up, by number."""
    to_come = list(gaps)
    for line in lines:
        if isinstance(line, Gap):
            to_come.pop(0)
        elif all(line.number <= gap.kept for gap in to_come):
            yield line


def fits(last: Anchored | Gap | None, head: Seal | None) -> bool:
    """Whether an anchor's last line fits a database whose newest seal is `head`: not further, and no other."""
    number = head.number if head else 0
    match last:
        case None:
            return True
        case Gap():
            return number >= last.kept
        case Anchored():
            return number > last.number or (head is not None and head.hash == last.hash)


class AnchorFile:
    """The anchor that the server appends to; safe for several processes of one machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self) -> int:
        """The number of the seal that the next one follows; 0 for an anchor that has none."""
        last = self.last_line()
        if last is None:
            return 0
        return last.kept if isinstance(last, Gap) else last.number

    def append_seals(self, seals: Iterable[Seal]) -> None:
        """Adds those that are not there yet, in their order."""
        with self._locked() as file:
            last = self.last()
            text = "".join(seal_line(seal) + "\n" for seal in seals if seal.number > last)
            _append(file, text)

    def append_gap(self, gap: Gap) -> None:
        with self._locked() as file:
            _append(file, gap_line(gap) + "\n")

    def last_line(self) -> Anchored | Gap | None:
        """None for an anchor that has no line yet."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            whole = file.read().rpartition(b"\n")[0]
        return _parsed(json.loads(whole.rpartition(b"\n")[2])) if whole else None

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            try:
                import fcntl  # Windows has none; there one server process is all there is
            except ImportError:
                yield file
                return
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _append(file: BinaryIO, text: str) -> None:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - TAIL_BYTES))
    torn = len(file.read().rpartition(b"\n")[2])
    if torn:
        # Half a line of a crash: its seal is in the database and comes again.
        file.truncate(end - torn)
    file.write(text.encode())
    file.flush()
    os.fsync(file.fileno())


def _parsed(fields: dict[str, Any]) -> Anchored | Gap:
    if "gap" in fields:
        signature = bytes.fromhex(fields["signature"])
        return Gap(kept=fields["gap"], last=fields["last"], at=fields["at"], signature=signature)
    return Anchored(number=fields["seal"], hash=bytes.fromhex(fields["hash"]))


def _json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
