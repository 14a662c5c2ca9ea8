"""One POST to an address outside: resolved once, judged, and connected to as it was judged. Knows no event.

An address that others chose must not reach what only this machine or its network sees, also not by a name whose
answer changes between two look-ups. So the socket gets the judged number, and only Host and SNI the name. No
redirect is followed, and of the answer nothing but the status counts.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

SECONDS_MAX = 10.0
STATUS_LINE_BYTES_MAX = 1024
# What else is answered is read, so that the receiver sees a connection that ends well, but not for long.
REST_BYTES_MAX = 65_536
REST_SECONDS_MAX = 1.0

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Python counts these as global. A gateway translates the first four into any IPv4 address (NAT64, its local form,
# 6to4, Teredo); the last is what sites used inside before fc00::/7.
_NOT_OUTSIDE = tuple(
    ipaddress.IPv6Network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")
)


class Reach(StrEnum):
    """How far a POST may go: to the world only, or for the demo to this machine as well."""

    WORLD = "world"
    WORLD_AND_LOOPBACK = "world_and_loopback"


class Fault(StrEnum):
    """Why there was no HTTP status."""

    NAME = "name"  # it does not resolve
    ADDRESS = "address"  # it resolves to what must not be reached
    CONNECT = "connect"
    TLS = "tls"
    TIME_OUT = "time_out"
    NO_HTTP = "no_http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The status, or the fault in its place."""

    status: int | None = None
    fault: Fault | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status <= 299  # noqa: PLR2004 - HTTP's own numbers


def resolved(host: str, port: int) -> list[str]:
    """Every address of a name, each once; OSError or UnicodeError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_kind, address in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """How receivers are reached; `resolve` gives all addresses of a name."""

    reach: Reach
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    resolve: Callable[[str, int], list[str]] = resolved
    seconds_max: float = SECONDS_MAX

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST the body; whatever happens comes back as an answer. Takes `seconds_max`, and the look-up's time."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            addresses = self.resolve(parts.hostname or "", port)
        except (OSError, UnicodeError):
            return Answer(fault=Fault.NAME)
        # One that may not be reached spoils all of them: an honest receiver has none.
        if not addresses or not all(may_reach(address, self.reach) for address in addresses):
            return Answer(fault=Fault.ADDRESS)
        deadline = time.monotonic() + self.seconds_max
        try:
            with self._connected(addresses, port, parts, deadline) as line:
                line.sendall(_head(parts, headers, body) + body)
                status = _status(line, deadline)
                _read_rest(line, deadline)
        except TimeoutError:
            return Answer(fault=Fault.TIME_OUT)
        except (ssl.SSLError, ssl.CertificateError, UnicodeError):
            return Answer(fault=Fault.TLS)
        except OSError:
            return Answer(fault=Fault.CONNECT)
        return Answer(fault=Fault.NO_HTTP) if status is None else Answer(status=status)

    def _connected(
        self, addresses: list[str], port: int, parts: SplitResult, deadline: float
    ) -> socket.socket:
        line = _first_that_answers(addresses, port, deadline)
        if parts.scheme != "https":
            return line
        try:
            line.settimeout(_left(deadline))
            return self.tls.wrap_socket(line, server_hostname=parts.hostname)
        except BaseException:
            line.close()
            raise


def may_reach(address: str, reach: Reach) -> bool:
    """Whether a number, as a look-up gave it, is one of the world's; or this machine's, where that is allowed."""
    number = _number(address)
    if number.is_loopback:
        return reach is Reach.WORLD_AND_LOOPBACK
    # Python counts some of multicast and of the reserved blocks as global.
    barred = number.is_multicast or number.is_reserved or number.is_unspecified or number.is_link_local
    return number.is_global and not barred and not any(number in network for network in _NOT_OUTSIDE)


def addresses_of(url: str) -> list[str]:
    """What a URL's name resolves to at this moment; nothing when it does not. Waits for the look-up."""
    try:
        parts = urlsplit(url)
        return resolved(parts.hostname or "", parts.port or 443) if parts.hostname else []
    except (OSError, ValueError):  # UnicodeError is a ValueError
        return []


def written_addresses(host: str) -> list[str]:
    """The address that a host itself spells, without a look-up: a number, or the names that mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return []


def _number(address: str) -> _Address:
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped is not None:
        return number.ipv4_mapped
    return number


def _first_that_answers(addresses: list[str], port: int, deadline: float) -> socket.socket:
    for address in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout=_left(deadline) / 2)
    return socket.create_connection((addresses[-1], port), timeout=_left(deadline))


def _head(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("ascii")


def _status(line: socket.socket, deadline: float) -> int | None:
    """The number in the first line of the answer; None when that is no line of HTTP/1."""
    received = b""
    while b"\n" not in received and len(received) < STATUS_LINE_BYTES_MAX:
        line.settimeout(_left(deadline))
        more = line.recv(STATUS_LINE_BYTES_MAX)
        if not more:
            break
        received += more
    version, _, rest = received.partition(b" ")
    number = rest[:3]
    is_http = version in {b"HTTP/1.0", b"HTTP/1.1"} and number.isdigit() and len(number) == 3  # noqa: PLR2004
    return int(number) if is_http else None


def _read_rest(line: socket.socket, deadline: float) -> None:
    end = min(deadline, time.monotonic() + REST_SECONDS_MAX)
    left = REST_BYTES_MAX
    with suppress(OSError):  # the status was given; how the rest goes changes nothing
        while left > 0:
            line.settimeout(_left(end))
            more = line.recv(left)
            if not more:
                return
            left -= len(more)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
