"""131 pictures that nobody shows in good faith, all made here from a seed. Knows no test."""

from __future__ import annotations

import random
import struct
import zlib

import cv2
import numpy as np

from tests.scanner.pictures import (
    blank,
    chunk,
    encoded,
    gif,
    jpeg,
    lossless_start,
    lying_jpeg,
    noise,
    png,
    png_header,
    png_of_chunks,
    png_with,
    progressive_jpeg,
    qr,
    webp_of_chunks,
    zip_bomb_png,
)

SEED = 20_240_229
GENUINE = {
    extension: encoded(qr("R17K0123456789ABCDEF"), extension) for extension in (".png", ".jpg", ".webp")
}


def hostile() -> dict[str, bytes]:
    """Every picture by a name that says what is wrong with it."""
    return {
        **cut_off(),
        **flipped(),
        **lying(),
        **bombs(),
        **wordy(),
        **of_other_kinds(),
        **tiring(),
    }


def cut_off() -> dict[str, bytes]:
    return {
        f"{extension} cut off after {tenths} tenths": data[: len(data) * tenths // 10]
        for extension, data in GENUINE.items()
        for tenths in range(1, 10)
    }


def flipped() -> dict[str, bytes]:
    """Genuine files with 1 to 12 bytes changed behind their first 16."""
    chance = random.Random(SEED)
    found = {}
    for extension, data in GENUINE.items():
        for number in range(1, 13):
            changed = bytearray(data)
            for _ in range(number):
                changed[chance.randrange(16, len(changed))] ^= 1 << chance.randrange(8)
            found[f"{extension} with {number} bits flipped"] = bytes(changed)
    return found


def lying() -> dict[str, bytes]:
    found = {
        f"JPEG of a few bytes claims {side}²": lying_jpeg(side=side)
        for side in (3_500, 20_000, 32_700, 65_535)
    }
    for width, height in ((20_000, 20_000), (2**31 - 1, 2**31 - 1), (1, 2**31 - 1), (0, 0), (4_080, 3_072)):
        pixels = (b"IDAT", zlib.compress(bytes(64)))
        found[f"PNG of a few bytes claims {width} × {height}"] = png_of_chunks(
            png_header(width=width, height=height), pixels, (b"IEND", b"")
        )
    for width, height in ((16_384, 16_384), (4_000, 3_000), (1, 16_384)):
        body = lossless_start(width=width, height=height) + b"xyz"
        found[f"WebP of a few bytes claims {width} × {height}"] = webp_of_chunks((b"VP8L", body))
    canvas = b"\0\0\0\0" + (2**24 - 1).to_bytes(3, "little") * 2
    found["WebP canvas of 2^48"] = webp_of_chunks(
        (b"VP8X", canvas), (b"VP8L", lossless_start(width=9, height=9))
    )
    for depth, colour in ((77, 0), (16, 6), (1, 3), (8, 9)):
        found[f"PNG of depth {depth} and colour {colour}"] = png_of_chunks(
            png_header(width=40, height=40, depth=depth, colour=colour), (b"IDAT", b"x"), (b"IEND", b"")
        )
    found["PNG chunk longer than the file"] = GENUINE[".png"][:33] + struct.pack(">I", 2**31 - 1) + b"IDAT"
    found["PNG with a wrong checksum"] = GENUINE[".png"].replace(chunk(b"IEND", b""), b"\0\0\0\0IENDxxxx")
    return found


def bombs() -> dict[str, bytes]:
    found = {
        f"progressive JPEG with {scans} more scans": progressive_jpeg(extra_scans=scans)
        for scans in (20, 33, 8_000)
    }
    for side, megabytes in ((100, 20), (3_500, 20), (3_500, 300), (20_000, 300)):
        found[f"PNG of {side}² unpacks to {megabytes} MB"] = zip_bomb_png(
            side=side, unpacked_bytes=megabytes * 1_000_000
        )
    found["12 megapixels of nothing, 16 bits a channel"] = encoded(
        np.zeros((3_072, 4_080, 4), np.uint16), ".png"
    )
    found["APNG"] = png_with((b"acTL", struct.pack(">II", 300, 0)))
    found["animated WebP"] = webp_of_chunks((b"VP8X", b"\x02" + bytes(9)), (b"ANMF", bytes(24)))
    found["GIF of 300 frames"] = gif(frames=300)
    found["GIF of one frame"] = gif(frames=1)
    return found


def wordy() -> dict[str, bytes]:
    text = zlib.compress(bytes(200_000_000), 1)
    rows = [(b"tEXt", b"C\0" + b"x" * 100)] * 6_000
    comment = b"\xff\xfe\xff\xff" + b"x" * 65_533
    return {
        "200 MB of compressed text in a PNG": png_with((b"zTXt", b"C\0\0" + text)),
        "200 MB of compressed international text": png_with((b"iTXt", b"C\0\1\0\0\0" + text)),
        "200 MB of a colour profile": png_with((b"iCCP", b"C\0\0" + text)),
        "9 MB of plain text in a PNG": png_with((b"tEXt", b"C\0" + b"x" * 9_000_000)),
        "200 MB of plain text in a PNG": png_with((b"tEXt", b"C\0" + b"x" * 200_000_000)),
        "6,000 texts in a PNG": png_with(*rows),
        "9 MB of comments in a JPEG": GENUINE[".jpg"][:2] + comment * 140 + GENUINE[".jpg"][2:],
        "9 MB of EXIF in a WebP": webp_of_chunks((b"EXIF", b"x" * 9_000_000)),
        "JPEG padded with 9 MB": GENUINE[".jpg"][:2] + b"\xff" * 9_000_000 + GENUINE[".jpg"][3:],
        "JPEG followed by 9 MB": GENUINE[".jpg"] + bytes(9_000_000),
    }


def of_other_kinds() -> dict[str, bytes]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    return {
        "nothing": b"",
        "one byte": b"\xff",
        "the magic of a JPEG": b"\xff\xd8\xff",
        "the magic of a PNG": b"\x89PNG\r\n\x1a\n",
        "the magic of a WebP": b"RIFF\x04\0\0\0WEBP",
        "SVG": svg,
        "SVG in XML": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "&a;&a;">]>' + svg,
        "HTML": b"<!doctype html><script>1</script>",
        "PDF": b"%PDF-1.7\n",
        "BMP": encoded(qr("R1"), ".bmp"),
        "TIFF": encoded(qr("R1"), ".tiff"),
        "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
        "AVIF": b"\0\0\0\x1cftypavif" + bytes(20),
        "ZIP": b"PK\x03\x04" + bytes(30),
        "zeros": bytes(100_000),
        "noise": random.Random(SEED).randbytes(100_000),
        "a JPEG's magic and noise": b"\xff\xd8\xff\xe0\0\x02"
        + random.Random(SEED).randbytes(100_000)
        + b"\xff\xd9",
        "a PNG's magic and noise": b"\x89PNG\r\n\x1a\n" + random.Random(SEED).randbytes(100_000),
        "a WebP's magic and noise": b"RIFF\xff\xff\0\0WEBP" + random.Random(SEED).randbytes(65_531),
    }


