"""What the pool has done since its start, in numbers. Knows no picture and no web."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from scanner.terms import FrameReason, Reading, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTotals:
    """How often a stage looked, how often it read something, and its CPU time."""

    runs: int
    hits: int
    ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTotals:
    """Frames by what came of them: every frame is a hit, a miss, unchanged or refused."""

    hits: int
    misses: int
    unchanged: int
    refused: Mapping[FrameReason, int]
    stages: Mapping[Stage, StageTotals]


class Tally:
    """Adds up; shared by any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: Counter[str] = Counter()
        self._refused: Counter[FrameReason] = Counter()
        self._stages: dict[Stage, StageTotals] = {}

    def add_reading(self, reading: Reading) -> None:
        with self._lock:
            outcome = "unchanged" if reading.unchanged else "hits" if reading.payloads else "misses"
            self._frames[outcome] += 1
            for run in reading.runs:
                before = self._stages.get(run.stage, StageTotals(runs=0, hits=0, ms=0.0))
                self._stages[run.stage] = StageTotals(
                    runs=before.runs + 1, hits=before.hits + bool(run.found), ms=before.ms + run.ms
                )

    def add_refusal(self, reason: FrameReason) -> None:
        with self._lock:
            self._refused[reason] += 1

    def snapshot(self) -> PoolTotals:
        with self._lock:
            return PoolTotals(
                hits=self._frames["hits"],
                misses=self._frames["misses"],
                unchanged=self._frames["unchanged"],
                refused=dict(self._refused),
                stages=dict(self._stages),
            )
