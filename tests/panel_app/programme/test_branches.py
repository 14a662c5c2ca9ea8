"""Branches and tills: set-up, and one device a till."""

import pytest

import ledger
from ledger import NotFound, new_id
from panel_app.programme import branches
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED

PARIS = {
    "code": "PAR",
    "name": "Paris Marais",
    "city": "Paris",
    "currency": "EUR",
    "time_zone": "Europe/Paris",
    "locale": "fr_FR",
}


def test_a_new_branch_takes_cash_and_no_direct_redemption(shop: Shop):
    branch_id = branches.create_branch(shop.session, SEED, **PARIS)
    (row,) = [row for row in shop.rows("branches") if row["id"] == branch_id]
    assert (row["direct_redemption"], row["tender_types"]) == (False, ["cash"])


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"time_zone": "Europe/Atlantis"}, "time_zone", {"rule": Rule.TIME_ZONE}),
        ({"time_zone": "../etc"}, "time_zone", {"rule": Rule.TIME_ZONE}),
        ({"code": "BER"}, "code", {"rule": Rule.NOT_IN_USE}),
    ],
)
def test_a_branch_of_the_wrong_form_is_refused(shop: Shop, changes: dict[str, str], field: str, rule: dict):
    with shop.refused(InvalidInput, field=field, **rule):
        branches.create_branch(shop.session, SEED, **(PARIS | changes))


def test_a_tills_code_is_used_once_a_branch(shop: Shop):
    with shop.refused(InvalidInput, field="code", rule=Rule.NOT_IN_USE):
        branches.create_till(
            shop.session, SEED, branch_id=shop.world.berlin.branch(), code="1", name="Another"
        )


def test_a_till_has_one_device_and_the_newest_one_it_is(shop: Shop):
    till_id = shop.world.berlin.till()
    first = branches.enrol_till(shop.session, shop.world.berlin, till_id)
    second = branches.enrol_till(shop.session, shop.world.berlin, till_id)
    with ledger.read(shop.session):
        assert branches.till_of_device(shop.session, first) is None
        assert branches.till_of_device(shop.session, second) == till_id
        assert branches.is_enrolled(shop.session, till_id)
        assert not branches.is_enrolled(shop.session, shop.world.berlin_2.till())


def test_a_till_that_is_not_there_is_not_found(shop: Shop):
    with shop.refused(NotFound, what="till"):
        branches.enrol_till(shop.session, shop.world.berlin, new_id())