def tiring() -> dict[str, bytes]:
    """Good files whose pixels keep decoders busy."""
    finder = np.kron(
        np.array(
            [[1] * 7, [1, 0, 0, 0, 0, 0, 1], *[[1, 0, 1, 1, 1, 0, 1]] * 3, [1, 0, 0, 0, 0, 0, 1], [1] * 7]
        ),
        np.ones((3, 3)),
    )
    tile = np.pad(255 - 255 * finder, 6, constant_values=255).astype(np.uint8)
    board = np.kron(np.indices((96, 128)).sum(axis=0) % 2, np.ones((10, 10))).astype(np.uint8) * 255
    stripes = np.tile(np.repeat(np.random.default_rng(SEED).integers(0, 2, 427), 3) * 255, (720, 1)).astype(
        np.uint8
    )
    hundred = np.vstack(
        [np.hstack([qr(f"R1-{row}-{column}", module_pixels=3) for column in range(10)]) for row in range(10)]
    )
    return {
        "1 × 1": png(blank(height=1, width=1)),
        "20 × 20": png(blank(height=20, width=20)),
        "1 × 12,000": png(blank(height=1, width=12_000)),
        "12,000 × 1": png(blank(height=12_000, width=1)),
        "12 megapixels of white": png(blank(height=3_072, width=4_080)),
        "12 megapixels of noise": jpeg(noise(height=3_000, width=4_000)),
        "noise of 1280 × 720": png(noise(height=720, width=1_280)),
        "noise of black and white": png((noise(height=720, width=1_280) > 127).astype(np.uint8) * 255),
        "a board of squares": png(board),
        "random stripes": png(stripes),
        "random stripes at 45°": jpeg(turned(stripes)),
        "1,000 finder patterns": png(np.tile(tile, (22, 39))),
        "12 megapixels of finder patterns": png(np.tile(tile, (92, 123))),
        "100 codes": png(hundred),
        "a code over noise": jpeg(
            cv2.addWeighted(
                cv2.resize(qr("R1"), (900, 900)), 0.1, noise(height=900, width=900), 0.9, 0
            ).astype(np.uint8)
        ),
    }


def turned(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 45, 1)
    return cv2.warpAffine(pixels, matrix, (width, height)).astype(np.uint8)
