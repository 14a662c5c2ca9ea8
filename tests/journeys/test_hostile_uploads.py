"""Hostile pictures at the running server: refused within two seconds, and the next genuine frame is read."""

import os
import secrets
import signal
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, StorageState

from scanner import qr_png
from tests.journeys import cameras
from tests.journeys.conftest import at_a_till
from tests.journeys.faces import Counter, csrf_token
from tests.journeys.shop import Shop

SECONDS_MAX = 2.0
MEBIBYTE = 1024 * 1024
# A JPEG's beginning that claims 32,700 × 32,700 pixels, and none of them.
LYING_HEADER = (
    b"\xff\xd8\xff\xc0"
    + struct.pack(">HBHHB", 17, 8, 32_700, 32_700, 3)
    + bytes(9)
    + b"\xff\xda"
    + bytes(300)
)
HOSTILE = {
    "lying header": LYING_HEADER,
    "random bytes": secrets.token_bytes(20_000),
    "GIF": b"GIF89a" + struct.pack("<HH", 640, 480) + bytes(400),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "empty": b"",
}


@pytest.fixture(scope="module")
def counter(browser: Browser, shop: Shop, signed_in: StorageState) -> Iterator[Counter]:
    """One till for all of it: a hostile picture may leave nothing behind for the next."""
    context = browser.new_context(storage_state=signed_in)
    yield at_a_till(context.new_page(), shop)
    context.close()


@pytest.fixture
def genuine(shop: Shop) -> bytes:
    return cameras.photo(qr_png(shop.claim(shop.customer(points=120), "COFFEE").code))


def headers(counter: Counter) -> dict[str, str]:
    return {"X-CSRFToken": csrf_token(counter.page), "Countermark-Fragment": "1", "Accept": "text/html"}


def send_frame(counter: Counter, data: bytes) -> APIResponse:
    return counter.page.request.post(
        f"{counter.shop.url}/counter/frames",
        headers={**headers(counter), "Content-Type": "image/jpeg"},
        data=data,
    )


def send_photo(counter: Counter, data: bytes) -> APIResponse:
    return counter.page.request.post(
        f"{counter.shop.url}/counter/photos",
        headers=headers(counter),
        multipart={"photo": {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data}},
    )


def is_read(answer: APIResponse) -> None:
    assert (answer.status, answer.headers.get("countermark-state")) == (200, "claim")


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("send", [send_frame, send_photo])
def test_a_hostile_picture_is_refused_and_the_next_one_read(
    counter: Counter, genuine: bytes, kind: str, send: Callable[[Counter, bytes], APIResponse]
) -> None:
    started = time.monotonic()
    refused = send(counter, HOSTILE[kind])
    assert time.monotonic() - started <= SECONDS_MAX
    assert (refused.status, refused.headers["countermark-state"]) == (422, "refused")
    assert 'data-reason="image_not_accepted"' in refused.text()
    is_read(send_frame(counter, genuine))


@pytest.mark.parametrize("path", ["frames", "photos"])
def test_more_than_twelve_mebibytes_are_too_large(counter: Counter, genuine: bytes, path: str) -> None:
    started = time.monotonic()
    assert _status_of(counter, path, bytes(13 * MEBIBYTE)) == 413
    assert time.monotonic() - started <= SECONDS_MAX
    is_read(send_frame(counter, genuine))


def test_a_frame_is_small(counter: Counter) -> None:
    refused = send_frame(counter, bytes(2 * MEBIBYTE))
    assert refused.status == 422
    assert 'data-reason="image_not_accepted"' in refused.text()


def test_the_frame_after_a_killed_reader_is_read(counter: Counter, genuine: bytes, shop: Shop) -> None:
    is_read(send_frame(counter, genuine))
    readers = _readers_of(shop.process_id)
    assert len(readers) == 1
    os.kill(readers[0], signal.SIGKILL)
    second = cameras.photo(qr_png(shop.claim(shop.customer(points=120), "COFFEE").code))
    answer = send_frame(counter, second)
    if answer.status == 422:  # the frame that met the dead reader; it has been replaced since
        answer = send_frame(counter, second)
    is_read(answer)
    assert _readers_of(shop.process_id) != readers


def _status_of(counter: Counter, path: str, body: bytes) -> int:
    """The status of a large body, sent by the plainest client: the browser's driver would take seconds of its own."""
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in counter.page.context.cookies())
    kind = "image/jpeg" if path == "frames" else "multipart/form-data; boundary=none"
    with closing(HTTPConnection("127.0.0.1", int(counter.shop.url.rpartition(":")[2]), timeout=10)) as line:
        line.request(
            "POST",
            f"/counter/{path}",
            body,
            {**headers(counter), "Cookie": cookies, "Content-Type": kind},
        )
        return line.getresponse().status


def _readers_of(server: int) -> list[int]:
    """The server's decoding processes, by their parent."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            words = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == server and fields[0] != "Z" and b"scanner.worker" in words:
            found.append(int(stat.parent.name))
    return found
