"""How many pictures the cascade reads, how many wrongly and at what cost, beside each decoder alone.

`python -m benchmarks.scanner [--frames DIR] [--every N] [--first K] [--part sets|damages|cost]`. DIR holds the public
images and their manifest.json, and defaults to COUNTERMARK_FRAMES; without it only the pictures are tried that
are made here. Milliseconds are CPU time, from the file's bytes to the texts.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Python looks for imports beside the script first and would find this file as “scanner”.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import zxingcpp
from rich.console import Console
from rich.table import Table

from benchmarks.reading.decoders_alone import ALONE
from benchmarks.reading.degradations import Pixels, degraded
from scanner.agreement import Agreement, counts_in_photo
from scanner.decoding import LIVE_STAGES, read_live, read_photo
from scanner.frames import read_frame
from scanner.terms import FrameRefused, Payload

# A code in view is read within four frames or the person begins to move it; eight are two seconds.
LIVE_FRAMES = 8
TEXTS = {
    zxingcpp.BarcodeFormat.QRCode: ["R17K0123456789ABCDEF", "M1-7KVSEJ6C4-1790000010-00345678"],
    zxingcpp.BarcodeFormat.Code128: ["R17K0123456789ABCDEF"],
    zxingcpp.BarcodeFormat.EAN13: ["4006381333931"],
}
Texts = set[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture and its truth, which holds None for a code that is there and whose text nobody knows."""

    row: str
    data: bytes
    truth: list[str | None]


@dataclass(slots=True, kw_only=True)
class Tally:
    """One way of reading over one row of pictures."""

    read: set[int] = field(default_factory=set)
    wrong: int = 0
    hit_ms: list[float] = field(default_factory=list)
    miss_ms: list[float] = field(default_factory=list)

    def add(self, number: int, picture: Picture, texts: Texts, ms: float) -> None:
        expected = {comparable(text) for text in picture.truth if text is not None}
        found = {comparable(text) for text in texts}
        if found & expected:
            self.read.add(number)
        self.wrong += bool(found - expected) and None not in picture.truth
        (self.hit_ms if found else self.miss_ms).append(ms)


def comparable(text: str) -> str:
    """The manifest has lost carriage returns and blanks at the end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=Path, default=os.environ.get("COUNTERMARK_FRAMES"))
    parser.add_argument("--every", type=int, default=1, help="take every N-th picture only")
    parser.add_argument("--first", type=int, default=0, help="the picture to begin with")
    parser.add_argument("--part", choices=["sets", "damages", "cost"], help="one of the three tables")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    console = Console(width=170)
    if chosen.frames is not None and chosen.part in {None, "sets"}:
        pictures = list(of_sets(Path(chosen.frames)))[chosen.first :: chosen.every]
        console.print(table("The public images", measured(pictures)))
    if chosen.part in {None, "damages"}:
        pictures = list(of_damages())[chosen.first :: chosen.every]
        console.print(table("Our own codes, spoilt", measured(pictures)))
    if chosen.frames is not None and chosen.part in {None, "cost"}:
        console.print(cost_without_a_code(Path(chosen.frames), chosen.every))


def of_sets(folder: Path) -> Iterator[Picture]:
    for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
        row = f"{entry['symbology'] or 'no code'} {entry['file'].split('/')[0]}"
        yield Picture(row=row, data=(folder / entry["file"]).read_bytes(), truth=entry["texts"] or [])


def of_damages() -> Iterator[Picture]:
    for symbology, texts in TEXTS.items():
        for damage, text, pixels in degraded(symbology, texts, seed=7):
            yield Picture(row=f"{symbology.name} {damage}", data=jpeg(pixels), truth=[text])


def jpeg(pixels: Pixels) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def live(data: bytes) -> tuple[Texts, list[float]]:
    """Show the picture to the live path for two seconds; return what counted first and each frame's ms."""
    agreement, spent = Agreement(), []
    for number in range(LIVE_FRAMES):
        started = time.process_time()
        payloads = read_live(read_frame(data), number=number).payloads
        spent.append((time.process_time() - started) * 1000)
        # The same still picture again: only different decoders can agree on it.
        if counted := agreement.counted(payloads, picture=b"still"):
            return texts_of(counted), spent
    return set(), spent


