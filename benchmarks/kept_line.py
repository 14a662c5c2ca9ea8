"""One kept-alive HTTP/1.1 connection on a bare socket: what a client costs comes off the server's two cores.

Knows no address of the product. It reads answers that say their length, as waitress sends them.
"""

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

# The server closes a connection on which nothing was asked for 20 seconds; a browser opens another, too.
IDLE_SECONDS_MAX = 10.0
HEAD_ENDS = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, the head as it came, and the body."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first of this name."""
        wanted = name.lower().encode() + b":"
        for line in self.head.split(b"\r\n")[1:]:
            if line.lower().startswith(wanted):
                return line.partition(b":")[2].strip().decode()
        return None


class KeptLine:
    """Asks one question after the other; `headers` go with each."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self._place = urlsplit(url)
        self.headers = dict(headers or {})
        self._used_at = 0.0
        self._open()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path, b"")

    def post_json(self, path: str, body: object, key: str) -> Answer:
        return self.ask(
            "POST",
            path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Idempotency-Key": key},
        )

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        if time.monotonic() - self._used_at > IDLE_SECONDS_MAX:
            self._socket.close()
            self._open()
        self._used_at = time.monotonic()
        head = [f"{method} {path} HTTP/1.1", f"Host: {self._place.netloc}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in (self.headers | dict(headers or {})).items()]
        self._socket.sendall("\r\n".join(head).encode() + HEAD_ENDS + body)
        return self._answer()

    def _open(self) -> None:
        address = self._place.hostname or "", self._place.port or 80
        self._socket = socket.create_connection(address, timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._used_at = time.monotonic()

    def _answer(self) -> Answer:
        received = b""
        while HEAD_ENDS not in received:
            received += self._more()
        head, _, body = received.partition(HEAD_ENDS)
        found = Answer(status=int(head[9:12]), head=head, body=b"")
        # 204 and 304 have no length and no body.
        length = int(found.header("Content-Length") or 0)
        while len(body) < length:
            body += self._more()
        return Answer(status=found.status, head=head, body=body)

    def _more(self) -> bytes:
        more = self._socket.recv(65_536)
        if not more:
            raise ConnectionError("the server closed the connection")
        return more

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
