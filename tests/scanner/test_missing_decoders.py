"""A machine without a decoder reads with the others: real worker processes that can't find the library."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from scanner import DecodePool, Stage
from scanner.decoding import LIVE_STAGES
from tests.scanner.pictures import bars_of_code_128, bars_of_ean_13, blank, png, qr

# Python runs this before anything else; what happens afterwards is what happens on such a machine.
WITHOUT_ZBAR = """
import ctypes.util
found = ctypes.util.find_library
ctypes.util.find_library = lambda name: None if "zbar" in name else found(name)
"""
WITHOUT_CONTRIB = """
import cv2
del cv2.wechat_qrcode_WeChatQRCode
"""
ZBAR = {Stage.ZBAR, Stage.ZBAR_THRESHOLD, Stage.ZBAR_TURNED}
NOTHING = png(blank(height=200, width=200))


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "scanner.pool")


def started_with(startup: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> DecodePool:
    (folder / "sitecustomize.py").write_text(startup, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return DecodePool(seconds=10)


def stages_of_a_photo(pool: DecodePool) -> set[Stage]:
    return {run.stage for run in pool.read_photo(NOTHING).runs}


def test_with_every_decoder_a_photo_gets_every_stage_and_nobody_is_warned(caplog: pytest.LogCaptureFixture):
    with DecodePool(seconds=10) as pool:
        assert stages_of_a_photo(pool) == set(Stage)
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("startup", "missing"), [(WITHOUT_ZBAR, ZBAR), (WITHOUT_CONTRIB, {Stage.WECHAT})], ids=["zbar", "wechat"]
)
def test_a_missing_decoder_costs_its_stages_and_one_warning(
    startup: str,
    missing: set[Stage],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    with started_with(startup, tmp_path, monkeypatch) as pool:
        assert stages_of_a_photo(pool) == set(Stage) - missing
        # A whole round of the live path, the missing stages' turns included.
        for number in range(len(LIVE_STAGES)):
            frame = png(blank(height=200, width=200) - number * 9)
            assert pool.read_frame(frame, stream="till").payloads == ()
        assert [one.text for one in pool.read_photo(png(qr("R1"))).payloads] == ["R1"]
    (message,) = caplog.messages
    assert min(missing).value in message
    assert ("bar codes in photos count only" in message) == (missing == ZBAR)


def test_without_zbar_a_bar_code_still_counts_at_its_second_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bars = bars_of_ean_13("4006381333931")
    with started_with(WITHOUT_ZBAR, tmp_path, monkeypatch) as pool:
        first = pool.read_frame(png(bars), stream="till")
        again = pool.read_frame(png(bars), stream="till")
        moved = pool.read_frame(png(bars - bars // 40), stream="till")
    assert (first.payloads, again.payloads) == ((), ())
    assert [one.text for one in moved.payloads] == ["4006381333931"]


def test_without_zbar_a_bar_code_of_ours_counts_in_a_photo_and_a_products_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ours = png(bars_of_code_128("R1CM0123456789ABCDER"))
    product = png(bars_of_ean_13("4006381333931"))
    with DecodePool(seconds=10) as whole:
        assert [one.text for one in whole.read_photo(product).payloads] == ["4006381333931"]
    with started_with(WITHOUT_ZBAR, tmp_path, monkeypatch) as pool:
        assert [one.text for one in pool.read_photo(ours).payloads] == ["R1CM0123456789ABCDER"]
        assert pool.read_photo(product).payloads == ()
