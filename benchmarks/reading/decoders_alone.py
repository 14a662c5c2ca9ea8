"""Each decoder as it comes, on the whole picture and without any repair: the baselines. Knows no cascade."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import cv2

from benchmarks.reading.degradations import Pixels
from scanner.decoder_wechat import read_with_wechat
from scanner.decoder_zbar import read_with_zbar
from scanner.decoder_zxing import read_with_zxing
from scanner.repairs import fitted


def with_opencv(detector: Any) -> Callable[[Pixels], set[str]]:
    def read(pixels: Pixels) -> set[str]:
        # OpenCV raises on texts in other encodings and on some pictures that it finds odd.
        with contextlib.suppress(cv2.error, UnicodeDecodeError, SystemError):
            return {text for text in detector.detectAndDecodeMulti(pixels)[1] if text}
        return set()

    return read


ALONE: dict[str, Callable[[Pixels], set[str]]] = {
    "zxing": lambda pixels: {one.text for one in read_with_zxing(pixels)},
    "zbar": lambda pixels: {one.text for one in read_with_zbar(pixels)},
    "cv2 QR": with_opencv(cv2.QRCodeDetector()),
    "Aruco": with_opencv(cv2.QRCodeDetectorAruco()),
    "WeChat": lambda pixels: {one.text for one in read_with_wechat(fitted(pixels, side=640))},
    # The stubs know neither of its names.
    "cv2 bars": with_opencv(cv2.barcode_BarcodeDetector()),  # type: ignore[attr-defined]
}
