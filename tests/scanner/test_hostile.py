"""quality.md's uploads: whatever comes, the reader says no in time, keeps its worker and reads the next frame."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

from scanner import DecodePool, FrameReason, FrameRefused
from tests.scanner.hostile import hostile
from tests.scanner.pictures import png, qr

HOSTILE = hostile()
SECONDS_MAX = 2.0
BYTES_ABOVE_IDLE_MAX = 200 * 1024 * 1024
# These two would mean that the worker was lost over the picture.
LOST = {FrameReason.TIMED_OUT, FrameReason.DECODER_FAILED}


def pid_of(pool: DecodePool) -> int:
    worker = pool._idle.get()
    assert worker is not None
    pool._idle.put(worker)
    return worker.pid


def lost(pool: DecodePool, data: bytes) -> bool:
    """Whether a picture cost the worker, on the path of photos."""
    try:
        pool.read_photo(data)
    except FrameRefused as refused:
        return refused.reason in LOST
    return False


def cpu_seconds(pid: int) -> float:
    """CPU time of the worker and of this process, which checks headers: a busy machine does not change it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK") + process_time()


def resident(pid: int, line: str) -> int:
    """VmRSS is what the process has now, VmHWM the most that it ever had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(rf"^{line}:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


@pytest.fixture(scope="module")
def idle(pool: DecodePool) -> Iterator[tuple[int, int]]:
    """The worker's number and its memory before the first hostile picture; the limit holds after the last."""
    assert pool.read_photo(png(qr("R1"))).payloads
    pid = pid_of(pool)
    before = resident(pid, "VmRSS")
    yield pid, before
    assert resident(pid, "VmHWM") - before <= BYTES_ABOVE_IDLE_MAX


def test_there_are_131_hostile_pictures_at_least():
    assert len(HOSTILE) >= 131
    assert len(set(HOSTILE.values())) == len(HOSTILE)


def test_the_clock_of_these_tests_runs(pool: DecodePool, idle: tuple[int, int]):
    started = cpu_seconds(idle[0])
    pool.read_photo(HOSTILE["noise of 1280 × 720"])
    assert cpu_seconds(idle[0]) - started >= 0.1


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_costs_two_seconds_at_most_and_no_worker(
    pool: DecodePool, idle: tuple[int, int], name: str
):
    started = cpu_seconds(idle[0])
    assert not lost(pool, HOSTILE[name])
    assert cpu_seconds(idle[0]) - started <= SECONDS_MAX
    assert [payload.text for payload in pool.read_photo(png(qr("R1"))).payloads] == ["R1"]
    assert pid_of(pool) == idle[0]


def test_the_live_path_bears_them_all_as_well(pool: DecodePool):
    reasons = set()
    for data in HOSTILE.values():
        try:
            pool.read_frame(data, stream="till 1")
        except FrameRefused as refused:
            reasons.add(refused.reason)
    assert FrameReason.MALFORMED in reasons
    assert not reasons & LOST
    genuine = pool.read_frame(png(qr("R1")), stream="till 1")
    assert [payload.text for payload in genuine.payloads] == ["R1"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing", FrameReason.EMPTY),
        ("SVG", FrameReason.UNKNOWN_FORMAT),
        ("GIF of 300 frames", FrameReason.UNKNOWN_FORMAT),
        ("BMP", FrameReason.UNKNOWN_FORMAT),
        ("APNG", FrameReason.ANIMATED),
        ("animated WebP", FrameReason.ANIMATED),
        ("1 × 1", FrameReason.TOO_SMALL),
        ("PNG of a few bytes claims 20000 × 20000", FrameReason.TOO_MANY_PIXELS),
        ("WebP canvas of 2^48", FrameReason.TOO_MANY_PIXELS),
        ("progressive JPEG with 8000 more scans", FrameReason.TOO_MANY_SCANS),
        ("6,000 texts in a PNG", FrameReason.TOO_MANY_PARTS),
        ("9 MB of plain text in a PNG", FrameReason.TOO_MUCH_METADATA),
        ("200 MB of plain text in a PNG", FrameReason.TOO_LARGE_BYTES),
        (".jpg cut off after 5 tenths", FrameReason.TRUNCATED),
        ("PNG of depth 77 and colour 0", FrameReason.MALFORMED),
    ],
)
def test_each_kind_of_picture_has_its_own_refusal(pool: DecodePool, name: str, reason: FrameReason):
    with pytest.raises(FrameRefused) as caught:
        pool.read_photo(HOSTILE[name])
    assert caught.value.reason is reason
