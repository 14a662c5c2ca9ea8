"""What partners printed, in a real browser: a code from their list scanned, and a voucher that pays a part."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from panel_app.programme import branches, catalogue, importing
from panel_app.programme.catalogue import NewOption, NewReward
from panel_app.programme.terms import RedemptionType, TenderType
from tests.journeys.faces import Counter
from tests.journeys.furniture import SEED
from tests.journeys.keyboards import Scanner
from tests.journeys.looks import look
from tests.journeys.shop import Shop

CASH_AND_CARD = [TenderType.CASH, TenderType.CARD]
VOUCHERS = b"code,amount,currency,last_day\nPAPER-0003,3.00,EUR,2099-12-31"


def take_tenders(shop: Shop, tender_types: list[TenderType]) -> None:
    with shop.database.session() as session:
        branches.configure_branch(
            session, SEED, shop.branch_ids["BER"], direct_redemption=True, tender_types=tender_types
        )


@pytest.fixture
def scanner(counter: Counter, shop: Shop, devtools_port: int) -> Iterator[Scanner]:
    """A scanner at a till whose branch takes vouchers."""
    take_tenders(shop, [*CASH_AND_CARD, TenderType.VOUCHER])
    with Scanner(counter.page, devtools_port) as cable:
        yield cable
    take_tenders(shop, CASH_AND_CARD)


def scan_voucher(counter: Counter, scanner: Scanner, code: str) -> None:
    """A scan into the field; the Enter at its end is the browser's own, which sends a form."""
    counter.task.get_by_label("Voucher code").focus()
    scanner.scan(code, suffixes=())
    expect(counter.task.get_by_label("Voucher code")).to_have_value(code)
    counter.page.keyboard.press("Enter")


def test_a_partners_code_from_a_list_is_scanned_and_handed_over(
    counter: Counter, scanner: Scanner, shop: Shop
) -> None:
    museum = NewReward(
        sku="MUSEUM",
        name="Museum entry",
        description="One adult.",
        terms="While it lasts.",
        picture="cinema",
        options=(NewOption(points=300),),
        redemption_types=(RedemptionType.EXTERNAL_QR,),
    )
    with shop.database.session() as session:
        shop.reward_ids["MUSEUM"] = catalogue.create_reward(session, SEED, museum)
        importing.import_codes(session, SEED, "MUSEUM", b"code\nharbour-Entry-001\nharbour-Entry-002")
    made = shop.claim(shop.customer(points=300), "MUSEUM")

    scanner.scan("harbour-Entry-002")
    counter.is_refused("Not issued yet", "Nobody has claimed this code.")
    counter.press("Understood")
    scanner.scan(made.code)
    counter.is_in("claim")
    expect(counter.heading).to_have_text("Museum entry")
    counter.press("Confirm – it is handed over")
    counter.is_in("done")


def test_a_voucher_is_scanned_into_its_field_and_cash_pays_the_rest(
    counter: Counter, scanner: Scanner, shop: Shop
) -> None:
    with shop.database.session() as session:
        importing.import_vouchers(session, SEED, VOUCHERS)
    customer = shop.customer(points=700)
    counter.hold_mug_for_points_and_cash(customer)

    scan_voucher(counter, scanner, "PAPER-0030")
    expect(counter.task.locator("#voucher-error")).to_contain_text("Unknown voucher")
    look(counter.page, "voucher-unknown")
    scan_voucher(counter, scanner, "PAPER-0003")
    expect(counter.heading).to_have_text("Take €1.00")
    expect(counter.task.locator(".voucher").first).to_contain_text("pays €3.00")
    look(counter.page, "voucher-taken")
    counter.task.get_by_label("Given").fill("2.00")
    counter.press("Confirm")
    counter.is_in("done")
    expect(counter.task.locator(".give-back")).to_have_text("Give back €1.00")
    assert shop.available(customer) == 100
