"""The tests of the books are worth what they find: every seeded mutant dies, and the original lives."""

import pytest

from tests.ledger.mutants import MUTANTS, Mutant, survives


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.file}: {mutant.after.strip()}")
def test_a_mutant_dies(mutant: Mutant):
    assert not survives(mutant)


@pytest.mark.long
def test_control_the_ledger_as_it_is_lives():
    assert survives(Mutant(file="ids.py", before="return uuid7()", after="return  uuid7()"))
