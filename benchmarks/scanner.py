"""How many of the public frames are read, how many wrongly, and in what time. Knows no web.

`python benchmarks/scanner.py [--frames DIR]`; DIR holds a manifest.json and defaults to COUNTERMARK_FRAMES.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

# Python looks for imports beside the script first and would find this file as “scanner”.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from scanner import DecodePool, FrameRefused, Reading


@dataclass(slots=True, kw_only=True)
class Tally:
    """One row of the table."""

    images: int = 0
    read: int = 0
    wrong: int = 0
    refused: int = 0
    hit_ms: list[float] = field(default_factory=list)
    miss_ms: list[float] = field(default_factory=list)

    def add(self, reading: Reading | None, truth: list[str | None]) -> None:
        """Count one image. Its truth holds None for a code that is there and whose text nobody knows."""
        self.images += 1
        if reading is None:
            self.refused += 1
            return
        expected = {comparable(text) for text in truth if text is not None}
        found = {comparable(payload.text) for payload in reading.payloads}
        self.read += bool(found & expected)
        self.wrong += bool(found - expected) and None not in truth
        (self.hit_ms if found else self.miss_ms).append(reading.ms)


def comparable(text: str) -> str:
    """The manifest has lost carriage returns and blanks at the end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", default=os.environ.get("COUNTERMARK_FRAMES"))
    folder: str | None = parser.parse_args().frames
    if folder is None:
        raise SystemExit("no frames: give --frames DIR or set COUNTERMARK_FRAMES")
    Console(width=100).print(table(measured(Path(folder))))


def measured(folder: Path) -> dict[str, Tally]:
    tallies: dict[str, Tally] = defaultdict(Tally)
    with DecodePool(seconds=10) as pool:
        for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
            reading = read_or_refused(pool, (folder / entry["file"]).read_bytes())
            symbology = entry["symbology"] or "no code"
            for row in (f"{entry['file'].split('/')[0]} {symbology}", f"all {symbology}"):
                tallies[row].add(reading, entry["texts"] or [])
    return dict(sorted(tallies.items()))


def read_or_refused(pool: DecodePool, data: bytes) -> Reading | None:
    try:
        return pool.decode(data)
    except FrameRefused:
        return None


def table(tallies: dict[str, Tally]) -> Table:
    result = Table(title="Reading frames; ms of the worker process")
    for name in ("set", "images", "read", "%", "wrong", "refused", "hit p50", "p95", "miss p50", "p95"):
        result.add_column(name, justify="left" if name == "set" else "right")
    for name, tally in tallies.items():
        percent = f"{100 * tally.read / tally.images:.1f}"
        counts = (str(tally.images), str(tally.read), percent, str(tally.wrong), str(tally.refused))
        result.add_row(name, *counts, *quantiles(tally.hit_ms), *quantiles(tally.miss_ms))
    return result


def quantiles(values: list[float]) -> tuple[str, str]:
    if not values:
        return "–", "–"
    ordered = sorted(values)
    return f"{statistics.median(ordered):.1f}", f"{ordered[math.ceil(0.95 * len(ordered)) - 1]:.1f}"


if __name__ == "__main__":
    main()
