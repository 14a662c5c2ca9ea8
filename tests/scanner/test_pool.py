from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, sleep

import pytest

from scanner import DecodePool, FrameReason, FrameRefused, Reading
from scanner.worker_process import WorkerLost, WorkerProcess, _understood
from tests.scanner.pictures import png, qr

ONE, TWO = png(qr("R1ONE")), png(qr("R1TWO"))


def text(reading: Reading) -> str:
    (payload,) = reading.payloads
    return payload.text


def refusal(pool: DecodePool, data: bytes = ONE) -> FrameReason:
    with pytest.raises(FrameRefused) as caught:
        pool.read_photo(data)
    return caught.value.reason


def worker_of(pool: DecodePool) -> WorkerProcess:
    worker = pool._idle.get()
    assert worker is not None
    pool._idle.put(worker)
    return worker


def wait_for_its_caller(worker: WorkerProcess) -> None:
    """Return when another thread waits for this stopped worker's answer."""
    while not worker.owes_answer:
        sleep(0.01)
    sleep(0.1)


def test_eight_threads_on_two_workers_each_get_their_own_text():
    frames = {f"R1-{number}": png(qr(f"R1-{number}")) for number in range(80)}
    with DecodePool(workers=2, seconds=10) as pool, ThreadPoolExecutor(8) as threads:
        readings = threads.map(pool.read_photo, frames.values())
        assert [text(reading) for reading in readings] == list(frames)


def test_a_worker_killed_while_it_reads_costs_one_frame_and_no_more():
    with DecodePool(seconds=10) as pool, ThreadPoolExecutor(1) as threads:
        assert text(pool.read_photo(ONE)) == "R1ONE"
        worker = worker_of(pool)
        os.kill(worker.pid, signal.SIGSTOP)
        answer = threads.submit(refusal, pool)
        wait_for_its_caller(worker)
        os.kill(worker.pid, signal.SIGKILL)
        assert answer.result() is FrameReason.DECODER_FAILED
        assert text(pool.read_photo(TWO)) == "R1TWO"
        assert worker_of(pool).pid != worker.pid


def test_a_worker_killed_while_idle_costs_one_frame_and_no_more():
    with DecodePool() as pool:
        pool.read_photo(ONE)
        os.kill(worker_of(pool).pid, signal.SIGKILL)
        assert refusal(pool) is FrameReason.DECODER_FAILED
        assert text(pool.read_photo(TWO)) == "R1TWO"


def test_a_worker_that_hangs_is_killed_in_time():
    with DecodePool(seconds=0.4) as pool:
        pool.read_photo(ONE)
        worker = worker_of(pool)
        os.kill(worker.pid, signal.SIGSTOP)
        started = perf_counter()
        assert refusal(pool) is FrameReason.TIMED_OUT
        assert 0.4 <= perf_counter() - started < 5
        assert text(pool.read_photo(TWO)) == "R1TWO"
        with pytest.raises(ProcessLookupError):
            os.kill(worker.pid, 0)


def test_a_caller_waits_for_a_busy_worker_no_longer_than_told():
    with DecodePool(seconds=0.3) as pool, ThreadPoolExecutor(1) as threads:
        worker = worker_of(pool)
        os.kill(worker.pid, signal.SIGSTOP)  # it is still importing, which its first caller waits for
        first = threads.submit(pool.read_photo, ONE)
        wait_for_its_caller(worker)
        started = perf_counter()
        assert refusal(pool, TWO) is FrameReason.BUSY
        assert 0.3 <= perf_counter() - started < 5
        os.kill(worker.pid, signal.SIGCONT)
        assert text(first.result()) == "R1ONE"


def test_a_caller_that_gives_up_leaves_no_answer_for_the_next_one():
    class GivenUpError(Exception):
        pass

    def give_up(*_: object) -> None:
        raise GivenUpError

    with DecodePool(seconds=10) as pool:
        pool.read_photo(TWO)
        os.kill(worker_of(pool).pid, signal.SIGSTOP)
        before = signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(GivenUpError):
            pool.read_photo(ONE)
        signal.signal(signal.SIGALRM, before)
        assert text(pool.read_photo(TWO)) == "R1TWO"