def photo(data: bytes) -> tuple[Texts, list[float]]:
    started = time.process_time()
    payloads = read_photo(read_frame(data)).payloads
    spent = (time.process_time() - started) * 1000
    return texts_of(tuple(one for one in payloads if counts_in_photo(one))), [spent]


def texts_of(payloads: tuple[Payload, ...]) -> Texts:
    return {payload.text for payload in payloads}


def alone(decoder: Callable[[Pixels], Texts]) -> Callable[[bytes], tuple[Texts, list[float]]]:
    def read(data: bytes) -> tuple[Texts, list[float]]:
        started = time.process_time()
        texts = decoder(read_frame(data).pixels)
        return texts, [(time.process_time() - started) * 1000]

    return read


WAYS = {"live": live, "photo": photo} | {name: alone(decoder) for name, decoder in ALONE.items()}
Rows = dict[str, tuple[int, dict[str, Tally]]]


def measured(pictures: list[Picture]) -> Rows:
    images: dict[str, int] = defaultdict(int)
    tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for number, picture in enumerate(pictures):
        rows = (picture.row, f"{picture.row.rsplit(' ', 1)[0]} all")
        for row in rows:
            images[row] += 1
        for name, read in WAYS.items():
            try:
                texts, spent = read(picture.data)
            except FrameRefused:
                continue
            for row in rows:
                tallies[row][name].add(number, picture, texts, spent[-1])
                # Of the live path every frame before the one that read was a miss.
                tallies[row][name].miss_ms += spent[:-1]
    return {row: (images[row], tallies[row]) for row in sorted(images)}


def table(title: str, rows: Rows) -> Table:
    result = Table(title=f"{title}; read (wrong), CPU ms p50 / p95")
    for name in (
        "pictures",
        "n",
        *WAYS,
        "union",
        "photo of it",
        "live hit",
        "live miss",
        "photo hit",
        "photo miss",
    ):
        result.add_column(name, justify="left" if name == "pictures" else "right")
    for row, (images, tallies) in rows.items():
        union = set().union(*(tallies[name].read for name in ALONE))
        share = f"{100 * len(tallies['photo'].read) / len(union):.1f} %" if union else "–"
        costs = [
            quantiles(ms) for one in ("live", "photo") for ms in (tallies[one].hit_ms, tallies[one].miss_ms)
        ]
        counts = [f"{len(tallies[name].read)} ({tallies[name].wrong})" for name in WAYS]
        result.add_row(row, str(images), *counts, str(len(union)), share, *costs)
    return result


def cost_without_a_code(folder: Path, every: int) -> Table:
    """A whole round of the live path over each image without a code, scaled to 1280 × 720."""
    spent = []
    for picture in [one for one in of_sets(folder) if one.row.startswith("no code")][::every]:
        data = jpeg(cv2.resize(read_frame(picture.data).pixels, (1280, 720)).astype("uint8"))
        for number in range(len(LIVE_STAGES)):
            started = time.process_time()
            read_live(read_frame(data), number=number)
            spent.append((time.process_time() - started) * 1000)
    result = Table(title="A live frame of 1280 × 720 without a code, CPU ms")
    for name in ("frames", "mean", "p50 / p95", "most"):
        result.add_column(name, justify="right")
    result.add_row(str(len(spent)), f"{statistics.mean(spent):.1f}", quantiles(spent), f"{max(spent):.0f}")
    return result


def quantiles(values: list[float]) -> str:
    if not values:
        return "–"
    ordered = sorted(values)
    return f"{statistics.median(ordered):.0f} / {ordered[math.ceil(0.95 * len(ordered)) - 1]:.0f}"


if __name__ == "__main__":
    main()
