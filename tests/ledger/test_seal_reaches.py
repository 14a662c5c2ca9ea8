"""A seal's reach means here what it means to the database, and no place is in two seals' stretches."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

import ledger
from ledger import Seal, Session
from ledger.seal_reaches import reach_of, stretch_of
from ledger.seals import GENESIS
from tests.conftest import NOON

PLACES = range(26)


def seal(number: int, reach: str, era: int = 0) -> Seal:
    return Seal(
        number=number,
        era=era,
        reach=reach,
        leaves=0,
        leaf_ids=b"",
        root=b"",
        previous=GENESIS,
        sealed_at=NOON,
        hash=b"",
        signature=b"",
    )


def places_in(made: Seal, before: Seal | None, era: int = 0) -> list[int]:
    stretch = stretch_of(made, before)
    return [place for place in PLACES if stretch.holds(era, place)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("snapshot", ["1:1:", "10:20:", "10:20:10,12,15", "20:20:"])
def test_a_snapshot_covers_what_postgresql_sees_in_it(session: Session, snapshot: str):
    visible = sa.text(
        "SELECT pg_visible_in_snapshot(CAST(CAST(:place AS text) AS xid8), CAST(:reach AS pg_snapshot))"
    )
    with ledger.read(session):
        seen = [place for place in PLACES if session.scalar(visible, {"place": place, "reach": snapshot})]

    assert [place for place in PLACES if reach_of(snapshot).covers(place)] == seen


def test_a_last_place_covers_itself_and_those_before():
    assert [place for place in PLACES if reach_of("3").covers(place)] == [0, 1, 2, 3]


def test_a_transaction_that_was_open_lies_in_the_next_stretch_and_in_no_other():
    first, second, third = seal(1, "5:9:5,7"), seal(2, "7:12:7"), seal(3, "14:14:")

    assert places_in(first, None) == [0, 1, 2, 3, 4, 6, 8]
    assert places_in(second, first) == [5, 9, 10, 11]
    assert places_in(third, second) == [7, 12, 13]


def test_the_first_seal_of_an_era_takes_the_rest_of_the_era_before_wherever_it_stands():
    before, restored, after = seal(1, "20"), seal(2, "0", era=1), seal(3, "4", era=1)

    assert places_in(restored, before) == [21, 22, 23, 24, 25]
    assert places_in(restored, before, era=1) == []
    assert places_in(after, restored, era=1) == [1, 2, 3, 4]
    assert places_in(after, restored) == []


def test_what_is_no_reach_is_an_error():
    with pytest.raises(ValueError, match="invalid literal"):
        stretch_of(replace(seal(1, "0"), reach="far"), None)
