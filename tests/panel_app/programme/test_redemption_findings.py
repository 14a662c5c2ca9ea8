"""Verify compares redemptions and their tenders with the entries: it finds who alters them, and no honest books."""

import pytest

import ledger
from ledger import Session
from panel_app.programme import redemption_findings, redemptions, reversals
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.reversals import Reversal
from tests.faults.tampering.attacker import owner
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import card, cash

MIX = 1  # the mug for 600 points and 4.00 EUR
NO_ENTRY = "a redemption is completed without its entry, or has one and is not"
NO_REDEMPTION = "an entry of a booking has neither a redemption that it completed nor a conversion"
OTHER_TENDERS = "a redemption's tenders are not the cash legs of its entry"


@pytest.fixture
def shop(fresh: Built, session: Session) -> Shop:
    """The world with one mug that was paid in two tenders. No check at the end: it is spoilt."""
    opened = Shop(session, fresh.clock, fresh.world)
    buy(opened)
    assert found(opened) == []
    return opened


def buy(shop: Shop) -> str:
    booking_id = shop.reserve(shop.direct(shop.world.mug, MIX)).booking_id
    shop.confirm(booking_id, cash(100), card(300, booking_id))
    return booking_id


def found(shop: Shop) -> list[str]:
    with ledger.read(shop.session):
        return [one.what for one in redemption_findings.findings(shop.session)]


def test_what_is_open_cancelled_or_reversed_is_no_finding(shop: Shop) -> None:
    cancelled = shop.reserve(shop.direct(shop.world.mug, MIX))
    redemptions.cancel(shop.session, shop.world.berlin, cancelled.booking_id)
    booking_id = buy(shop)
    wanted = Reversal(booking_id=booking_id, reason=ReversalReason.FAULTY_GOODS, goods=Goods.GONE)
    reversals.reverse(shop.session, shop.world.manager, shop.key(), wanted)
    shop.reserve(shop.direct(shop.world.mug, MIX))

    assert found(shop) == []


ATTACKS: dict[str, tuple[str, list[str]]] = {
    "a completed redemption is called cancelled": (
        "UPDATE redemptions SET status = 'cancelled', entry_id = NULL",
        [NO_REDEMPTION, OTHER_TENDERS],
    ),
    "only its status is changed": ("UPDATE redemptions SET status = 'expired'", [NO_ENTRY]),
    "it loses its entry": (
        "UPDATE redemptions SET entry_id = NULL",
        [NO_ENTRY, NO_REDEMPTION, OTHER_TENDERS],
    ),
    "it takes another booking ID": (
        "UPDATE redemptions SET booking_id = 'B1-FORGED'",
        [NO_ENTRY, NO_REDEMPTION],
    ),
    "an amount is changed": ("UPDATE tenders SET amount = 1 WHERE type = 'cash'", [OTHER_TENDERS]),
    "money goes from one tender to the other": (
        "UPDATE tenders SET amount = 200",
        [OTHER_TENDERS],
    ),
    "cash is called a card": ("UPDATE tenders SET type = 'card' WHERE type = 'cash'", [OTHER_TENDERS]),
    "a reference is changed": (
        "UPDATE tenders SET reference = 'another' WHERE type = 'card'",
        [OTHER_TENDERS],
    ),
    "the tenders are gone": ("DELETE FROM tenders", [OTHER_TENDERS]),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_verify_finds_it_when(shop: Shop, fresh: Built, attack: str) -> None:
    statement, findings = ATTACKS[attack]
    shop.session.rollback()
    with owner(fresh.database) as cursor:
        cursor.execute(statement)

    assert found(shop) == findings
    with ledger.read(shop.session):
        assert ledger.verify(shop.session) == []  # the control: the books alone say nothing
