"""Verify compares spent vouchers with the tenders they paid: it finds who lets one pay twice, and no honest books."""

import pytest

import ledger
from ledger import Session
from panel_app.programme import branches, importing, reversals, voucher_findings, voucher_tenders
from panel_app.programme.giving_back import Goods, ReversalReason
from panel_app.programme.reversals import Reversal
from panel_app.programme.terms import TenderType
from tests.faults.tampering.attacker import owner
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, cash

MIX = 1  # the mug for 600 points and 4.00 EUR
LIST = "code,amount,currency,last_day\nPAPER-300,3.00,EUR,2026-12-31\nPAPER-400,4.00,EUR,2026-12-31\n"
NO_TENDER = "a spent voucher has no tender, or more than one, of a redemption that stands"
NO_VOUCHER = "a redemption was paid by a voucher that is not spent for it"


@pytest.fixture
def shop(fresh: Built, session: Session) -> Shop:
    """The world with two vouchers, of which one has paid 3.00 EUR of a mug. No check at the end: it is spoilt."""
    opened = Shop(session, fresh.clock, fresh.world)
    branches.configure_branch(
        session,
        SEED,
        opened.world.berlin.branch(),
        direct_redemption=True,
        tender_types=list(TenderType),
    )
    assert importing.import_vouchers(session, SEED, LIST.encode()).taken == 2
    pay_with(opened, "PAPER-300")
    assert found(opened) == []
    return opened


def pay_with(shop: Shop, code: str) -> str:
    """A mug, paid with this voucher, and with cash for the rest."""
    booking_id = shop.reserve(shop.direct(shop.world.mug, MIX)).booking_id
    still_due = 400 - voucher_tenders.add(shop.session, shop.world.berlin, booking_id, code).vouchers[0].taken
    shop.confirm(booking_id, *([cash(still_due)] if still_due else []))
    return booking_id


def reverse(shop: Shop, booking_id: str) -> None:
    wanted = Reversal(booking_id=booking_id, reason=ReversalReason.FAULTY_GOODS, goods=Goods.GONE)
    reversals.reverse(shop.session, shop.world.manager, shop.key(), wanted)


def found(shop: Shop) -> list[str]:
    with ledger.read(shop.session):
        return [one.what for one in voucher_findings.findings(shop.session)]


def test_a_voucher_that_came_back_and_paid_again_is_no_finding(shop: Shop) -> None:
    first = pay_with(shop, "PAPER-400")
    reverse(shop, first)
    assert found(shop) == []
    pay_with(shop, "PAPER-400")
    assert found(shop) == []


ATTACKS: dict[str, tuple[str, list[str]]] = {
    "a spent voucher is made good again": (
        "UPDATE vouchers SET spent_at = NULL, held_by = NULL, taken = NULL WHERE spent_at IS NOT NULL",
        [NO_VOUCHER],
    ),
    "a voucher is spent for nothing": (
        "UPDATE vouchers SET spent_at = created_at, taken = 300, held_by = (SELECT id FROM redemptions)",
        [NO_TENDER],
    ),
    "a voucher paid less than its tender says": (
        "UPDATE vouchers SET taken = taken - 1 WHERE spent_at IS NOT NULL",
        [NO_TENDER, NO_VOUCHER],
    ),
    "another voucher is called the one that paid": (
        "UPDATE tenders SET reference = '00000000' || substr(reference, 9) WHERE type = 'voucher'",
        [NO_TENDER, NO_VOUCHER],
    ),
    "cash is called a voucher": ("UPDATE tenders SET type = 'voucher' WHERE type = 'cash'", [NO_VOUCHER]),
    "the tender is gone": ("DELETE FROM tenders WHERE type = 'voucher'", [NO_TENDER]),
    "the redemption never was": ("UPDATE redemptions SET status = 'reversed'", [NO_TENDER]),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_verify_finds_it_when(shop: Shop, fresh: Built, attack: str) -> None:
    statement, findings = ATTACKS[attack]
    shop.session.rollback()
    with owner(fresh.database) as cursor:
        cursor.execute(statement)
    assert found(shop) == findings
