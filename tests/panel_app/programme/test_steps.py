"""The canonical form of answers and refusals, and that every refusal comes back from it as it was."""

import dataclasses
import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import Minor, Points, Reason, Refusal
from panel_app.programme import refusals, steps  # noqa: F401 - importing the refusals makes them known
from panel_app.programme.rules import Rule
from panel_app.programme.terms import TenderGiven, TenderType

VALUES = {
    int: st.integers(-(2**53) + 1, 2**53 - 1),
    str: st.text(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Points: st.integers(0, 2**53 - 1),
    Minor: st.integers(0, 2**53 - 1),
    tuple[str, ...]: st.lists(st.text(), max_size=3).map(tuple),
    str | None: st.none() | st.text(),
    int | None: st.none() | st.integers(0, 2**53 - 1),
    Rule: st.sampled_from(Rule),
}


def classes(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    return [child for direct in kind.__subclasses__() for child in [direct, *classes(direct)]]


def examples(kind: type[Refusal]) -> st.SearchStrategy[Refusal]:
    values = {field.name: VALUES[field.type] for field in dataclasses.fields(kind)}
    return st.fixed_dictionaries(values).map(lambda data: kind(**data))


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_refusal_comes_back_from_its_canonical_form(kind: type[Refusal], data: st.DataObject):
    refusal = data.draw(examples(kind))

    stored = json.loads(json.dumps(steps.refusal_data(refusal)))
    again = steps.refusal_from(refusal.reason, stored)

    assert (type(again), again.data()) == (kind, refusal.data())


def test_every_reason_that_is_refused_has_exactly_one_class():
    counted = Counter(kind.reason for kind in classes())
    assert [reason for reason, count in counted.items() if count != 1] == []
    assert set(Reason) == set(counted)


def test_the_canonical_form_is_sorted_has_no_spaces_and_keeps_every_script():
    tender = TenderGiven(type=TenderType.CARD, amount=Minor(400), reference="Kärtchen 4711 ☕")
    assert steps.canonical(TenderGiven, tender).decode() == (
        '{"amount":400,"given":null,"reference":"Kärtchen 4711 ☕","type":"card"}'
    )


def test_equal_values_have_equal_forms_and_others_have_not():
    def form(**values: Any) -> bytes:
        return steps.canonical(TenderGiven, TenderGiven(type=TenderType.CASH, **values))

    assert form(amount=Minor(400)) == form(amount=Minor(400), given=None)
    assert form(amount=Minor(400)) != form(amount=Minor(400), given=Minor(400))
