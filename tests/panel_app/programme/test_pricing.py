"""What some of a claim's units cost: exact shares of the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import WHOLE_MAX
from panel_app.programme.pricing import share


@given(total=st.integers(0, WHOLE_MAX), visits=st.lists(st.integers(1, 20), min_size=1, max_size=20))
def test_however_a_claim_is_split_into_visits_its_units_cost_the_whole_price(total: int, visits: list[int]):
    quantity = sum(visits)
    spent = [sum(visits[:number]) for number in range(len(visits))]

    shares = [share(total, quantity, before, units) for before, units in zip(spent, visits, strict=True)]

    assert sum(shares) == total
    assert min(shares) >= 0


@given(total=st.integers(0, 10**6), quantity=st.integers(1, 20), data=st.data())
def test_no_unit_costs_more_than_one_point_more_than_another(total: int, quantity: int, data: st.DataObject):
    units = [share(total, quantity, spent, 1) for spent in range(quantity)]

    assert max(units) - min(units) <= 1


@pytest.mark.parametrize(
    ("spent", "units", "points"),
    [(0, 1, 333), (1, 1, 333), (2, 1, 334), (0, 2, 666), (1, 2, 667), (0, 3, 1000)],
)
def test_three_units_of_1000_points_cost_333_and_333_and_334(spent: int, units: int, points: int):
    assert share(1000, 3, spent, units) == points
