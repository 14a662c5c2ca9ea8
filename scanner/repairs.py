"""Grey pixels → better grey pixels, for a decoder that missed. Knows no decoder and no code."""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.terms import Pixels

# The light of a scene is what changes over about a twentieth of it; less than that is a module.
LIGHT_SIDE, LIGHT_BLUR = 160, 8.0
WHITE = 200.0
# An unsharp mask: 2.5 × the picture − 1.5 × its blur, over about the width of a small module.
SHARP_BLUR, SHARP_GAIN = 3.0, 1.5
THRESHOLD_WINDOW, THRESHOLD_BELOW_MEAN = 41, 5.0
CONTRAST_LIMIT, CONTRAST_TILES = 3.0, (8, 8)
MEDIAN_WINDOW = 3


def fitted(pixels: Pixels, *, side: int) -> Pixels:
    """Return the picture with its longer side shrunk to `side`, or as it is when it is small enough."""
    factor = side / max(pixels.shape)
    return pixels if factor >= 1 else _scaled(pixels, factor, cv2.INTER_AREA)


def enlarged(pixels: Pixels, *, factor: float) -> Pixels:
    return _scaled(pixels, factor, cv2.INTER_CUBIC)


def flattened(pixels: Pixels) -> Pixels:
    """Return the picture divided by its light: shadows and the edge of a bright screen are gone."""
    light = cv2.GaussianBlur(fitted(pixels, side=LIGHT_SIDE), (0, 0), LIGHT_BLUR)
    background = cv2.resize(light, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return _pixels(cv2.divide(pixels, background, scale=WHITE))


def sharpened(pixels: Pixels) -> Pixels:
    """Return the picture with its edges raised; out of one bar it can make two, so bar codes need a witness."""
    blurred = cv2.GaussianBlur(pixels, (0, 0), SHARP_BLUR)
    return _pixels(cv2.addWeighted(pixels, 1 + SHARP_GAIN, blurred, -SHARP_GAIN, 0))


def evened(pixels: Pixels) -> Pixels:
    """Return the picture with the contrast of each part spread out (CLAHE), for faint and overexposed codes."""
    return _pixels(cv2.createCLAHE(CONTRAST_LIMIT, CONTRAST_TILES).apply(pixels))


def thresholded(pixels: Pixels) -> Pixels:
    """Return black and white, each pixel judged by the mean around it."""
    return _pixels(
        cv2.adaptiveThreshold(
            pixels,
            255,
            cv2.ADAPTIVE_THRESH_MEAN_C,
            cv2.THRESH_BINARY,
            THRESHOLD_WINDOW,
            THRESHOLD_BELOW_MEAN,
        )
    )


def without_grain(pixels: Pixels) -> Pixels:
    """Return the picture through a median filter, for the noise of dark frames."""
    return _pixels(cv2.medianBlur(pixels, MEDIAN_WINDOW))


def turned(pixels: Pixels, *, degrees: float) -> tuple[Pixels, NDArray[np.float64]]:
    """Return the whole picture turned, with white around it, and the 2 × 3 matrix that leads back."""
    height, width = pixels.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = math.ceil(height * sine + width * cosine), math.ceil(height * cosine + width * sine)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    picture = cv2.warpAffine(pixels, matrix, size, borderValue=255)
    return _pixels(picture), np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def _scaled(pixels: Pixels, factor: float, interpolation: int) -> Pixels:
    size = [max(1, round(side * factor)) for side in pixels.shape[::-1]]
    return _pixels(cv2.resize(pixels, size, interpolation=interpolation))


def _pixels(picture: object) -> Pixels:
    """OpenCV's stubs forget that eight bits stay eight bits."""
    return cast("Pixels", picture)
