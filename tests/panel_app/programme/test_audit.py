"""No name, no telephone number and no code of anybody stands in the audit trail or in an event."""

import pytest

from ledger import NotFound, Refusal
from panel_app.programme.terms import EntryMode
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import NAMES, TELEPHONE, cash

MIX = 1


def everything_written(shop: Shop) -> str:
    """Every column of every audit record and event, as one text."""
    return "\n".join(str(row) for table in ("audit_records", "outbox_events") for row in shop.rows(table))


def test_no_personal_value_and_no_code_enters_the_trail(shop: Shop):
    shown = shop.code(shop.world.lena)
    made = shop.claim(shop.world.tea, quantity=2)
    shop.scan(made.code)
    shop.scan(shown.text)
    shop.later(seconds=30)
    shop.confirm(shop.reserve(shop.direct(shop.world.mug, MIX)).booking_id, cash(400))
    shop.redeem(made.code)
    wrong = [made.code[:-1], shown.text, made.short_code[:-1] + "U", NAMES["M-1"], TELEPHONE]
    for text in wrong:
        for mode in (EntryMode.CAMERA, EntryMode.TYPED):
            with pytest.raises(Refusal):
                shop.scan(text, shop.world.london, mode)

    written = everything_written(shop)

    assert "redemption.confirmed" in written
    assert "visit.opened" in written
    secrets = [*NAMES.values(), "Sommer", "Lena", TELEPHONE, "lena@example.org"]
    secrets += [made.code, made.short_code, shown.text, shown.typed, *wrong]
    assert [secret for secret in secrets if secret in written] == []


def test_a_code_in_place_of_a_booking_id_does_not_enter_the_trail_either(shop: Shop):
    code = shop.claim(shop.world.tea).code
    with shop.refused(NotFound, what="booking"):
        shop.confirm(code)
    assert code not in everything_written(shop)
