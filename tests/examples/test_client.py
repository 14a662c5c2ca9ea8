"""The examples' client: its key goes to the panel alone, and what stays unknown is said to be unknown."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from examples import countermark_client
from examples.countermark_client import Api, Refused, Unanswered
from examples.redeeming import Surface
from tests.journeys.shop import free_port


class Elsewhere(HTTPServer):
    """Notes the keys that it is shown; `points_to` is where it sends whoever asks."""

    def __init__(self, points_to: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Sent)
        self.points_to = points_to
        self.keys: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Sent(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Elsewhere)
        self.server.keys.append(self.headers["Authorization"])
        body = b'{"items": []}'
        self.send_response(302 if self.server.points_to else 200)
        self.send_header("Location", self.server.points_to + self.path)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving(server: Elsewhere) -> Iterator[Elsewhere]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def surface_at(url: str) -> Surface:
    return Surface(api=Api(url, "cmk_of_the_test"), branch="BER", till="1")


def test_the_key_is_not_taken_along_to_where_an_answer_points() -> None:
    with serving(Elsewhere()) as thief, serving(Elsewhere(thief.url)) as panel:
        with pytest.raises(Refused):
            surface_at(panel.url).rewards()
        assert (panel.keys, thief.keys) == (["Bearer cmk_of_the_test"], [])
        # The control: the thief does note the key of whoever asks there.
        assert surface_at(thief.url).rewards() == []
        assert thief.keys == ["Bearer cmk_of_the_test"]


def test_what_nobody_answers_stays_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(countermark_client, "PAUSE_SECONDS", 0.001)
    with pytest.raises(Unanswered):
        surface_at(f"http://127.0.0.1:{free_port()}").confirm("B1-0")


def test_the_key_comes_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURFACE_KEY", "cmk_of_the_test")
    monkeypatch.setenv("SURFACE_TILL", "HAM/2")
    monkeypatch.setenv("PANEL_URL", "http://127.0.0.1:9000/")
    assert Surface.from_environment() == Surface(
        api=Api("http://127.0.0.1:9000", "cmk_of_the_test"), branch="HAM", till="2"
    )
