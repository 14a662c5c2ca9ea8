"""The decoder WeChatQRCode of OpenCV's contrib modules. The only module that sees it; knows no code.

It works without its neural models, which are not shipped. It is the best complement for glare and damage.
"""

from __future__ import annotations

import functools
from typing import Any

import cv2

from scanner.terms import Payload, Pixels, Point, Symbology


def has_wechat() -> bool:
    """Tell whether this build of OpenCV has the decoder: only the contrib wheels do."""
    return hasattr(cv2, "wechat_qrcode_WeChatQRCode")


def read_with_wechat(pixels: Pixels) -> tuple[Payload, ...]:
    """Return the QR codes in grey pixels whose text is ASCII, none without the contrib build.

    Give it small pictures: a miss on a whole photo takes seconds.
    """
    if not has_wechat():
        return ()
    try:
        texts, corners = _decoder().detectAndDecode(pixels)
    except (cv2.error, UnicodeDecodeError, SystemError):
        # A text in another encoding can't pass its binding; there is nothing to be had from it.
        return ()
    return tuple(
        Payload(symbology=Symbology.QR, text=text, quad=_quad(quad))
        for text, quad in zip(texts, corners, strict=False)
        # As with zbar: what is not ASCII was guessed.
        if text and text.isascii()
    )


def _quad(corners: Any) -> tuple[Point, Point, Point, Point]:
    first, second, third, fourth = ((int(x), int(y)) for x, y in corners)
    return first, second, third, fourth


@functools.cache
def _decoder() -> Any:
    return cv2.wechat_qrcode_WeChatQRCode()  # type: ignore[attr-defined]  # the stubs leave contrib out
