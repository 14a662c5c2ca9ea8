from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import numpy as np
import pytest
import zxingcpp

from benchmarks.reading.degradations import degraded
from scanner import DecodePool, FrameReason, FrameRefused, Payload, Reading, Stage, Symbology
from scanner.decoding import LIVE_STAGES
from scanner.streams import LOOKS_BEFORE_SKIPPING, SKIPPED_MAX, Stream
from tests.scanner.pictures import bars_of_ean_13, blank, noise, png, qr

ONE, TWO, NOTHING = png(qr("R1ONE")), png(qr("R1TWO")), png(blank(height=240, width=320))


def text(reading: Reading) -> list[str]:
    return [payload.text for payload in reading.payloads]


def stages(reading: Reading) -> list[Stage]:
    return [run.stage for run in reading.runs]


def grainy(seed: int) -> bytes:
    """The same bar code with another grain each time, as a camera sees it."""
    bars = bars_of_ean_13("4006381333931").astype(np.int16)
    grain = np.random.default_rng(seed).normal(0, 6, bars.shape)
    return png(np.clip(bars + grain, 0, 255).astype(np.uint8))


def test_each_frame_that_shows_nothing_gets_the_next_repair(pool: DecodePool):
    looks = [stages(pool.read_frame(png(noise(height=48 + n, width=64)), stream="turns")) for n in range(7)]
    assert looks == [[Stage.PLAIN, stage] for stage in LIVE_STAGES[:7]]


def test_the_stage_that_read_something_is_asked_again():
    camera, once = Stream(), Payload(symbology=Symbology.CODE_128, text="R1", quad=((0, 0),) * 4)
    for payloads, next_turn in (((), 1), ((), 2), ((once,), 2), ((), 3)):
        request = camera.request(b"%d" % next_turn)
        camera.noted(Reading(payloads=payloads, ms=1), request)
        assert camera.request(b"").number == next_turn


def test_a_dark_bar_code_that_one_stage_reads_counts_at_the_next_frame(pool: DecodePool):
    dark = next(
        pixels
        for number, (damage, _, pixels) in enumerate(
            degraded(zxingcpp.BarcodeFormat.Code128, ["R17K0123456789ABCDEF"], seed=7)
        )
        if (damage, number % 3) == ("light", 1)
    )
    shown = [png(dark), png(np.roll(dark, 3, axis=1))] * 8
    counted = [bool(pool.read_frame(frame, stream="dark").payloads) for frame in shown]
    assert counted[: len(LIVE_STAGES)].index(True) <= LIVE_STAGES.index(Stage.MEDIAN) + 1


def test_each_till_has_its_own_turn(pool: DecodePool):
    pool.read_frame(NOTHING, stream="left")
    assert stages(pool.read_frame(NOTHING, stream="right"))[1] is LIVE_STAGES[0]
    assert stages(pool.read_frame(NOTHING, stream="left"))[1] is LIVE_STAGES[1]


def test_a_frame_that_the_plain_look_reads_gets_no_repair(pool: DecodePool):
    reading = pool.read_frame(ONE, stream="plain")
    assert (text(reading), stages(reading)) == (["R1ONE"], [Stage.PLAIN])


def test_a_code_that_stays_in_view_is_told_again_without_being_read_again(pool: DecodePool):
    first, second = pool.read_frame(ONE, stream="still"), pool.read_frame(ONE, stream="still")
    assert (first.unchanged, second.unchanged) == (False, True)
    assert text(first) == text(second) == ["R1ONE"]
    assert second.runs == ()


def test_another_code_in_the_same_place_is_read_at_once(pool: DecodePool):
    assert text(pool.read_frame(ONE, stream="exchanged")) == ["R1ONE"]
    changed = pool.read_frame(TWO, stream="exchanged")
    assert (text(changed), changed.unchanged) == (["R1TWO"], False)


def test_a_still_scene_without_a_code_is_let_alone_after_every_repair_and_looked_at_now_and_then(
    pool: DecodePool,
):
    skipped = [pool.read_frame(NOTHING, stream="counter").unchanged for _ in range(23)]
    quiet = [True] * SKIPPED_MAX
    assert skipped == ([False] * LOOKS_BEFORE_SKIPPING + quiet + [False] + quiet)


