"""What the pool asks of a worker, and its form on the pipe: one line of JSON, then the picture's bytes.

Knows no picture and no process.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import BinaryIO

from scanner.limits import BYTES_MAX

# A scene of 64 × 48 in base 64, and the few words around it.
LINE_BYTES_MAX = 8 * 1024


class Mode(StrEnum):
    """How much time a picture gets: one of four a second, or one that comes once."""

    LIVE = auto()
    PHOTO = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One picture to read. `number` turns the stages of the live mode; `known` is a scene not to read again."""

    data: bytes = field(repr=False)
    mode: Mode
    number: int = 0
    known: bytes = field(default=b"", repr=False)


def written(request: Request) -> bytes:
    head = {
        "mode": request.mode,
        "number": request.number,
        "known": base64.b64encode(request.known).decode("ascii"),
        "bytes": len(request.data),
    }
    return json.dumps(head).encode("ascii") + b"\n" + request.data


def next_request(pipe: BinaryIO) -> Request | None:
    """Return the next request, or None when the other end has gone or makes no sense."""
    line = pipe.readline(LINE_BYTES_MAX)
    try:
        head = json.loads(line)
        mode, number, known = Mode(head["mode"]), int(head["number"]), base64.b64decode(head["known"])
        length = int(head["bytes"])
    except (ValueError, TypeError, KeyError):
        return None
    if not 0 <= length <= BYTES_MAX:
        return None
    data = pipe.read(length)
    return Request(data=data, mode=mode, number=number, known=known) if len(data) == length else None
