from __future__ import annotations

import cv2
import numpy as np
import pytest

from scanner import DecodePool, FrameReason, FrameRefused, Reading, Symbology
from tests.scanner.pictures import (
    bars_of_ean_13,
    blank,
    chunk,
    encoded,
    jpeg,
    lying_jpeg,
    noise,
    png,
    png_header,
    png_of_chunks,
    png_with,
    progressive_jpeg,
    qr,
    zip_bomb_png,
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


HOSTILE = {
    "lying header": lying_jpeg(side=32_700),
    "large but bearable lie": lying_jpeg(side=3_500),
    "progressive bomb": progressive_jpeg(extra_scans=8_000),
    "progressive within the limit": progressive_jpeg(extra_scans=20),
    "PNG that unpacks to 300 MB": zip_bomb_png(side=100, unpacked_bytes=300_000_000),
    "12 megapixels of nothing, 16 bits a channel": encoded(np.zeros((3_072, 4_080, 4), np.uint16), ".png"),
    "12 megapixels of noise": jpeg(noise(height=3_000, width=4_000)),
    "PNG without its pixels": png_of_chunks(
        png_header(width=4_000, height=3_000), (b"IDAT", b""), (b"IEND", b"")
    ),
    "PNG of an impossible depth": png_of_chunks(
        png_header(width=40, height=40, depth=77), (b"IDAT", b"x"), (b"IEND", b"")
    ),
    "PNG with a wrong checksum": png(qr("R1")).replace(chunk(b"IEND", b""), b"\0\0\0\0IENDxxxx"),
    "compressed text": png_with((b"zTXt", b"C\0\0" + b"x" * 900_000)),
    "JPEG of noise": b"\xff\xd8\xff\xe0\x00\x02" + noise(height=100, width=100).tobytes() + b"\xff\xd9",
    "WebP of noise": b"RIFF\x14\x00\x00\x00WEBPVP8L\x08\x00\x00\x00\x2f\x3b\xc0\x09\x00xyz",
    "1 × 1": png(blank(height=1, width=1)),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_after_a_hostile_picture_the_same_worker_reads_a_genuine_one(pool: DecodePool, data: bytes):
    try:
        answer: Reading | FrameReason = pool.read_photo(data)
    except FrameRefused as refused:
        answer = refused.reason
    assert answer not in {FrameReason.BUSY, FrameReason.TIMED_OUT, FrameReason.DECODER_FAILED}
    assert texts(pool.read_photo(png(qr(REWARD)))) == [REWARD]


def test_pictures_that_only_the_decoder_finds_broken_are_malformed(pool: DecodePool):
    for name in ("PNG without its pixels", "PNG of an impossible depth", "WebP of noise", "JPEG of noise"):
        with pytest.raises(FrameRefused) as caught:
            pool.read_photo(HOSTILE[name])
        assert caught.value.reason is FrameReason.MALFORMED, name
