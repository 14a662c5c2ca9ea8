"""A USB scanner on its cable: it presses the keys of a US keyboard, whatever keyboard the computer believes to have.

The keys go to Chromium past Playwright, over its own debugging socket: Playwright waits for each key until the page
has taken it, so that a busy page would slow the scanner down, which no real page can.
"""

import base64
import json
import os
import secrets
import socket
import struct
import time
import urllib.request
from contextlib import closing
from typing import Any, Self

from playwright.sync_api import Page

MS_A_KEY = 8
LATE_SECONDS_MAX = 0.06
SHIFT = 8
# What the keys beyond the letters type, plain and with shift.
_US = {f"Digit{digit}": digit + shifted for digit, shifted in zip("1234567890", "!@#$%^&*()", strict=True)}
_US |= {"Minus": "-_"}
_FRENCH = {f"Digit{digit}": key + digit for digit, key in zip("1234567890", "&é\"'(-è_çà", strict=True)}
_FRENCH |= {
    "Minus": ")°",
    "KeyA": "qQ",
    "KeyQ": "aA",
    "KeyW": "zZ",
    "KeyZ": "wW",
    "KeyM": ",?",
    "Semicolon": "mM",
}
_GERMAN = {
    f"Digit{digit}": digit + shifted for digit, shifted in zip("1234567890", '!"§$%&/()=', strict=True)
}
_GERMAN |= {"Minus": "ß?", "KeyY": "zZ", "KeyZ": "yY", "Slash": "-_"}
_ENDS: dict[str, dict[str, Any]] = {
    "Enter": {"type": "rawKeyDown", "key": "Enter", "code": "Enter"},
    "Tab": {"type": "rawKeyDown", "key": "Tab", "code": "Tab"},
    "LineFeed": {"type": "rawKeyDown", "key": "j", "code": "KeyJ", "modifiers": 2},
}
LAYOUTS = {"US": _US, "AZERTY": _FRENCH, "QWERTZ": _GERMAN}


class Scanner:
    """Types codes into a page. `layout` is the computer's, `set_to` the one that the scanner believes in."""

    def __init__(self, page: Page, port: int, layout: str = "US", set_to: str = "US") -> None:
        self._line = _Line(_socket_address(page, port))
        self._host, self._own = LAYOUTS[layout], _keys_by_character(LAYOUTS[set_to])
        self.caps_lock = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def scan(self, text: str, *, suffixes: tuple[str, ...] = ("Enter",)) -> None:
        """All keys at once, each with the moment at which the scanner pressed it: no load can tear them apart."""
        events = self._events(text, suffixes)
        started = time.time() - len(events) * MS_A_KEY / 1000
        for at, event in enumerate(events):
            self._line.send("Input.dispatchKeyEvent", event | {"timestamp": started + at * MS_A_KEY / 1000})

    def scan_in_real_time(self, text: str, ms_a_key: float = MS_A_KEY) -> bool:
        """Key by key as they are pressed. False when this machine itself kept the scanner from its pace."""
        started = time.time()
        paced = True
        for at, event in enumerate(self._events(text, ("Enter",))):
            moment = started + at * ms_a_key / 1000
            time.sleep(max(0.0, moment - time.time()))
            paced = paced and time.time() - moment < LATE_SECONDS_MAX
            self._line.send("Input.dispatchKeyEvent", event | {"timestamp": moment})
        return paced

    def _events(self, text: str, suffixes: tuple[str, ...]) -> list[dict[str, Any]]:
        return [self._pressed(*self._own[character]) for character in text] + [
            _ENDS[suffix] for suffix in suffixes
        ]

    def _pressed(self, code: str, shifted: bool) -> dict[str, Any]:  # noqa: FBT001 - a key's own two levels
        plain, with_shift = self._host.get(code, code[-1].lower() + code[-1])
        key = with_shift if shifted else plain
        if self.caps_lock and key.isalpha():
            key = key.swapcase()
        return {
            "type": "keyDown",
            "key": key,
            "text": key,
            "code": code,
            "modifiers": SHIFT if shifted else 0,
        }


def _keys_by_character(layout: dict[str, str]) -> dict[str, tuple[str, bool]]:
    letters = {f"Key{letter}": letter.lower() + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    found = {}
    for code, (plain, shifted) in (letters | layout).items():
        found[plain], found[shifted] = (code, False), (code, True)
    return found


def _socket_address(page: Page, port: int) -> str:
    """The debugging socket of the tab that shows this page, found by a mark in its title."""
    mark = secrets.token_hex(8)
    page.evaluate("mark => { document.title = mark; }", mark)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
        [target] = [target for target in json.load(answer) if target["title"] == mark]
    return str(target["webSocketDebuggerUrl"])


class _Line:
    """A WebSocket (RFC 6455) that sends texts and throws away what comes back."""

    def __init__(self, address: str) -> None:
        host, _slash, path = address.removeprefix("ws://").partition("/")
        name, _colon, port = host.partition(":")
        self._socket = socket.create_connection((name, int(port)), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        if b" 101 " not in self._socket.recv(4096):
            raise RuntimeError("Chromium opened no debugging socket")
        # A socket with a time limit would wait for data that it was told not to wait for.
        self._socket.settimeout(None)
        self._number = 0

    def send(self, method: str, params: dict[str, Any]) -> None:
        self._number += 1
        body = json.dumps({"id": self._number, "method": method, "params": params}).encode()
        # No body of ours is short enough for one byte of length. A mask of zeros leaves the body as it is.
        self._socket.sendall(struct.pack(">BBHI", 0x81, 0xFE, len(body), 0) + body)
        self._drain()

    def close(self) -> None:
        with closing(self._socket):
            self._drain()

    def _drain(self) -> None:
        try:
            while self._socket.recv(65536, socket.MSG_DONTWAIT):
                pass
        except BlockingIOError:
            return
