"""What the plain look misses, the cascade reads: each with the plain look beside it as the control."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import zxingcpp

from benchmarks.reading.degradations import degraded
from scanner import Payload, Stage, Symbology
from scanner.agreement import counts_alone, counts_in_photo
from scanner.decoder_wechat import read_with_wechat
from scanner.decoder_zbar import read_with_zbar
from scanner.decoding import LIVE_STAGES, read_live, read_photo
from scanner.stages import look
from scanner.terms import Frame
from tests.scanner.pictures import Grey, bars_of_ean_13, qr

CODE, EAN = "R17K0123456789ABCDEF", "4006381333931"
SPOILT = {
    (symbology.name, damage, strength % 3): pixels
    for symbology, text in (
        (zxingcpp.BarcodeFormat.QRCode, CODE),
        (zxingcpp.BarcodeFormat.Code128, CODE),
        (zxingcpp.BarcodeFormat.EAN13, EAN),
    )
    for strength, (damage, _, pixels) in enumerate(degraded(symbology, [text], seed=7))
}


def texts(payloads: tuple[Payload, ...]) -> list[str]:
    return sorted(payload.text for payload in payloads)


def turned(pixels: Grey, degrees: float) -> Grey:
    framed = cv2.copyMakeBorder(pixels, 200, 200, 60, 60, cv2.BORDER_CONSTANT, value=255)
    middle = (framed.shape[1] / 2, framed.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(middle, degrees, 1)
    return np.asarray(cv2.warpAffine(framed, matrix, framed.shape[::-1], borderValue=255), np.uint8)


@pytest.mark.parametrize(
    ("symbol", "damage", "strength", "stage"),
    [
        ("QRCode", "glare", 1, Stage.EVENED_SHARPENED),
        ("QRCode", "glare", 1, Stage.EVENED),
        ("QRCode", "crack", 1, Stage.ZBAR),
        ("QRCode", "crack", 1, Stage.ZBAR_THRESHOLD),
        ("QRCode", "crack", 1, Stage.WECHAT),
        ("QRCode", "bands", 1, Stage.FLATTENED),
        ("Code128", "light", 1, Stage.MEDIAN),
        ("Code128", "angle", 1, Stage.TURNED),
        ("Code128", "angle", 1, Stage.ZBAR_TURNED),
    ],
)
def test_each_stage_reads_what_the_plain_look_misses(symbol: str, damage: str, strength: int, stage: Stage):
    pixels = SPOILT[symbol, damage, strength]
    assert texts(look(Stage.PLAIN, pixels)) == []
    assert texts(look(stage, pixels)) == [CODE]


@pytest.mark.parametrize(("damage", "strength"), [("glare", 1), ("crack", 0), ("crack", 1), ("bands", 1)])
def test_a_spoilt_qr_code_is_read_in_a_photo_and_by_a_live_camera_in_two_seconds(damage: str, strength: int):
    frame = Frame(pixels=SPOILT["QRCode", damage, strength])
    assert texts(look(Stage.PLAIN, frame.pixels)) == []
    assert texts(read_photo(frame).payloads) == [CODE]
    assert [CODE] in [texts(read_live(frame, number=number).payloads) for number in range(8)]


@pytest.mark.parametrize("degrees", [38, 45, 52])
def test_a_bar_code_between_the_axes_counts_in_a_photo_and_live(degrees: float):
    frame = Frame(pixels=turned(bars_of_ean_13(EAN), degrees))
    found = read_photo(frame)
    assert (texts(found.payloads), found.suffice(counts_in_photo)) == ([EAN], True)
    live = [read_live(frame, number=number) for number in range(8)]
    assert any(one.suffice(counts_alone) for one in live)


def test_a_mirrored_code_is_read():
    frame = Frame(pixels=np.ascontiguousarray(np.fliplr(qr(CODE))))
    assert texts(read_photo(frame).payloads) == [CODE]


@pytest.mark.parametrize("text", ["Grüße", "漢字", "日本語テキスト", "café"])
def test_a_text_that_is_not_ascii_is_believed_of_zxing_alone(text: str):
    pixels = qr(text, module_pixels=8)
    assert texts(read_photo(Frame(pixels=pixels)).payloads) == [text]
    assert (read_with_zbar(pixels), read_with_wechat(pixels)) == ((), ())
    assert texts(read_with_zbar(qr("ASCII"))) == texts(read_with_wechat(qr("ASCII"))) == ["ASCII"]


def test_corners_lead_back_to_the_frame_whatever_the_stage_did_to_it():
    frame = np.full((720, 1280), 255, np.uint8)
    frame[300:474, 900:1074] = qr(CODE)
    centre = np.array([987, 387])
    for stage in (
        Stage.PLAIN,
        Stage.SHARPENED,
        Stage.EVENED,
        Stage.EVENED_SHARPENED,
        Stage.FLATTENED,
        Stage.ZBAR,
        Stage.WECHAT,
    ):
        (payload,) = look(stage, frame)
        assert np.abs(np.mean(payload.quad, axis=0) - centre).max() <= 6, stage
    bars = turned(bars_of_ean_13(EAN), 45)
    for stage in (Stage.TURNED, Stage.ZBAR_TURNED):
        (payload,) = look(stage, bars)
        assert np.abs(np.mean(payload.quad, axis=0) - np.array(bars.shape[::-1]) / 2).max() <= 60, stage


def test_a_large_frames_working_copy_does_not_move_the_corners():
    frame = np.full((1440, 2560), 255, np.uint8)
    frame[600:774, 1800:1974] = qr(CODE)
    noisy = Frame(pixels=frame)
    (live,) = read_live(noisy, number=0).payloads
    (photo,) = read_photo(noisy).payloads
    for payload in (live, photo):
        assert payload.symbology is Symbology.QR
        assert np.abs(np.mean(payload.quad, axis=0) - np.array([1887, 687])).max() <= 6


def test_a_round_of_the_live_path_asks_every_stage():
    without_partner = set(Stage) - {Stage.PLAIN, Stage.ZBAR_TURNED}
    assert set(LIVE_STAGES) == without_partner
    # The dear one is rare enough for 95 of 100 frames to be cheap.
    assert LIVE_STAGES.count(Stage.WECHAT) * 20 <= len(LIVE_STAGES)
