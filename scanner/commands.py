"""The command `scan`: picture files in, one JSON line each out. Knows no web."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from scanner.limits import BYTES_MAX
from scanner.pool import DecodePool
from scanner.terms import FrameRefused


def scan_files(paths: Iterable[Path], out: TextIO) -> int:
    """Write `{"file", "payloads", "ms"}` for each file, or `{"file", "error"}`; return 1 if any was not read.

    A picture without a code is read, with no payloads. A file that can't be opened is told on standard
    error too.
    """
    failed = False
    with DecodePool() as pool:
        for path in paths:
            line = _scan(path, pool)
            failed = failed or "error" in line
            out.write(json.dumps({"file": str(path)} | line) + "\n")
    return int(failed)


def _scan(path: Path, pool: DecodePool) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            # One byte over the limit is enough to be refused for; the rest of a huge file is never read.
            data = file.read(BYTES_MAX + 1)
    except OSError as error:
        sys.stderr.write(f"scan: {path}: {error.strerror}\n")
        return {"error": "unreadable"}
    try:
        reading = pool.read_photo(data)
    except FrameRefused as refused:
        return {"error": refused.reason}
    payloads = [
        {"symbology": payload.symbology, "text": payload.text, "quad": payload.quad}
        for payload in reading.payloads
    ]
    return {"payloads": payloads, "ms": reading.ms}
