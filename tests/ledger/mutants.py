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
    """`before` stands exactly once in the file."""

    file: str
    before: str
    after: str


MUTANTS = (
    Mutant(
        file="hold_steps.py",
        before="balances.c.posted - balances.c.held >= points,",
        after="balances.c.posted >= points,",
    ),
    Mutant(
        file="hold_steps.py",
        before='_give_back(plan, moment, holds.c.expires_at > moment["at"], HoldStatus.RELEASED)',
        after='_give_back(plan, moment, holds.c.expires_at >= moment["at"], HoldStatus.RELEASED)',
    ),
    Mutant(
        file="hold_steps.py",
        before='sa.and_(holds.c.expires_at > moment["at"], *guards)',
        after='sa.and_(holds.c.expires_at >= moment["at"], *guards)',
    ),
    Mutant(
        file="hold_steps.py",
        before='_give_back(plan, moment, holds.c.expires_at <= moment["at"], HoldStatus.EXPIRED)',
        after='_give_back(plan, moment, holds.c.expires_at < moment["at"], HoldStatus.EXPIRED)',
    ),
    Mutant(
        file="lots.py",
        before="lots.c.expires_at.asc().nulls_last(), lots.c.id)",
        after="lots.c.expires_at.desc().nulls_last(), lots.c.id)",
    ),
    Mutant(
        file="lots.py",
        before="return sa.or_(due_at.is_(None), due_at > at)",
        after="return sa.or_(due_at.is_(None), due_at >= at)",
    ),
    Mutant(
        file="lots.py", before="over = queue.c.through - captured", after="over = queue.c.points - captured"
    ),
    Mutant(
        file="holds.py",
        before="    if points > held:\n        raise MoreThanHold(held=held)\n",
        after="",
    ),
    Mutant(
        file="holds.py",
        before='    if due_at is not None and due_at <= answers["moment__at"]:\n',
        after="    if due_at is None:\n",
    ),
    Mutant(file="due.py", before="    made += _expire(session, system, member_id, now)\n", after=""),
    Mutant(
        file="due.py",
        before="    session.connection().execute(_NEXT",
        after="    dict(_NEXT) if 0 else (_NEXT",
    ),
    Mutant(
        file="reversals.py",
        before="amount * through // past.whole",
        after="amount * wanted // past.whole",
    ),
    Mutant(
        file="reversals.py", before="if nothing or wanted > left:", after="if nothing or wanted > left + 1:"
    ),
    Mutant(
        file="reversals.py",
        before="dataclasses.replace(origin, on_behalf=original.on_behalf)",
        after="origin",
    ),
    Mutant(
        file="reversals.py",
        before="original.booking_id is not None and original.booking_id != origin.booking_id",
        after="origin.booking_id is not None and original.booking_id != origin.booking_id",
    ),
    Mutant(
        file="reversed.py", before="expires_at.desc().nulls_first()", after="expires_at.asc().nulls_last()"
    ),
    Mutant(
        file="balances.py",
        before="waiting.c.total >= missing",
        after="waiting.c.total > missing",
    ),
    Mutant(
        file="statements.py",
        before="available=Points(row.posted - row.held + gained - run_out)",
        after="available=Points(row.posted - row.held + gained)",
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
        environment = {**os.environ, "PYTHONPATH": str(copy)}
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
