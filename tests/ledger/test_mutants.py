"""The tests of the books are worth what they find: every seeded mutant dies, and the original lives."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ledger.mutants import MUTANTS, Mutant, survives

QUICK = MUTANTS[:12]
UNCHANGED = Mutant(file="ids.py", before="return uuid7()", after="return  uuid7()")


def test_twelve_mutants_die_by_the_tests_that_are_known_to_see_them():
    with ThreadPoolExecutor(2) as pool:
        survived = pool.map(lambda mutant: survives(mutant, [mutant.killer]), QUICK)
        assert [mutant.after for mutant, lives in zip(QUICK, survived, strict=True) if lives] == []


def test_control_those_tests_let_the_ledger_as_it_is_live():
    assert survives(UNCHANGED, sorted({mutant.killer for mutant in QUICK}))


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.file}: {mutant.after.strip()}")
def test_a_mutant_dies(mutant: Mutant):
    assert not survives(mutant)


@pytest.mark.long
def test_control_the_ledger_as_it_is_lives():
    assert survives(UNCHANGED)
