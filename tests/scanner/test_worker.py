from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from scanner import BYTES_MAX
from scanner.requests import Mode, Request, written
from tests.scanner.pictures import png, qr

READY = b'{"ready": true, "missing": []}\n'
NOISY = """
import os
import scanner.worker as worker
read = worker.read_photo
def noisy(frame):
    print("stray")
    os.write(1, b"stray")
    os.write(2, b"libpng warning")
    return read(frame)
worker.read_photo = noisy
worker.main()
"""
GREEDY = """
from scanner.process_limits import limit_memory
{limit}
try:
    bytearray(500 * 1024 * 1024)
except MemoryError:
    print("refused")
else:
    print("given")
"""
BUSY = """
from scanner.process_limits import allow_cpu
import time
{limit}
end = time.process_time() + 1.5
while time.process_time() < end:
    pass
"""


def run(program: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=False)


def framed(data: bytes) -> bytes:
    return written(Request(data=data, mode=Mode.PHOTO))


def test_stray_prints_do_not_get_between_the_answers():
    done = run(NOISY, framed(png(qr("R1ONE"))) + framed(png(qr("R1TWO"))))
    ready, one, two = [json.loads(line) for line in done.stdout.splitlines()]
    assert ready == {"ready": True, "missing": []}
    assert (one["payloads"][0]["text"], two["payloads"][0]["text"]) == ("R1ONE", "R1TWO")
    assert done.stderr == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"[]\n",
        framed(b"cut off")[:-1],
        framed(b"").replace(b'"photo"', b'"slowly"'),
        framed(b"").replace(b'"bytes": 0', b'"bytes": -1'),
        framed(b"").replace(b'"bytes": 0', b'"bytes": %d' % (BYTES_MAX + 1)) + b"too long",
        b"{" * 100_000,
    ],
)
def test_the_worker_ends_when_its_input_does_or_makes_no_sense(data: bytes):
    done = run("import scanner.worker as worker; worker.main()", data)
    assert (done.returncode, done.stdout) == (0, READY)


def test_a_bad_frame_is_answered_and_the_next_one_read():
    done = run("import scanner.worker as worker; worker.main()", framed(b"GIF89a") + framed(png(qr("R1"))))
    _, refused, read = [json.loads(line) for line in done.stdout.splitlines()]
    assert refused == {"refused": "unknown_format"}
    assert [payload["text"] for payload in read["payloads"]] == ["R1"]


def test_memory_over_the_limit_is_refused_and_without_the_limit_given():
    assert run(GREEDY.format(limit="limit_memory(extra_bytes=100 * 1024 * 1024)")).stdout == b"refused\n"
    assert run(GREEDY.format(limit="")).stdout == b"given\n"


def test_cpu_time_over_the_limit_ends_the_process_and_without_the_limit_does_not():
    assert run(BUSY.format(limit="allow_cpu(seconds=0)")).returncode == -signal.SIGXCPU
    assert run(BUSY.format(limit="")).returncode == 0


def test_cpu_time_is_counted_a_frame_and_not_for_ever():
    assert run(BUSY.format(limit="allow_cpu(seconds=0); allow_cpu(seconds=2)")).returncode == 0


def test_importing_the_front_door_loads_no_decoder():
    decoders = ("cv2", "numpy", "pyzbar", "zxingcpp", "PIL")
    program = f"import scanner, sys; print([name for name in {decoders} if name in sys.modules])"
    assert run(program).stdout == b"[]\n"
    assert run(f"import cv2; {program}").stdout == b"['cv2', 'numpy']\n"
    assert os.environ.get("OPENBLAS_NUM_THREADS") is None