def test_a_code_that_comes_into_a_still_scene_is_read_in_its_first_frame(pool: DecodePool):
    for _ in range(LOOKS_BEFORE_SKIPPING + 3):
        reading = pool.read_frame(NOTHING, stream="empty")
    assert reading.unchanged
    assert text(pool.read_frame(ONE, stream="empty")) == ["R1ONE"]


def test_a_changed_scene_has_every_repair_before_it_again(pool: DecodePool):
    for _ in range(LOOKS_BEFORE_SKIPPING + 1):
        pool.read_frame(NOTHING, stream="moved")
    grey = png(blank(height=240, width=320) // 2)
    skipped = [pool.read_frame(grey, stream="moved").unchanged for _ in range(LOOKS_BEFORE_SKIPPING + 1)]
    assert skipped == [False] * LOOKS_BEFORE_SKIPPING + [True]


def test_a_bar_code_counts_in_its_first_frame_when_both_decoders_read_it(pool: DecodePool):
    reading = pool.read_frame(grainy(1), stream="bars")
    assert (text(reading), stages(reading)) == (["4006381333931"], [Stage.PLAIN, Stage.ZBAR])


def test_one_till_has_one_frame_in_flight_and_others_are_not_held_up():
    with DecodePool(workers=2, seconds=10) as pool, ThreadPoolExecutor(1) as threads:
        pool.read_frame(ONE, stream="left")
        first, second = pool._idle.get(), pool._idle.get()
        assert first is not None
        pool._idle.put(first)
        pool._idle.put(second)
        os.kill(first.pid, signal.SIGSTOP)
        held = threads.submit(pool.read_frame, TWO, stream="left")
        while not first.owes_answer:
            sleep(0.01)
        with pytest.raises(FrameRefused) as caught:
            pool.read_frame(TWO, stream="left")
        assert caught.value.reason is FrameReason.BUSY
        assert pool.totals().refused == {FrameReason.BUSY: 1}
        assert text(pool.read_frame(TWO, stream="right")) == ["R1TWO"]
        os.kill(first.pid, signal.SIGCONT)
        assert text(held.result()) == ["R1TWO"]
        assert text(pool.read_frame(ONE, stream="left")) == ["R1ONE"]


def test_a_refused_frame_leaves_the_till_free(pool: DecodePool):
    with pytest.raises(FrameRefused):
        pool.read_frame(b"GIF89a", stream="free")
    assert text(pool.read_frame(ONE, stream="free")) == ["R1ONE"]


def test_those_who_wait_tell_the_camera_to_slow_down():
    with DecodePool(seconds=10) as pool, ThreadPoolExecutor(6) as threads:
        assert pool.read_frame(ONE, stream="alone").wait_ms == 0
        frames = [
            threads.submit(pool.read_frame, png(noise(height=300 + n, width=400)), stream=str(n))
            for n in range(6)
        ]
        waits = sorted(frame.result().wait_ms for frame in frames)
    # The last one leaves nobody behind, the first one up to five, each for about as long as a frame takes.
    assert waits[0] == 0
    assert 0 < waits[-1] <= 2_000


def test_the_pool_adds_up_what_it_did():
    with DecodePool(seconds=10) as pool:
        for data in (ONE, ONE, TWO):
            pool.read_frame(data, stream="1")
        pool.read_frame(NOTHING, stream="2")
        for data in (b"GIF89a", b""):
            with pytest.raises(FrameRefused):
                pool.read_photo(data)
        totals = pool.totals()
    assert (totals.hits, totals.misses, totals.unchanged) == (2, 1, 1)
    assert totals.refused == {FrameReason.UNKNOWN_FORMAT: 1, FrameReason.EMPTY: 1}
    assert {stage: (one.runs, one.hits) for stage, one in totals.stages.items()} == {
        Stage.PLAIN: (3, 2),
        LIVE_STAGES[0]: (1, 0),
    }
    assert all(one.ms >= 0 for one in totals.stages.values())
