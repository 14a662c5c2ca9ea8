"""The vending machine: goods fall only after the points were taken, and a jam costs nobody anything."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.countermark_client import Refused
from examples.trays import Jam, Tray
from examples.vending_machine import Outcome, VendingMachine, code_from
from scanner import DecodePool, FrameRefused, qr_png
from tests.examples.test_marketplace import balance, bouquet
from tests.journeys.shop import Shop

MakeMachine = Callable[[Tray], VendingMachine]


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    with DecodePool() as opened:
        yield opened


def tray_of(count: int = 2, jam: Jam = Jam.NONE) -> Tray:
    return Tray(name="Seasonal bouquet", count=count, jam=jam)


def is_settled(machine: VendingMachine) -> bool:
    return list(machine.open_bookings.iterdir()) == []


@dataclass(slots=True, kw_only=True)
class WatchingTray(Tray):
    """Asks what the member has left in the very moment that it moves."""

    ask: Callable[[], tuple[int, int]]
    seen: list[tuple[str, tuple[int, int]]]

    def grip(self) -> None:
        self.seen.append(("grip", self.ask()))
        Tray.grip(self)

    def drop(self) -> None:
        self.seen.append(("drop", self.ask()))
        Tray.drop(self)


def test_goods_fall_only_after_the_capture(lived_in: Shop, machine: MakeMachine) -> None:
    member = lived_in.customer(points=1000)
    tray = WatchingTray(name="Bouquet", count=2, ask=lambda: balance(lived_in, member), seen=[])
    opened = machine(tray)
    claim = lived_in.claim(member, "FLOWERS")
    assert opened.vend(claim.code) is Outcome.DISPENSED
    assert tray.seen == [("grip", (200, 800)), ("drop", (200, 0))]
    assert (tray.count, is_settled(opened)) == (1, True)


def test_a_members_own_code_buys_the_reward_that_was_chosen(lived_in: Shop, machine: MakeMachine) -> None:
    member, tray = lived_in.customer(points=1000), tray_of()
    code = lived_in.member_code(member)
    assert machine(tray).vend(code, reward_id=bouquet(lived_in)) is Outcome.DISPENSED
    assert (balance(lived_in, member), tray.count) == ((200, 0), 1)


@pytest.mark.parametrize(
    ("tray", "outcome", "left"),
    [
        (tray_of(jam=Jam.GRIP), Outcome.JAMMED_BEFORE, 2),
        (tray_of(jam=Jam.DROP), Outcome.JAMMED_AFTER, 1),
        (tray_of(count=0), Outcome.EMPTY, 0),
    ],
)
def test_a_jam_or_an_empty_tray_costs_no_points(
    lived_in: Shop, machine: MakeMachine, tray: Tray, outcome: Outcome, left: int
) -> None:
    member = lived_in.customer(points=1000)
    opened = machine(tray)
    assert opened.vend(lived_in.claim(member, "FLOWERS").code) is outcome
    assert (balance(lived_in, member), tray.count, is_settled(opened)) == ((1000, 0), left, True)


def test_a_claim_that_costs_cash_as_well_is_released(lived_in: Shop, machine: MakeMachine) -> None:
    member, tray = lived_in.customer(points=1000), tray_of()
    claim = lived_in.claim(member, "FLOWERS", option=1)
    assert machine(tray).vend(claim.code) is Outcome.NO_CASH
    assert (balance(lived_in, member), tray.count) == ((1000, 0), 2)


class SlowTray(Tray):
    """Takes so long to grip that somebody cancels meanwhile."""

    meanwhile: Callable[[], None]

    def grip(self) -> None:
        Tray.grip(self)
        self.meanwhile()


def test_a_hold_that_ended_before_the_capture_lets_nothing_fall(lived_in: Shop, machine: MakeMachine) -> None:
    member, tray = lived_in.customer(points=1000), SlowTray(name="Bouquet", count=2)
    opened = machine(tray)

    def cancel() -> None:
        reserved = opened.surface.api.read("/redemptions")["items"][0]
        opened.surface.cancel(reserved["booking_id"])

    tray.meanwhile = cancel
    with pytest.raises(Refused, match="redemption_closed"):
        opened.vend(lived_in.claim(member, "FLOWERS").code)
    assert (balance(lived_in, member), tray.count, is_settled(opened)) == ((1000, 0), 2, True)


class PowerCut(BaseException):
    """The machine stops here."""


class DarkTray(Tray):
    def drop(self) -> None:
        raise PowerCut


def test_a_power_cut_between_capture_and_goods_gives_the_points_back(
    lived_in: Shop, machine: MakeMachine
) -> None:
    member = lived_in.customer(points=1000)
    opened = machine(DarkTray(name="Bouquet", count=2))
    with pytest.raises(PowerCut):
        opened.vend(lived_in.claim(member, "FLOWERS").code)
    assert (balance(lived_in, member), is_settled(opened)) == ((200, 0), False)
    opened.settle()
    opened.settle()
    assert (balance(lived_in, member), is_settled(opened)) == ((1000, 0), True)


def test_a_picture_is_read_and_what_is_typed_stays(tmp_path: Path, pool: DecodePool) -> None:
    picture = tmp_path / "code.png"
    picture.write_bytes(qr_png("CM1 A CODE"))
    assert code_from(str(picture), pool) == "CM1 A CODE"
    assert code_from("ABCD 123456", pool) == "ABCD 123456"
    picture.write_bytes(b"no picture")
    with pytest.raises(FrameRefused):
        code_from(str(picture), pool)
