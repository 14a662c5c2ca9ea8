"""Members: enrolment, status, and how a name is shown."""

import pytest

from ledger import NotFound, new_id
from panel_app.programme import members, suspension
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, TELEPHONE


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Lena Sommer", "Lena S."),
        ("Anna Maria von Berg", "Anna B."),
        ("Prince", "Prince"),
        ("李 小龙", "李 小."),
    ],
)
def test_a_name_is_shown_as_the_given_name_and_an_initial(name: str, shown: str):
    assert members.shown_name(name) == shown


def test_a_new_member_has_an_empty_account(shop: Shop):
    member_id = members.enrol(shop.session, SEED, external_id="M-9", name="שרה כהן")
    assert shop.balance(member_id) == (0, 0)


@pytest.mark.parametrize(
    ("values", "field", "rule"),
    [
        ({"external_id": "M-1", "name": "Twin"}, "external_id", {"rule": Rule.NOT_IN_USE}),
        ({"external_id": "", "name": "Nobody"}, "external_id", {"rule": Rule.LENGTH, "low": 1, "high": 64}),
        ({"external_id": "M-9", "name": "x" * 121}, "name", {"rule": Rule.LENGTH, "low": 1, "high": 120}),
        ({"external_id": "M-9", "name": "a\x00b"}, "name", {"rule": Rule.LENGTH, "low": 1, "high": 120}),
        ({"external_id": "M-9", "name": "Twin", "phone": TELEPHONE}, "phone", {"rule": Rule.NOT_IN_USE}),
        (
            {"external_id": "M-9", "name": "Twin", "email": "lena@example.org"},
            "email",
            {"rule": Rule.NOT_IN_USE},
        ),
    ],
)
def test_a_member_of_the_wrong_form_is_refused(shop: Shop, values: dict[str, str], field: str, rule: dict):
    with shop.refused(InvalidInput, field=field, **rule):
        members.enrol(shop.session, SEED, **values)


def test_a_suspended_member_earns_and_can_not_be_suspended_again(shop: Shop):
    suspension.suspend(shop.session, SEED, shop.world.lena)
    shop.credit(shop.world.lena, 100)
    assert shop.balance() == (5100, 0)
    for member_id in (shop.world.lena, new_id()):
        with shop.refused(NotFound, what="active member"):
            suspension.suspend(shop.session, SEED, member_id)
