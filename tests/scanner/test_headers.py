from __future__ import annotations

import zlib
from time import process_time

import cv2
import pytest

from scanner import BYTES_MAX, FrameReason, FrameRefused
from scanner.headers import check_header
from tests.scanner.pictures import (
    blank,
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

PICTURE = blank(height=40, width=60)
JPEG, PNG, WEBP = (encoded(PICTURE, extension) for extension in (".jpg", ".png", ".webp"))
LOSSLESS = encoded(PICTURE, ".webp", cv2.IMWRITE_WEBP_QUALITY, 101)
START = {"JPEG": JPEG, "PNG": PNG, "WebP": WEBP, "lossless WebP": LOSSLESS}
TWO_MEGABYTES = bytes(2 * 1024 * 1024)


def refusal(data: bytes) -> FrameReason:
    with pytest.raises(FrameRefused) as caught:
        check_header(data)
    return caught.value.reason


@pytest.mark.parametrize("data", START.values(), ids=START)
def test_the_size_of_each_format_is_read_from_its_header(data: bytes):
    header = check_header(data)
    assert (header.width, header.height) == (60, 40)


def test_a_progressive_picture_of_a_camera_is_taken():
    header = check_header(encoded(PICTURE, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1))
    assert (header.width, header.height) == (60, 40)


@pytest.mark.parametrize("data", START.values(), ids=START)
def test_a_picture_cut_off_anywhere_is_refused(data: bytes):
    for length in range(1, len(data)):
        assert refusal(data[:length]) in {
            FrameReason.TRUNCATED,
            FrameReason.MALFORMED,
            FrameReason.UNKNOWN_FORMAT,
        }
    assert refusal(data[:-1]) is FrameReason.TRUNCATED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", FrameReason.EMPTY),
        (gif(frames=300), FrameReason.UNKNOWN_FORMAT),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", FrameReason.UNKNOWN_FORMAT),
        (encoded(PICTURE, ".bmp"), FrameReason.UNKNOWN_FORMAT),
        (encoded(PICTURE, ".tiff"), FrameReason.UNKNOWN_FORMAT),
        (noise(height=100, width=100).tobytes(), FrameReason.UNKNOWN_FORMAT),
        (png(blank(height=1, width=1)), FrameReason.TOO_SMALL),
        (jpeg(blank(height=1, width=1)), FrameReason.TOO_SMALL),
        (jpeg(blank(height=20, width=20)), FrameReason.TOO_SMALL),
        (lying_jpeg(side=32_700), FrameReason.TOO_MANY_PIXELS),
        (lying_jpeg(side=0), FrameReason.MALFORMED),
        (zip_bomb_png(side=20_000, unpacked_bytes=400_000), FrameReason.TOO_MANY_PIXELS),
        (png_of_chunks(png_header(width=2**31 - 1, height=2**31 - 1)), FrameReason.TRUNCATED),
        (png_of_chunks(png_header(width=40, height=40), (b"IEND", b"")), FrameReason.MALFORMED),
        (png_of_chunks((b"IDAT", b""), (b"IEND", b"")), FrameReason.MALFORMED),
        (png_with((b"tEXt", b"Comment\0" + TWO_MEGABYTES)), FrameReason.TOO_MUCH_METADATA),
        (
            png_with(*[(b"zTXt", b"C\0\0" + zlib.compress(TWO_MEGABYTES * 8))] * 70),
            FrameReason.TOO_MUCH_METADATA,
        ),
        (png_with(*[(b"tIME", b"")] * 5_001), FrameReason.TOO_MANY_PARTS),
        (png_with((b"acTL", b"\0\0\1\54\0\0\0\0")), FrameReason.ANIMATED),
        (progressive_jpeg(extra_scans=8_000), FrameReason.TOO_MANY_SCANS),
        (JPEG[:2] + b"\xff\xe1\xff\xff" * 3 + JPEG[2:], FrameReason.TRUNCATED),
        (JPEG[:2] + b"\xff\xfe\x00\x02" * 5_000 + JPEG[2:], FrameReason.TOO_MANY_PARTS),
        (JPEG[:2] + (b"\xff\xe1\xff\xff" + bytes(65_533)) * 17 + JPEG[2:], FrameReason.TOO_MUCH_METADATA),
        (JPEG[:2] + b"\xff\xfe\x00\x01" + JPEG[2:], FrameReason.MALFORMED),
        (JPEG[:20] + b"garbage" + JPEG[20:], FrameReason.MALFORMED),
        (JPEG.replace(b"\xff\xc0", b"\xff\xc9"), FrameReason.MALFORMED),
        (b"\xff\xd8\xff\xd9", FrameReason.MALFORMED),
        (b"\xff\xd8" + b"\xff" * 1_000_000, FrameReason.TRUNCATED),
        (webp_of_chunks((b"VP8L", lossless_start(width=16_384, height=16_384))), FrameReason.TOO_MANY_PIXELS),
        (
            webp_of_chunks((b"VP8X", bytes(4) + b"\xff" * 6), (b"VP8L", lossless_start(width=60, height=40))),
            FrameReason.TOO_MANY_PIXELS,
        ),
        (webp_of_chunks((b"VP8X", b"\x02" + bytes(9)), (b"ANMF", bytes(16))), FrameReason.ANIMATED),
        (webp_of_chunks((b"ANMF", bytes(16))), FrameReason.ANIMATED),
        (webp_of_chunks((b"VP8X", bytes(10))), FrameReason.MALFORMED),
        (webp_of_chunks((b"VP8 ", bytes(10))), FrameReason.MALFORMED),
        (webp_of_chunks((b"VP8L", b"")), FrameReason.MALFORMED),
        (webp_of_chunks((b"XMP ", TWO_MEGABYTES)), FrameReason.TOO_MUCH_METADATA),
        (webp_of_chunks(*[(b"junk", b"")] * 5_001), FrameReason.TOO_MANY_PARTS),
    ],
)
def test_a_hostile_or_foreign_picture_is_refused_by_its_header_alone(data: bytes, reason: FrameReason):
    started = process_time()
    assert refusal(data) is reason
    assert process_time() - started < 1


