"""Seeded runs of the simulator on both databases; what they would miss is tried on mutants of the ledger."""

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.ledger.mutants import Mutant, run_mutated
from tests.ledger.simulator import simulate

SEEDS = range(12)
TWINS = range(4)
MANY = range(1000, 1240)
MUTANTS = (
    Mutant(
        file="outcomes.py",
        before='if row["fingerprint"] != request.fingerprint:',
        after='if row["client"] != request.client:',
    ),
    Mutant(
        file="hold_steps.py",
        before='sa.and_(holds.c.expires_at > moment["at"], *guards)',
        after='sa.and_(holds.c.expires_at >= moment["at"], *guards)',
    ),
    # Only a server that dies between the two finds that a key is kept without its outcome.
    Mutant(
        file="outcomes.py",
        before="    if _insert(session, request):\n        return None\n",
        after="    if _insert(session, request):\n"
        '        session.connection().exec_driver_sql("COMMIT")\n'
        '        session.connection().exec_driver_sql("BEGIN IMMEDIATE")\n'
        "        return None\n",
    ),
)


@pytest.fixture
def new_books(sqlite_template: Path, tmp_path: Path) -> Callable[[], str]:
    numbers = count()

    def copied() -> str:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        shutil.copyfile(sqlite_template, folder / "books.db")
        return f"sqlite:///{folder / 'books.db'}"

    return copied


@pytest.mark.parametrize("seed", [seed for seed in SEEDS if seed not in TWINS])
def test_the_books_hold_in_a_bad_world(seed: int, new_books: Callable[[], str]):
    run = simulate(new_books(), seed)

    assert len(run.judge.answers) == len(run.judge.asked) > 20


@pytest.mark.parametrize("seed", TWINS)
def test_both_databases_tell_the_same_story(seed: int, new_books: Callable[[], str], postgresql_url: str):
    assert simulate(postgresql_url, seed).trace == simulate(new_books(), seed).trace


def test_the_same_seed_gives_the_same_trace_byte_for_byte(new_books: Callable[[], str]):
    assert simulate(new_books(), 5).digest() == simulate(new_books(), 5).digest()
    assert simulate(new_books(), 6).digest() != simulate(new_books(), 5).digest()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.after.strip().splitlines()[-1].strip())
def test_control_a_mutant_is_killed_and_its_seed_is_told(mutant: Mutant):
    done = run_mutated(mutant, ["tests.ledger.simulator", *map(str, SEEDS)])

    assert done is not None
    assert done.returncode == 1
    assert "See it again: python -m tests.ledger.simulator" in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("seed", MANY)
def test_the_books_hold_in_hundreds_of_bad_worlds(seed: int, new_books: Callable[[], str]):
    simulate(new_books(), seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", MANY[:40])
def test_the_books_hold_on_postgresql_in_many_bad_worlds(seed: int, postgresql_url: str):
    simulate(postgresql_url, seed)
