"""One POST to an address that others chose: real receivers, honest and hostile, and every way to point inside."""

import ipaddress
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from panel_app.receivers import Answer, Fault, Reach, Receivers, may_reach, resolved
from tests.panel_app.receiving import Exchange, certified, on_loopback, receiver

INSIDE = [
    *("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"),
    *("0.0.0.0", "::", "::ffff:0.0.0.0"),  # noqa: S104 - none of them is listened on
    *("10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "::ffff:10.0.0.1"),
    *("169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0"),
    *("fc00::1", "fd12:3456::1", "fec0::1"),
    *("224.0.0.1", "239.1.2.3", "ff02::1", "ff0e::1", "240.0.0.1", "255.255.255.255"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::"),
    *("::127.0.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "2001:db8::1", "100::1"),
]
OUTSIDE = ["8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_of_the_inside_may_be_reached(address: str):
    assert not may_reach(address, Reach.WORLD)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_world_may_be_reached(address: str):
    assert may_reach(address, Reach.WORLD)


def test_control_what_is_not_private_is_not_yet_outside():
    def naively_outside(address: str) -> bool:
        return not ipaddress.ip_address(address.partition("%")[0]).is_private

    let_through = {address for address in INSIDE if naively_outside(address)}
    assert {"224.0.0.1", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "100.64.0.1"} <= let_through


@pytest.mark.parametrize("address", [address for address in INSIDE if "127." not in address][1:])
def test_the_demo_s_reach_adds_loopback_and_nothing_else(address: str):
    assert may_reach("127.0.0.1", Reach.WORLD_AND_LOOPBACK)
    assert may_reach(address, Reach.WORLD_AND_LOOPBACK) is (address == "::1")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "017700000001", "[::ffff:127.0.0.1]"],
)
def test_no_way_to_write_loopback_gets_there(host: str):
    with receiver() as inside:
        url = f"http://{host}:{inside.port}/"
        assert Receivers(reach=Reach.WORLD).post(url, {}, b"{}") == Answer(fault=Fault.ADDRESS)
        assert inside.got == []
        # The control: each of them does lead there.
        assert on_loopback().post(url, {}, b"{}") == Answer(status=204)
        assert len(inside.got) == 1


def test_a_name_with_one_address_inside_is_not_reached_at_its_other_one():
    with receiver() as inside:
        mixed = Receivers(reach=Reach.WORLD, resolve=lambda _host, _port: ["8.8.8.8", "127.0.0.1"])
        answer = mixed.post(f"http://receiver.test:{inside.port}/", {}, b"{}")
        assert answer == Answer(fault=Fault.ADDRESS)
        assert inside.got == []


def changing() -> Callable[[str, int], list[str]]:
    """A name whose owner answers the second look-up otherwise than the first."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    return lambda _host, _port: next(answers)


def test_the_address_that_was_judged_is_the_one_that_is_connected_to():
    with receiver() as judged, receiver(host="127.0.0.2", port=judged.port) as other:
        url = f"http://receiver.test:{judged.port}/hook"
        assert on_loopback(resolve=changing()).post(url, {}, b"{}") == Answer(status=204)
        assert [received.headers["host"] for received in judged.got] == [f"receiver.test:{judged.port}"]
        assert other.got == []


def test_control_a_second_look_up_reaches_what_was_never_judged():
    with receiver() as judged, receiver(host="127.0.0.2", port=judged.port) as other:
        resolve = changing()
        assert all(may_reach(address, Reach.WORLD_AND_LOOPBACK) for address in resolve("", 0))
        on_loopback(resolve=resolve).post(f"http://receiver.test:{judged.port}/hook", {}, b"{}")
        assert (len(judged.got), len(other.got)) == (0, 1)


def test_what_is_sent_arrives_as_it_is():
    with receiver() as honest:
        answer = on_loopback().post(honest.url, {"webhook-id": "7"}, b'{"a":1}')
    (got,) = honest.got
    assert answer == Answer(status=204)
    assert answer.is_success
    assert (got.method, got.path, got.body) == ("POST", "/hook?from=countermark", b'{"a":1}')
    assert got.headers["webhook-id"] == "7"


@pytest.mark.parametrize("status", [199, 301, 400, 404, 410, 429, 500, 503])
def test_no_other_status_than_200_to_299_is_a_success(status: int):
    with receiver(lambda exchange: exchange.say(status)) as unwilling:
        answer = on_loopback().post(unwilling.url, {}, b"{}")
    assert (answer, answer.is_success) == (Answer(status=status), False)


def test_a_redirect_to_the_inside_is_not_followed():
    with receiver() as inside, receiver(lambda exchange: exchange.say(302, Location=inside.url)) as hostile:
        assert on_loopback().post(hostile.url, {}, b"{}") == Answer(status=302)
        assert inside.got == []
        # The control: an ordinary client goes there.
        urllib.request.urlopen(hostile.url, b"{}").close()  # noqa: S310 - on loopback
        assert len(inside.got) == 1


def test_a_silent_receiver_costs_the_time_limit_and_no_more():
    with receiver(lambda _exchange: time.sleep(30)) as silent:
        began = time.monotonic()
        assert on_loopback(seconds_max=0.5).post(silent.url, {}, b"{}") == Answer(fault=Fault.TIME_OUT)
        assert 0.4 < time.monotonic() - began < 2


def test_a_receiver_that_drips_its_answer_can_t_stretch_the_time_limit():
    def drip(exchange: Exchange) -> None:
        for symbol in b"HTTP/1.1 2" * 10:
            exchange.wfile.write(bytes([symbol]))
            time.sleep(0.1)

    with receiver(drip) as slow:
        began = time.monotonic()
        assert on_loopback(seconds_max=0.5).post(slow.url, {}, b"{}") == Answer(fault=Fault.TIME_OUT)
        assert time.monotonic() - began < 2


def test_an_endless_answer_is_not_read():
    sent = 0

    def flood(exchange: Exchange) -> None:
        nonlocal sent
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 500_000_000:
            sent += exchange.wfile.write(bytes(65_536))

    with receiver(flood) as hostile:
        began = time.monotonic()
        assert on_loopback().post(hostile.url, {}, b"{}") == Answer(status=200)
        assert time.monotonic() - began < 2
    assert sent < 100_000_000  # what fits into the sockets' own buffers


@pytest.mark.parametrize("said", [b"", b"\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 2x0\r\n", bytes(4096)])
def test_what_is_no_http_is_no_status(said: bytes):
    with receiver(lambda exchange: exchange.wfile.write(said)) as strange:
        assert on_loopback().post(strange.url, {}, b"{}") == Answer(fault=Fault.NO_HTTP)


def test_nobody_there_and_no_such_name_are_told_apart():
    with receiver() as gone:
        pass
    assert on_loopback().post(gone.url, {}, b"{}") == Answer(fault=Fault.CONNECT)
    for name in ("no-such-host.invalid", "a" * 64 + ".test"):
        assert on_loopback().post(f"https://{name}/", {}, b"{}") == Answer(fault=Fault.NAME)


def test_a_certificate_counts_for_its_name_and_its_issuer_only(tmp_path: Path):
    server, trusting = certified(tmp_path, "receiver.test")
    there = {"resolve": lambda _host, _port: ["127.0.0.1"]}
    with receiver(tls=server) as secure:
        right, wrong = (
            f"https://{name}:{secure.port}/hook?from=countermark" for name in ("receiver.test", "other.test")
        )
        assert on_loopback(**there).post(right, {}, b"{}") == Answer(fault=Fault.TLS)
        assert on_loopback(**there, tls=trusting).post(wrong, {}, b"{}") == Answer(fault=Fault.TLS)
        assert secure.got == []
        # The control: with the issuer trusted and the right name it arrives.
        assert on_loopback(**there, tls=trusting).post(right, {}, b"{}") == Answer(status=204)


def test_a_receiver_without_tls_at_an_https_address_gets_nothing():
    with receiver() as plain:
        url = plain.url.replace("http:", "https:")
        assert on_loopback(seconds_max=1).post(url, {}, b"{}").status is None
        assert plain.got == []


def test_a_look_up_gives_each_address_once():
    found = resolved("localhost", 80)
    assert "127.0.0.1" in found
    assert len(found) == len(set(found))
    with suppress(OSError):
        assert resolved("127.0.0.1", 80) == ["127.0.0.1"]
