"""Pictures of our own codes as a counter's camera spoils them, made from a seed. Knows no decoder.

Every picture is a frame of 640 × 480: a phone or a label on a darker, uneven ground. Each kind of damage comes
in three strengths, of which the last is meant to be hard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Random = np.random.Generator
Damage = Callable[[Pixels, int, Random], Pixels]

HEIGHT, WIDTH = 480, 640
# How wide a person shows a symbol: a bar code of 20 characters has 275 modules and needs nearly all there is.
SIDES = {
    zxingcpp.BarcodeFormat.QRCode: 260,
    zxingcpp.BarcodeFormat.Code128: 560,
    zxingcpp.BarcodeFormat.EAN13: 330,
}
BARS_HEIGHT = 130
STRENGTHS = range(3)


def degraded(
    symbology: zxingcpp.BarcodeFormat, texts: list[str], seed: int
) -> Iterator[tuple[str, str, Pixels]]:
    """Yield the damage, the text and the picture, for each text every damage in every strength."""
    random = np.random.default_rng(seed)
    for text in texts:
        for name, damage in DAMAGES.items():
            for strength in STRENGTHS:
                side = round(SIDES[symbology] * ((1.1, 0.8, 0.6)[strength] if name == "size" else 1))
                yield name, text, damage(scene(symbology, text, side, random), strength, random)


def scene(symbology: zxingcpp.BarcodeFormat, text: str, side: int, random: Random) -> Pixels:
    """Draw the symbol `side` pixels wide, a little turned, on a phone's bright screen."""
    drawn = np.array(zxingcpp.create_barcode(text, symbology).to_image(scale=8, add_quiet_zones=True))
    symbol = cv2.cvtColor(drawn, cv2.COLOR_BGR2GRAY) if drawn.ndim == 3 else drawn  # noqa: PLR2004 - rows, columns, colours
    height = side if symbology is zxingcpp.BarcodeFormat.QRCode else BARS_HEIGHT
    symbol = cv2.resize(symbol, (side, height), interpolation=cv2.INTER_AREA)
    ground = cv2.resize(random.integers(30, 110, (6, 8), np.uint8), (WIDTH, HEIGHT))
    height, width = symbol.shape
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    cv2.rectangle(ground, (left - 25, top - 40), (left + width + 25, top + height + 40), 235, -1)
    ground[top : top + height, left : left + width] = 30 + symbol // 5 * 4
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), random.uniform(-8, 8), 1)
    turned = cv2.warpAffine(ground, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return grainy(turned.astype(np.uint8), 3, random)


def grainy(pixels: Pixels, deviation: float, random: Random) -> Pixels:
    return clipped(pixels + random.normal(0, deviation, pixels.shape))


def clipped(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def small(pixels: Pixels, strength: int, random: Random) -> Pixels:
    del strength, random  # the scene was drawn small
    return pixels


def defocused(pixels: Pixels, strength: int, random: Random) -> Pixels:
    del random
    return cv2.GaussianBlur(pixels, (0, 0), (2.0, 3.0, 4.0)[strength]).astype(np.uint8)


def moved(pixels: Pixels, strength: int, random: Random) -> Pixels:
    length = (7, 11, 15)[strength]
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length // 2, length // 2), random.uniform(0, 180), 1)
    return cv2.filter2D(pixels, -1, cv2.warpAffine(line, turn, (length, length))).astype(np.uint8)


def dim(pixels: Pixels, strength: int, random: Random) -> Pixels:
    return grainy(clipped(pixels * (0.25, 0.15, 0.10)[strength]), (4, 6, 8)[strength], random)


def tilted(pixels: Pixels, strength: int, random: Random) -> Pixels:
    shift = (60, 110, 150)[strength] * random.uniform(0.9, 1.1)
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    leaning = corners + np.array([[shift, shift / 2], [-shift, shift / 2], [0, 0], [0, 0]], np.float32)
    view = cv2.getPerspectiveTransform(corners, leaning)
    return cv2.warpPerspective(pixels, view, (WIDTH, HEIGHT), borderValue=60).astype(np.uint8)


def glaring(pixels: Pixels, strength: int, random: Random) -> Pixels:
    light = np.zeros((HEIGHT, WIDTH), np.float32)
    place = (int(random.uniform(260, 380)), int(random.uniform(180, 300)))
    cv2.ellipse(light, place, (70 + 30 * strength, 30 + 12 * strength), random.uniform(0, 180), 0, 360, 1, -1)
    return clipped(pixels + cv2.GaussianBlur(light, (0, 0), 12) * (140, 190, 240)[strength])


def cracked(pixels: Pixels, strength: int, random: Random) -> Pixels:
    broken = pixels.copy()
    for _ in range((2, 4, 7)[strength]):
        start, end = random.uniform(0.2, 0.8, 2), random.uniform(0.2, 0.8, 2)
        ends = [(int(x * WIDTH), int(y * HEIGHT)) for x, y in (start, end)]
        cv2.line(broken, ends[0], ends[1], int(random.integers(0, 256)), 3)
    return broken


def overexposed(pixels: Pixels, strength: int, random: Random) -> Pixels:
    bloomed = cv2.GaussianBlur(pixels, (0, 0), 1.5).astype(np.float64)
    return grainy(clipped(bloomed * (1.6, 2.2, 2.8)[strength] + (40, 70, 100)[strength]), 2, random)


def banded(pixels: Pixels, strength: int, random: Random) -> Pixels:
    wave = np.sin(np.arange(HEIGHT) * random.uniform(0.05, 0.2) + random.uniform(0, 6))[:, None]
    return clipped(pixels * (1 - (0.4, 0.6, 0.8)[strength] * (wave + 1) / 2))


def moire(pixels: Pixels, strength: int, random: Random) -> Pixels:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    angle, pitch = random.uniform(0, 3.14), random.uniform(0.4, 1.2)
    waves = np.sin((rows * np.sin(angle) + columns * np.cos(angle)) * pitch)
    return clipped(pixels + waves * (40, 65, 90)[strength])


def squeezed(pixels: Pixels, strength: int, random: Random) -> Pixels:
    del random
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, (20, 10, 5)[strength]])
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    assert picture is not None  # noqa: S101 - it was just encoded
    return picture.astype(np.uint8)


def at_an_angle(pixels: Pixels, strength: int, random: Random) -> Pixels:
    degrees = (35, 45, 55)[strength] + random.uniform(-3, 3)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1)
    return cv2.warpAffine(pixels, turn, (WIDTH, HEIGHT), borderValue=60).astype(np.uint8)


DAMAGES: dict[str, Damage] = {
    "size": small,
    "defocus": defocused,
    "motion": moved,
    "light": dim,
    "tilt": tilted,
    "angle": at_an_angle,
    "glare": glaring,
    "crack": cracked,
    "exposure": overexposed,
    "bands": banded,
    "moiré": moire,
    "JPEG": squeezed,
}
