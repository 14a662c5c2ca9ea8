"""Answers lost after the commit: whoever asks again with the same key has done everything once."""

import contextlib
import random
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.journals import PRICES, Asked, Question, disagreements
from tests.faults.traffic import Till, open_tills, questions_of
from tests.journeys.shop import open_shop

LOST = 0.3
TILLS = 6


class Line(socketserver.ThreadingTCPServer):
    """A line to the server that carries every request, and loses some of the answers with the connection."""

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Carrier)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.server_port_behind = int(url.rpartition(":")[2])
        self.loses = 0.0
        self.lost = 0


class _Carrier(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        line, asker = self.server, self.request
        assert isinstance(line, Line)
        with socket.create_connection(("127.0.0.1", line.server_port_behind), timeout=30) as server:
            server.sendall(_whole_request(asker))
            # To its end first: the server has committed, and has said all that it will say.
            answer = b"".join(iter(lambda: server.recv(65536), b""))
        if random.random() < line.loses:
            line.lost += 1
            asker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() resets
            return
        with contextlib.suppress(ConnectionError):
            asker.sendall(answer)

    def finish(self) -> None:
        self.request.close()


def _whole_request(asker: socket.socket) -> bytes:
    """One request; ours say how long they are, and ask for the connection to be closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += asker.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        row.split(b":")[1] for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")
    ]
    while len(body) < int(lengths[0] if lengths else 0):
        more = asker.recv(65536)
        body, data = body + more, data + more
    return data


@contextmanager
def line_to(url: str) -> Iterator[Line]:
    with Line(url) as line:
        carrying = threading.Thread(target=line.serve_forever, kwargs={"poll_interval": 0.05})
        carrying.start()
        try:
            yield line
        finally:
            line.shutdown()
            carrying.join()


def redeem_over(line: Line, tills: list[Till], times: int, loses: float = LOST) -> None:
    def work(till: Till) -> None:
        till.patience_seconds = 60.0
        for _ in range(times):
            till.redeem(random.choice(PRICES))

    line.loses = loses
    with ThreadPoolExecutor(len(tills)) as pool:
        list(pool.map(work, tills))
    line.loses = 0.0


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        ("sqlite", 6),
        pytest.param("postgresql", 6, marks=pytest.mark.long),
        pytest.param("sqlite", 60, marks=pytest.mark.long),
        pytest.param("postgresql", 60, marks=pytest.mark.long),
    ],
)
def test_of_answers_that_are_lost_each_question_has_its_effect_once(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, times: int
) -> None:
    with (
        open_shop(tmp_path, request.getfixturevalue(f"{kind}_url")) as shop,
        line_to(shop.url) as line,
    ):
        tills = open_tills(shop, TILLS, url=line.url)
        redeem_over(line, tills, times)
        questions = questions_of(tills)

        assert line.lost > TILLS
        assert sum(one.times for one in questions) == len(questions) + line.lost
        assert len(questions) == 2 * TILLS * times  # each reserved once, and confirmed or cancelled once
        assert sum(one.what is Asked.RESERVE for one in questions) == TILLS * times
        assert disagreements(shop, questions) == []


class Forgetful(Till):
    """A till that takes a new key each time it asks."""

    def _told(self, question: Question) -> str | None:
        question.form["key"] = str(uuid4())
        return super()._told(question)


@pytest.mark.long
def test_control_with_a_new_key_each_time_there_are_more_effects_than_questions(
    tmp_path: Path, sqlite_url: str
) -> None:
    with open_shop(tmp_path, sqlite_url) as shop, line_to(shop.url) as line:
        (till,) = open_tills(shop, 1, url=line.url, kind=Forgetful)
        redeem_over(line, [till], 12, loses=0.5)
        found = disagreements(shop, questions_of([till]))
    assert any("redemption" in one and "was never told" in one for one in found), found