def test_a_file_over_the_limit_is_refused_with_both_numbers():
    data = JPEG + bytes(BYTES_MAX)
    with pytest.raises(FrameRefused) as caught:
        check_header(data)
    assert caught.value.reason is FrameReason.TOO_LARGE_BYTES
    assert (caught.value.found, caught.value.limit) == (len(JPEG) + 10_485_760, 10_485_760)


def test_a_photo_of_a_12_megapixel_telephone_is_taken_and_one_line_more_is_not():
    for width, height in ((4_032, 3_024), (4_000, 3_000), (4_080, 3_072)):
        header = check_header(
            zip_bomb_png(side=width, unpacked_bytes=0).replace(*sides(width, width, height))
        )
        assert (header.width, header.height) == (width, height)
    assert (
        refusal(zip_bomb_png(side=4_080, unpacked_bytes=0).replace(*sides(4_080, 4_080, 3_073)))
        is FrameReason.TOO_MANY_PIXELS
    )


def sides(side: int, width: int, height: int) -> tuple[bytes, bytes]:
    return side.to_bytes(4, "big") * 2, width.to_bytes(4, "big") + height.to_bytes(4, "big")


def test_scans_up_to_the_limit_are_taken():
    plain = progressive_jpeg(extra_scans=0)
    scans = plain.count(b"\xff\xda")
    assert check_header(progressive_jpeg(extra_scans=32 - scans)).width == 256
    assert refusal(progressive_jpeg(extra_scans=33 - scans)) is FrameReason.TOO_MANY_SCANS


def test_what_follows_the_end_of_a_photo_is_left_alone():
    # Telephones append a film or a depth map to the photo.
    assert check_header(JPEG + b"\x00film").width == 60


def test_a_thumbnail_inside_the_metadata_is_not_taken_for_the_photo():
    thumbnail = jpeg(qr("R1"))
    inside = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    header = check_header(JPEG[:2] + inside + JPEG[2:])
    assert (header.width, header.height) == (60, 40)
