"""A vending machine: a code in, goods out, and only after the points were taken. Knows no member and no price.

SURFACE_KEY=… python -m examples.vending_machine
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

from examples.countermark_client import Refused, Unanswered
from examples.redeeming import Surface
from examples.trays import Jammed, Tray
from scanner import BYTES_MAX, DecodePool, FrameRefused


class Outcome(StrEnum):
    """What the display says."""

    DISPENSED = "Take it out below."
    EMPTY = "None is left. The points were released."
    NO_CASH = "This one costs cash as well; the machine takes none. The points were released."
    JAMMED_BEFORE = "The machine is jammed. The points were released."
    JAMMED_AFTER = "The machine is jammed. The points were given back."


@dataclass(frozen=True, slots=True, kw_only=True)
class VendingMachine:
    """`open_bookings` is a folder: a file for each booking whose points may be taken and whose goods are not out."""

    surface: Surface
    trays: dict[str, Tray]  # by the reward's id
    open_bookings: Path

    def vend(self, code: str, **line: str) -> Outcome:
        """Hold, grip, take the points, drop. `line` is the `reward_id` beside a member's code.

        Raises Refused and Unanswered; after Unanswered nothing was dispensed, and settle() or the hold's own end
        gives the points back.
        """
        held = self.surface.reserve(str(uuid4()), code=code, **line)
        booking_id = held["booking_id"]
        tray = self.trays.get(held["lines"][0]["reward_id"])
        if tray is None or not tray.count:
            return self._release(booking_id, Outcome.EMPTY)
        if held["cash_due"]["amount_minor"]:
            return self._release(booking_id, Outcome.NO_CASH)
        try:
            tray.grip()
        except Jammed:
            return self._release(booking_id, Outcome.JAMMED_BEFORE)
        return self._take_and_drop(booking_id, tray)

    def settle(self) -> None:
        """What a power cut left open: nothing was seen to fall, so the points go back in the member's favour."""
        for file in list(self.open_bookings.iterdir()):
            match self.surface.status(file.name):
                case "completed":
                    self.surface.reverse(file.name, "faulty_goods")
                case "reserved":
                    self.surface.cancel(file.name)
                case _:
                    pass  # it ran out, or this was told already
            file.unlink()

    def _take_and_drop(self, booking_id: str, tray: Tray) -> Outcome:
        open_booking = self.open_bookings / booking_id
        open_booking.touch()
        try:
            self.surface.confirm(booking_id)
        except Unanswered:
            tray.put_back()
            raise
        except Refused:
            tray.put_back()
            open_booking.unlink()
            raise
        outcome = Outcome.DISPENSED
        try:
            tray.drop()
        except Jammed:
            # The points are taken, so there is no hold left to release: a reversal brings them back.
            self.surface.reverse(booking_id, "faulty_goods")
            outcome = Outcome.JAMMED_AFTER
        open_booking.unlink()
        return outcome

    def _release(self, booking_id: str, outcome: Outcome) -> Outcome:
        self.surface.cancel(booking_id)
        return outcome


def code_from(shown: str, pool: DecodePool) -> str:
    """The one code in a picture file, or what was typed itself. Raises FrameRefused, LookupError."""
    file = Path(shown)
    if not file.is_file():
        return shown
    with file.open("rb") as picture:
        texts = {payload.text for payload in pool.read_photo(picture.read(BYTES_MAX + 1)).payloads}
    if len(texts) != 1:
        raise LookupError(f"{len(texts)} codes in the picture")
    return texts.pop()


def _serve(machine: VendingMachine, pool: DecodePool) -> None:
    numbers = {str(number): reward_id for number, reward_id in enumerate(machine.trays, 1)}
    while True:
        for number, reward_id in numbers.items():
            print(f"{number:>3}  {machine.trays[reward_id].name}: {machine.trays[reward_id].count}")
        number = input("Number, or nothing when you have claimed it already: ").strip()
        shown = input("The code on your phone, or a picture of it: ").strip()
        try:
            machine.settle()
            line = {"reward_id": numbers[number]} if number else {}
            print(machine.vend(code_from(shown, pool), **line))
        except (Refused, LookupError, FrameRefused) as refused:
            print(f"No: {refused}")
        except Unanswered:
            print("The panel does not answer. Nothing was dispensed; points that were taken come back.")


def main() -> None:
    surface = Surface.from_environment()
    open_bookings = Path(os.environ.get("MACHINE_FOLDER", "var/vending-machine"))
    open_bookings.mkdir(parents=True, exist_ok=True)
    trays = {reward["id"]: Tray(name=reward["name"], count=3) for reward in surface.rewards()}
    with DecodePool() as pool:
        try:
            _serve(VendingMachine(surface=surface, trays=trays, open_bookings=open_bookings), pool)
        except (EOFError, KeyboardInterrupt):
            return  # how a person switches it off


if __name__ == "__main__":
    main()
