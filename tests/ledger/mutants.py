"""Seeded mutants of the ledger: each is one edit in a copy of the repository; the fast tests must kill it.

python -m tests.ledger.mutants, or the long test test_mutants.py. Prints one line a mutant.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("ledger", "migrations", "tests", "panel_app", "scanner", "alembic.ini", "pyproject.toml")
SECONDS_MAX = 300
FAST = (
    "test_holds.py",
    "test_hold_rules.py",
    "test_due.py",
    "test_reversals.py",
    "test_credits_and_debits.py",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """`before` stands exactly once in the file; `killer` is a test that is known to see the edit."""

    file: str
    before: str
    after: str
    killer: str = ""


MUTANTS = (
    Mutant(
        file="hold_steps.py",
        before="balances.c.posted - balances.c.held >= points,",
        after="balances.c.posted >= points,",
        killer="test_holds.py::test_a_hold_beyond_what_is_available_is_refused_and_nothing_moves",
    ),
    Mutant(
        file="hold_steps.py",
        before='_give_back(plan, moment, holds.c.expires_at > moment["at"], HoldStatus.RELEASED)',
        after='_give_back(plan, moment, holds.c.expires_at >= moment["at"], HoldStatus.RELEASED)',
        killer="test_holds.py::test_a_hold_is_over_at_its_expiry_whether_swept_or_not",
    ),
    Mutant(
        file="hold_steps.py",
        before='sa.and_(holds.c.expires_at > moment["at"], *guards)',
        after='sa.and_(holds.c.expires_at >= moment["at"], *guards)',
        killer="test_holds.py::test_a_hold_is_over_at_its_expiry_whether_swept_or_not",
    ),
    Mutant(
        file="hold_steps.py",
        before='_give_back(plan, moment, holds.c.expires_at <= moment["at"], HoldStatus.EXPIRED)',
        after='_give_back(plan, moment, holds.c.expires_at < moment["at"], HoldStatus.EXPIRED)',
        killer="test_holds.py::test_a_hold_is_over_at_its_expiry_whether_swept_or_not",
    ),
    Mutant(
        file="lots.py",
        before="lots.c.expires_at.asc().nulls_last(), lots.c.id)",
        after="lots.c.expires_at.desc().nulls_last(), lots.c.id)",
        killer="test_holds.py::test_a_hold_earmarks_the_lots_that_expire_first",
    ),
    Mutant(
        file="lots.py",
        before="return sa.or_(due_at.is_(None), due_at > at)",
        after="return sa.or_(due_at.is_(None), due_at >= at)",
        killer="test_due.py::test_a_refusal_leaves_what_is_due_for_the_next_step",
    ),
    Mutant(
        file="lots.py",
        before="over = queue.c.through - captured",
        after="over = queue.c.points - captured",
        killer="test_hold_rules.py::test_a_part_is_captured_and_the_rest_released_in_one_step",
    ),
    Mutant(
        file="holds.py",
        before="    if points > held:\n        raise MoreThanHold(held=held)\n",
        after="",
        killer="test_hold_rules.py::test_the_first_reason_in_the_order_is_the_answer_and_nothing_moves",
    ),
    Mutant(
        file="holds.py",
        before='    if due_at is not None and due_at <= answers["moment__at"]:\n',
        after="    if due_at is None:\n",
        killer="test_due.py::test_what_a_hold_returns_to_an_expired_lot_expires_at_once",
    ),
    Mutant(
        file="due.py",
        before="    made += _expire(session, system, member_id, now)\n",
        after="",
        killer="test_due.py::test_any_step_first_posts_and_expires_what_is_due",
    ),
    Mutant(
        file="due.py",
        before="    session.connection().execute(_NEXT",
        after="    dict(_NEXT) if 0 else (_NEXT",
        killer="test_due.py::test_any_step_first_posts_and_expires_what_is_due",
    ),
    Mutant(
        file="reversals.py",
        before="amount * through // past.whole",
        after="amount * wanted // past.whole",
        killer="test_reversals.py::test_parts_never_exceed_the_whole_and_the_last_takes_the_remainder",
    ),
    Mutant(
        file="reversals.py",
        before="if nothing or wanted > left:",
        after="if nothing or wanted > left + 1:",
        killer="test_reversals.py::test_parts_never_exceed_the_whole_and_the_last_takes_the_remainder",
    ),
    Mutant(
        file="reversals.py",
        before="dataclasses.replace(origin, on_behalf=original.on_behalf)",
        after="origin",
        killer="test_reversals.py::test_a_reversal_of_what_was_on_behalf_is_tagged_so_whoever_makes_it",
    ),
    Mutant(
        file="reversals.py",
        before="original.booking_id is not None and original.booking_id != origin.booking_id",
        after="origin.booking_id is not None and original.booking_id != origin.booking_id",
        killer="test_reversals.py::test_a_reversal_of_what_was_on_behalf_is_tagged_so_whoever_makes_it",
    ),
    Mutant(
        file="reversed.py",
        before="expires_at.desc().nulls_first()",
        after="expires_at.asc().nulls_last()",
        killer="test_reversals.py::test_points_come_back_with_their_expiry_the_latest_first",
    ),
    Mutant(
        file="balances.py",
        before="waiting.c.total >= missing",
        after="waiting.c.total > missing",
        killer="test_hold_rules.py::test_nothing_exceeds_what_is_available",
    ),
    Mutant(
        file="statements.py",
        before="available=Points(row.posted - row.held + gained - run_out)",
        after="available=Points(row.posted - row.held + gained)",
        killer="test_due.py::test_points_that_are_due_count_before_anybody_posts_them",
    ),
)


@contextmanager
def mutated_copy(mutant: Mutant) -> Iterator[Path]:
    """The repository with the one edit, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                # With the compiled files: they stay valid where nothing was edited.
                shutil.copytree(source, copy / name)
            else:
                shutil.copyfile(source, copy / name)
        edited = copy / "ledger" / mutant.file
        code = edited.read_text(encoding="utf-8")
        if code.count(mutant.before) != 1:
            raise ValueError(f"{mutant.file} has {mutant.before!r} {code.count(mutant.before)} times")
        edited.write_text(code.replace(mutant.before, mutant.after), encoding="utf-8")
        yield copy


def survives(mutant: Mutant, tests: Sequence[str] = FAST) -> bool:
    """Whether these tests pass with it, on SQLite."""
    words = ["pytest", "-q", "-x", "-k", "not postgresql", "-p", "no:cacheprovider"]
    done = run_mutated(mutant, [*words, *(f"tests/ledger/{name}" for name in tests)])
    if done is not None and done.returncode not in {0, 1}:
        raise RuntimeError(done.stdout)
    return done is not None and done.returncode == 0


def run_mutated(mutant: Mutant, module: Sequence[str]) -> "subprocess.CompletedProcess[str] | None":
    """A module run in the mutated copy; None for one that never ends."""
    with mutated_copy(mutant) as copy:
        # The fast tests need no plugin, and loading them all takes longer than a test.
        environment = {**os.environ, "PYTHONPATH": str(copy), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        try:
            return subprocess.run(
                [sys.executable, "-m", *module],
                cwd=copy,
                env=environment,
                check=False,
                capture_output=True,
                text=True,
                timeout=SECONDS_MAX,
            )
        except subprocess.TimeoutExpired:
            return None


def main() -> None:
    for mutant in MUTANTS:
        print("SURVIVED" if survives(mutant) else "killed", mutant.file, repr(mutant.after), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
