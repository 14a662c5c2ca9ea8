"""Pictures for the scanner's tests, genuine and hostile, all made here. Knows no test."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from scanner import qr_png

Grey = NDArray[np.uint8]
# L, G and R patterns of EAN (GS1 General Specifications, 5.2.1), written as module widths.
WIDTHS = ("3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112")
PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")


def qr(text: str, *, module_pixels: int = 6) -> Grey:
    pixels = cv2.imdecode(
        np.frombuffer(qr_png(text, module_pixels=module_pixels), np.uint8), cv2.IMREAD_GRAYSCALE
    )
    assert pixels is not None
    return pixels.astype(np.uint8)


def png(pixels: Grey) -> bytes:
    return encoded(pixels, ".png")


def jpeg(pixels: Grey) -> bytes:
    return encoded(pixels, ".jpg")


def encoded(pixels: Grey, extension: str, *options: int) -> bytes:
    done, data = cv2.imencode(extension, pixels, options)
    assert done
    return data.tobytes()


def noise(*, height: int, width: int) -> Grey:
    return np.random.default_rng(7).integers(0, 256, (height, width), np.uint8)


def blank(*, height: int, width: int) -> Grey:
    return np.full((height, width), 255, np.uint8)


def lying_jpeg(*, side: int) -> bytes:
    """A JPEG of a few hundred bytes whose header claims `side`² pixels."""
    data = bytearray(jpeg(blank(height=24, width=24)))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data)


def progressive_jpeg(*, extra_scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated, which every decoder takes."""
    data = encoded(blank(height=256, width=256), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    last_scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last_scan * extra_scans + b"\xff\xd9"


def png_of_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in chunks)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(*, width: int, height: int, depth: int = 8, colour: int = 0) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def zip_bomb_png(*, side: int, unpacked_bytes: int) -> bytes:
    """A PNG that claims `side`² pixels and holds `unpacked_bytes` of zeros, packed a thousandfold."""
    return png_of_chunks(
        png_header(width=side, height=side),
        (b"IDAT", zlib.compress(bytes(unpacked_bytes), 1)),
        (b"IEND", b""),
    )


def png_with(*extra: tuple[bytes, bytes]) -> bytes:
    """A genuine PNG of a code with more chunks before its pixels."""
    data = png(qr("R1"))
    after_header = 8 + 25
    return data[:after_header] + b"".join(chunk(kind, body) for kind, body in extra) + data[after_header:]


def webp_of_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\x00" * (len(content) % 2)
        for kind, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def lossless_start(*, width: int, height: int) -> bytes:
    return b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)


def gif(*, frames: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0)
        + b"\x00\x00\x00\xff\xff\xff"
        + frame * frames
        + b";"
    )


def bars_of_ean_13(digits: str) -> Grey:
    left = "".join(
        WIDTHS[int(digit)] if side == "L" else WIDTHS[int(digit)][::-1]
        for digit, side in zip(digits[1:7], PARITY[int(digits[0])], strict=True)
    )
    return bars("111" + left + "11111" + "".join(WIDTHS[int(digit)] for digit in digits[7:]) + "111")


def bars_of_code_128(text: str) -> Grey:
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128).to_image(
        scale=3, add_quiet_zones=True
    )
    return np.pad(np.array(drawn, np.uint8), 40, constant_values=255)


def bars(widths: str) -> Grey:
    """Draw bars and spaces in turns, a bar first, as a symbol of 60 lines."""
    line: list[int] = [255] * 20
    for place, width in enumerate(widths):
        line += [255 if place % 2 else 0] * int(width)
    return np.repeat(np.tile(np.array(line + [255] * 20, np.uint8), (60, 1)), 3, axis=1)
