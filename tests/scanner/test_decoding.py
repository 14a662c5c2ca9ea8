from __future__ import annotations

import cv2
import numpy as np
import pytest

from scanner import DecodePool, Reading, Symbology
from tests.scanner.pictures import (
    bars_of_ean_13,
    blank,
    encoded,
    jpeg,
    noise,
    png,
    qr,
)

REWARD = "R17K0123456789ABCDEF"


def texts(reading: Reading) -> list[str]:
    return sorted(payload.text for payload in reading.payloads)


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp"])
def test_a_code_is_read_from_each_format_with_its_corners(pool: DecodePool, extension: str):
    reading = pool.read_photo(encoded(qr(REWARD), extension))
    assert [(payload.symbology, payload.text) for payload in reading.payloads] == [(Symbology.QR, REWARD)]
    assert reading.ms > 0
    # 21 modules of 6 pixels after 4 quiet ones.
    corners = ((24, 24), (150, 24), (150, 150), (24, 150))
    assert np.abs(np.array(reading.payloads[0].quad) - np.array(corners)).max() <= 3


def test_a_picture_without_a_code_is_an_empty_reading(pool: DecodePool):
    assert pool.read_photo(png(blank(height=300, width=300))).payloads == ()
    assert pool.read_photo(png(noise(height=720, width=1_280))).payloads == ()


def test_light_on_dark_is_read(pool: DecodePool):
    assert texts(pool.read_photo(png(255 - qr(REWARD)))) == [REWARD]


@pytest.mark.parametrize("degrees", [17, 45, 90, 133, 180, 270])
def test_a_rotated_code_is_read(pool: DecodePool, degrees: int):
    code = cv2.copyMakeBorder(qr(REWARD), 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=255)
    middle = (code.shape[1] / 2, code.shape[0] / 2)
    turned = cv2.warpAffine(
        code, cv2.getRotationMatrix2D(middle, degrees, 1), code.shape[::-1], borderValue=255
    )
    assert texts(pool.read_photo(png(turned))) == [REWARD]


@pytest.mark.parametrize(
    "text", ["Grüße an 漢字 😀", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "a\x1db\n\x00c"]
)
def test_text_in_any_script_is_read_whole(pool: DecodePool, text: str):
    assert texts(pool.read_photo(png(qr(text)))) == [text]


def test_three_codes_in_one_frame_are_all_read_each_once(pool: DecodePool):
    codes = [qr(text) for text in ("R1ONE", "R1TWO", "R1THREE", "R1TWO")]
    assert texts(pool.read_photo(png(np.hstack(codes)))) == ["R1ONE", "R1THREE", "R1TWO"]


def test_a_hundred_codes_in_one_frame_are_read_within_the_time(pool: DecodePool):
    rows = [
        np.hstack([qr(f"R1-{row}-{column}", module_pixels=3) for column in range(10)]) for row in range(10)
    ]
    assert len(pool.read_photo(png(np.vstack(rows))).payloads) == 100


@pytest.mark.parametrize("digits", ["4006381333931", "9783161484100", "0036000291452"])
def test_a_products_bar_code_is_read_as_13_digits(pool: DecodePool, digits: str):
    reading = pool.read_photo(png(bars_of_ean_13(digits)))
    assert [(payload.symbology, payload.text) for payload in reading.payloads] == [(Symbology.EAN_13, digits)]


def test_a_photo_taken_sideways_is_turned_upright_before_its_corners_are_told(pool: DecodePool):
    sideways = jpeg(np.hstack([qr(REWARD), blank(height=174, width=300)]))
    # EXIF with one entry: Orientation (0x0112), short, 1 value: 6, “turn by 90° clockwise to see it upright”.
    exif = bytes.fromhex("45786966 0000 4d4d002a 00000008 0001 0112 0003 00000001 0006 0000 00000000")
    turned = sideways[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + sideways[2:]
    (plain,), (upright,) = pool.read_photo(sideways).payloads, pool.read_photo(turned).payloads
    assert (plain.text, upright.text) == (REWARD, REWARD)
    # The symbol's own top left was at the picture's and is now at its top right.
    assert max(plain.quad[0]) < 30
    assert upright.quad[0][0] > 140
    assert upright.quad[0][1] < 30
