from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from scanner import TypedVerdict, Verdict, code_at, step_of, verify, verify_typed

SECRET = b"12345678901234567890"
NOW = 1_790_000_025
STEP = 1_790_000_010


def judged(*, step: int, now: int = NOW, burned: int | None = None, digits: str | None = None) -> Verdict:
    return verify(
        secret=SECRET,
        step_seconds=step,
        digits=code_at(SECRET, step)[1] if digits is None else digits,
        now=now,
        last_step_burned=burned,
    )


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_the_digits_are_those_of_rfc_6238_appendix_b(seconds: int, digits: str):
    assert code_at(SECRET, seconds) == (seconds - seconds % 30, digits)
    assert code_at(SECRET, datetime.fromtimestamp(seconds, UTC)) == (seconds - seconds % 30, digits)


def test_another_implementation_agrees():
    theirs = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", digits=8)
    for seconds in range(NOW, NOW + 3_000, 17):
        assert code_at(SECRET, seconds)[1] == theirs.at(seconds)


def test_this_step_and_the_one_before_are_good_and_no_other():
    assert judged(step=STEP) is Verdict.GOOD
    assert judged(step=STEP - 30) is Verdict.GOOD
    assert judged(step=STEP - 60) is Verdict.STALE
    assert judged(step=STEP + 30) is Verdict.AHEAD


def test_a_step_changes_exactly_on_its_second():
    assert judged(step=STEP, now=STEP + 59) is Verdict.GOOD
    assert judged(step=STEP, now=STEP + 60) is Verdict.STALE
    assert judged(step=STEP, now=STEP) is Verdict.GOOD
    assert judged(step=STEP, now=STEP - 1) is Verdict.AHEAD


def test_any_second_of_a_step_names_it():
    assert judged(step=STEP + 29, digits=code_at(SECRET, STEP)[1]) is Verdict.GOOD
    assert judged(step=STEP + 29, digits=code_at(SECRET, STEP)[1], burned=STEP) is Verdict.REPLAYED
    assert step_of(STEP + 29) == STEP


def test_a_burned_step_and_all_before_it_are_replays():
    assert judged(step=STEP, burned=STEP) is Verdict.REPLAYED
    assert judged(step=STEP - 30, burned=STEP) is Verdict.REPLAYED
    assert judged(step=STEP, burned=STEP - 30) is Verdict.GOOD


def test_a_clock_in_the_future_is_told_from_a_replay():
    assert judged(step=STEP + 300, burned=STEP) is Verdict.AHEAD
    # The server's clock stepped back after the step was burned: wait, don't accuse.
    assert judged(step=STEP, now=STEP - 300, burned=STEP) is Verdict.AHEAD


def test_digits_of_another_step_or_another_secret_are_forged():
    assert judged(step=STEP, digits=code_at(SECRET, STEP - 30)[1]) is Verdict.FORGED
    assert judged(step=STEP, digits=code_at(b"another secret of 20", STEP)[1]) is Verdict.FORGED
    assert judged(step=STEP - 6_000, digits="00000000") is Verdict.FORGED


@pytest.mark.parametrize("digits", ["", "1", "é" * 8, "\ud800", "\u0661" * 8, "0" * 1_000])
def test_nonsense_for_digits_is_forged_and_raises_nothing(digits: str):
    assert judged(step=STEP, digits=digits) is Verdict.FORGED
    assert (
        verify_typed(secret=SECRET, digits=digits, now=NOW, last_step_burned=None).verdict is Verdict.FORGED
    )


@pytest.mark.parametrize(
    ("steps", "burned", "verdict"),
    [
        (0, None, Verdict.GOOD),
        (-1, None, Verdict.GOOD),
        (-1, STEP - 30, Verdict.REPLAYED),
        (0, STEP - 30, Verdict.GOOD),
        (-2, None, Verdict.STALE),
        (-10, None, Verdict.STALE),
        (10, None, Verdict.AHEAD),
    ],
)
def test_typed_digits_find_their_step(steps: int, burned: int | None, verdict: Verdict):
    step = STEP + steps * 30
    found = verify_typed(secret=SECRET, digits=code_at(SECRET, step)[1], now=NOW, last_step_burned=burned)
    assert found == TypedVerdict(verdict=verdict, step_seconds=step)


def test_typed_digits_of_another_hour_are_forged():
    found = verify_typed(
        secret=SECRET, digits=code_at(SECRET, STEP - 3_600)[1], now=NOW, last_step_burned=None
    )
    assert found == TypedVerdict(verdict=Verdict.FORGED, step_seconds=None)


def test_a_moment_needs_a_zone_and_any_zone_will_do():
    with pytest.raises(ValueError, match="zone"):
        step_of(datetime(2026, 9, 21, 14, 13, 45))  # noqa: DTZ001  this is the point
    moment = datetime.fromtimestamp(NOW, UTC)
    assert step_of(moment) == step_of(moment + timedelta(seconds=14.9)) == STEP
