"""Member codes that change every 30 seconds (RFC 6238: SHA-1, 8 digits). Knows no member."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

STEP_SECONDS = 30
DIGITS = 8
# A typed code names no step. This far around now it is looked for, only to tell a wrong clock from a false
# code.
STEPS_EXPLAINED = 10


class Verdict(StrEnum):
    """What eight digits are worth. Only GOOD opens anything."""

    GOOD = auto()
    FORGED = auto()
    REPLAYED = auto()
    STALE = auto()
    AHEAD = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedVerdict:
    """The verdict on typed digits and the step they belong to, which a GOOD one burns; None when FORGED."""

    verdict: Verdict
    step_seconds: int | None


def step_of(moment: datetime | int) -> int:
    """Return the Unix seconds at which the step of this moment begins. A datetime must know its zone."""
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone is no moment")
        moment = int(moment.timestamp())
    return moment - moment % STEP_SECONDS


def code_at(secret: bytes, at: datetime | int) -> tuple[int, str]:
    """Return the step's Unix seconds and its digits, for the member's device to show."""
    step_seconds = step_of(at)
    return step_seconds, _digits(secret, step_seconds)


def verify(
    secret: bytes, step_seconds: int, digits: str, now: datetime | int, last_step_burned: int | None
) -> Verdict:
    """Judge the digits that a code claims for a step; this step and the one before are good.

    Any second of the step may be given. The caller burns step_of(step_seconds) of a GOOD code in the same
    database transaction, guarded by the value it passed in as `last_step_burned`.
    """
    step = step_of(step_seconds)
    if not _is_right(secret, step, digits):
        return Verdict.FORGED
    return _judged(step, step_of(now), last_step_burned)


def verify_typed(
    secret: bytes, digits: str, now: datetime | int, last_step_burned: int | None
) -> TypedVerdict:
    """Judge digits that name no step: this step first, then the ones around it, nearest first."""
    this_step = step_of(now)
    around = sorted(range(-STEPS_EXPLAINED, STEPS_EXPLAINED + 1), key=lambda steps: (abs(steps), steps))
    for steps in around:
        step = this_step + steps * STEP_SECONDS
        if _is_right(secret, step, digits):
            return TypedVerdict(verdict=_judged(step, this_step, last_step_burned), step_seconds=step)
    return TypedVerdict(verdict=Verdict.FORGED, step_seconds=None)


def _judged(step: int, this_step: int, last_step_burned: int | None) -> Verdict:
    # A wrong clock first: its codes were never burned, and “set the clock” is the help that is needed.
    if step > this_step:
        return Verdict.AHEAD
    if last_step_burned is not None and step <= step_of(last_step_burned):
        return Verdict.REPLAYED
    return Verdict.GOOD if step >= this_step - STEP_SECONDS else Verdict.STALE


def _is_right(secret: bytes, step: int, digits: str) -> bool:
    # As bytes, because compare_digest raises on non-ASCII text.
    return step >= 0 and hmac.compare_digest(
        _digits(secret, step).encode(), digits.encode("utf-8", "replace")
    )


def _digits(secret: bytes, step_seconds: int) -> str:
    """RFC 4226, section 5.3, with the step's number as the counter."""
    counter = (step_seconds // STEP_SECONDS).to_bytes(8, "big")
    mac = hmac.digest(secret, counter, "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)
