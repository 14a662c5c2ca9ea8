"""The machine's mechanics, simulated: goods are gripped, then dropped. Knows no code and no points."""

import threading
from dataclasses import dataclass, field
from enum import StrEnum, auto


class Jam(StrEnum):
    """Where the mechanics are stuck."""

    NONE = auto()
    GRIP = auto()
    DROP = auto()


class Jammed(Exception):  # noqa: N818 - what the motor tells
    """The goods do not move."""


@dataclass(slots=True, kw_only=True)
class Tray:
    """So many of one thing behind the glass; a test or a curious person may jam it."""

    name: str
    count: int
    jam: Jam = Jam.NONE
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def grip(self) -> None:
        """Take one in the gripper, not yet out. Raises Jammed, and leaves it where it was."""
        with self._lock:
            if self.jam is Jam.GRIP or not self.count:
                raise Jammed
            self.count -= 1

    def drop(self) -> None:
        """Let it fall. Raises Jammed, with the goods between the wheels for somebody to take out."""
        if self.jam is Jam.DROP:
            raise Jammed

    def put_back(self) -> None:
        """Open the gripper over the tray: nobody paid."""
        with self._lock:
            self.count += 1
