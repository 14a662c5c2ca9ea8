"""What the steps of this process came to, in numbers. Knows no web, no member and nothing of a step but its name."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ledger import Reason

TALLY = "the tally of steps"
"""Stands in the info of a session whose steps are counted; one without it counts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTotals:
    """Steps done by operation and source, and refused by reason; an answer that is given again is neither."""

    done: Mapping[tuple[str, str], int]
    refused: Mapping[Reason, int]


class StepTally:
    """Adds up; shared by any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: Counter[tuple[str, str]] = Counter()
        self._refused: Counter[Reason] = Counter()

    def add_done(self, operation: str, source: str) -> None:
        with self._lock:
            self._done[operation, source] += 1

    def add_refused(self, reason: Reason) -> None:
        with self._lock:
            self._refused[reason] += 1

    def snapshot(self) -> StepTotals:
        with self._lock:
            return StepTotals(done=dict(self._done), refused=dict(self._refused))
