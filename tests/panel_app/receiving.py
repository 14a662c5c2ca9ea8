"""Real receivers on loopback, as well-behaved or as hostile as a test wants them, plain or with TLS."""

import dataclasses
import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from panel_app.receivers import Reach, Receivers


@dataclass(frozen=True, slots=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Exchange(BaseHTTPRequestHandler):
    """One request: it is noted, then the receiver behaves as its test says."""

    def do_POST(self) -> None:
        self._take()

    def do_GET(self) -> None:
        self._take()

    def say(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Says nothing: a test's output is for what went wrong."""

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, headers, body)
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        receiver.got.append(received)
        with suppress(ConnectionError, ssl.SSLError):
            receiver.behave(self)


def ok(exchange: Exchange) -> None:
    exchange.say(204)


@dataclass
class Receiver:
    behave: Callable[[Exchange], None]
    url: str = ""
    port: int = 0
    got: list[Received] = field(default_factory=list)

    def ids(self) -> list[str]:
        return [received.headers["webhook-id"] for received in self.got]


@contextmanager
def receiver(
    behave: Callable[[Exchange], None] = ok,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Receiver]:
    """A receiver on a port of its own, until the block ends."""
    server = ThreadingHTTPServer((host, port), Exchange)
    server.daemon_threads = True
    server.block_on_close = False
    # A broken handshake is expected.
    server.handle_error = lambda *_where: None  # type: ignore[method-assign]
    port = server.server_address[1]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    scheme = "http" if tls is None else "https"
    opened = Receiver(behave, url=f"{scheme}://{host}:{port}/hook?from=countermark", port=port)
    server.receiver = opened  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def on_loopback(**changes: Any) -> Receivers:
    """Receivers as the demo may reach them, with these changes."""
    return dataclasses.replace(Receivers(reach=Reach.WORLD_AND_LOOPBACK), **changes)


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side with a certificate for a name, and a sender's side that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(private + public)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=public.decode())