def answer(**changes: object) -> bytes:
    """A worker's good answer, or one with something changed in its payload or, by other names, around it."""
    payload: dict[str, object] = {
        "symbology": "QRCode",
        "text": "R1",
        "quad": [[0, 0], [9, 0], [9, 9], [0, 9]],
        "stages": ["plain"],
    }
    whole: dict[str, object] = {"payloads": [payload], "ms": 1, "runs": [["plain", 1, 0.5]], "scene": ""}
    for name, value in changes.items():
        (payload if name in payload else whole)[name] = value
    return json.dumps(whole).encode() + b"\n"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"\xff\n",
        b"stray print\n",
        b"[]\n",
        b"1\n",
        b"{}\n",
        b"[" * 100_000,
        b'{"refused": "because"}\n',
        b'{"unchanged": true}\n',
        answer(ms="soon"),
        answer(runs=[["guessed", 0, 1]]),
        answer(runs=[["plain", 0]]),
        answer(scene=7),
        answer(symbology="Aztec"),
        answer(text=1),
        answer(quad=[[0, 0]]),
        answer(quad=[[float("inf"), 0]] * 4),
        answer(stages=["guessed"]),
        answer(stages="plain"),
    ],
)
def test_an_answer_that_makes_no_sense_loses_the_worker(line: bytes):
    assert isinstance(_understood(answer()), Reading)
    with pytest.raises(WorkerLost) as caught:
        _understood(line)
    assert caught.value.reason is FrameReason.DECODER_FAILED


@pytest.mark.parametrize("says", ["echo nonsense", "head -c 9000000 /dev/zero", "exit 0"])
def test_a_process_that_answers_garbage_is_refused_and_replaced(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    impostor = tmp_path / "impostor"
    impostor.write_text(f'#!/bin/sh\necho \'{{"ready": true, "missing": []}}\'\n{says}\nsleep 5\n')
    impostor.chmod(0o700)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(impostor))
        pool = DecodePool()
    with pool:
        assert refusal(pool) is FrameReason.DECODER_FAILED
        assert text(pool.read_photo(ONE)) == "R1ONE"


def test_a_worker_that_can_not_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with DecodePool() as pool:
        os.kill(worker_of(pool).pid, signal.SIGKILL)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", str(tmp_path / "missing"))
            assert refusal(pool) is FrameReason.DECODER_FAILED
            assert refusal(pool) is FrameReason.DECODER_FAILED
        assert text(pool.read_photo(ONE)) == "R1ONE"


def test_a_bad_header_never_reaches_the_worker():
    with DecodePool() as pool:
        os.kill(worker_of(pool).pid, signal.SIGSTOP)
        assert refusal(pool, b"GIF89a") is FrameReason.UNKNOWN_FORMAT


def test_a_closed_pool_has_ended_its_processes_and_refuses():
    pool = DecodePool(workers=2, seconds=0.1)
    pids = [pool._idle.get(), pool._idle.get()]
    for worker in pids:
        pool._idle.put(worker)
    pool.close()
    pool.close()
    for worker in pids:
        assert worker is not None
        with pytest.raises(ProcessLookupError):
            os.kill(worker.pid, 0)
    assert refusal(pool) is FrameReason.BUSY


def test_the_worker_is_given_none_of_the_servers_secrets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    with DecodePool() as pool:
        pool.read_photo(ONE)
        environment = Path(f"/proc/{worker_of(pool).pid}/environ").read_bytes()
    assert b"PYTHONPATH=" in environment
    assert b"DATABASE_URL" not in environment


def test_a_pool_that_was_forked_along_reads_nothing():
    # In a process of its own, because a fork of this one would run the tests twice.
    program = """
import os
from scanner import DecodePool, qr_png
with DecodePool() as pool:
    child = os.fork()
    if not child:
        try:
            pool.read_photo(qr_png("R1"))
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(pool.read_photo(qr_png("R1")).payloads))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"7 1\n", b"")


def test_no_timer_is_left_running_after_a_frame():
    with DecodePool(seconds=30) as pool:
        before = threading.active_count()
        pool.read_photo(ONE)
        assert threading.active_count() == before


@pytest.mark.parametrize(("workers", "seconds"), [(0, 1.0), (1, 0.0)])
def test_a_pool_without_workers_or_time_is_a_mistake(workers: int, seconds: float):
    with pytest.raises(ValueError, match="a worker and some time"):
        DecodePool(workers=workers, seconds=seconds)
