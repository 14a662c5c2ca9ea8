"""Partners' own codes: read in as a list, drawn one a claim, and good at the till as that claim's code."""

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

import ledger
import panel_app
from ledger import NotEnoughPoints, NotFound, Refusal
from panel_app.programme import claiming, counter, external_codes, importing
from panel_app.programme.code_refusals import NoCodeLeft
from panel_app.programme.csv_lists import BYTES_MAX, LINES_MAX, LineFault, Report
from panel_app.programme.refusals import (
    AlreadyRedeemed,
    ClaimReplaced,
    CodeNotIssuedYet,
    ForeignCode,
    InvalidInput,
    SeveralCodes,
    TooManyAttempts,
    TypeNotAccepted,
)
from panel_app.programme.rules import Rule
from panel_app.programme.scanned_texts import Alternative, Scanned
from panel_app.programme.terms import EntryMode, RedemptionType
from scanner import new_booking_id, new_reward_code
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import MUG_EAN, SEED, create_reward

SKU = "MUSEUM"
# A partner prints what it likes: small letters, an address, an EAN, what begins like a code of ours.
CODES = ("Museum-aa01", "https://museum.example/t/77", "4006381333948", "R1-PARTNER-9", "B2XXXXXXXXXXXXXXX")


@pytest.fixture
def museum(shop: Shop) -> UUID:
    return create_reward(shop.session, sku=SKU, redemption_types=(RedemptionType.EXTERNAL_QR,))


def bring(shop: Shop, *codes: str, head: str = "code") -> Report:
    return importing.import_codes(shop.session, SEED, SKU, "\n".join([head, *codes]).encode())


def left(shop: Shop, reward_id: UUID) -> int:
    with ledger.read(shop.session):
        return external_codes.left(shop.session, reward_id)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("mode", EntryMode)
def test_a_partners_code_acts_as_the_code_of_the_claim_that_drew_it(
    shop: Shop, museum: UUID, code: str, mode: EntryMode
):
    bring(shop, code)
    made = shop.claim(museum)
    assert made.code == code

    view = shop.scan(f" {code} ", mode=mode, shown_as=RedemptionType.QR)

    assert (view.claim.id, view.claim.usable) == (made.id, True)
    visit = next(row for row in shop.rows("visits") if row["id"] == view.visit_id)
    assert (visit["proof"], visit["entry_mode"]) == ("external_code", mode)


def test_it_is_redeemed_once_and_told_where_and_when(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01")
    shop.claim(museum)
    receipt = shop.redeem("Museum-aa01")
    used_at = shop.clock.now()
    shop.later(minutes=5)
    with shop.refused(
        AlreadyRedeemed, used_at=used_at, branch="Berlin Mitte", till="1", booking_id=receipt.booking_id
    ):
        shop.scan("Museum-aa01")


def test_codes_are_drawn_in_the_order_of_the_list_and_an_empty_list_refuses_the_claim(
    shop: Shop, museum: UUID
):
    bring(shop, "Museum-aa01", "Museum-aa02")
    assert [shop.claim(museum).code, shop.claim(museum).code] == ["Museum-aa01", "Museum-aa02"]
    assert left(shop, museum) == 0
    with shop.refused(NoCodeLeft):
        shop.claim(museum)


def test_a_claim_that_is_refused_for_its_points_draws_no_code(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01")
    shop.spend_all_but(100)
    with shop.refused(NotEnoughPoints, missing=200, available=100):
        shop.claim(museum)
    assert left(shop, museum) == 1


def test_a_partners_code_is_good_for_one_unit(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01", "Museum-aa02")
    with shop.refused(InvalidInput, field="quantity", rule=Rule.AT_MOST, high=1):
        shop.claim(museum, quantity=2)


def test_a_code_that_nobody_has_claimed_is_not_issued_yet(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01")
    with shop.refused(CodeNotIssuedYet):
        shop.scan("Museum-aa01")


def test_a_text_of_no_list_is_refused_as_before(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01")
    with shop.refused(ForeignCode, kind="text"):
        shop.scan("Museum-aa02")


def test_an_external_code_of_a_reward_that_no_longer_accepts_one_is_refused(shop: Shop, museum: UUID):
    made = shop.claim(shop.world.mug)
    bring(shop, "Museum-aa01")
    move = "UPDATE external_codes SET claim_id = (SELECT id FROM claims)"

    def attach() -> None:
        shop.session.execute(sa.text(move))

    ledger.transact(shop.session, attach)
    with shop.refused(TypeNotAccepted, accepted=("qr",)):
        shop.scan("Museum-aa01")
    assert shop.scan(made.code).claim.id == made.id


def test_a_new_code_for_a_claim_is_the_next_of_the_list_and_the_old_one_is_dead(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01", "Museum-aa02")
    made = shop.claim(museum)
    new = claiming.replace_claim(shop.session, SEED, made.id)
    assert new.code == "Museum-aa02"
    with shop.refused(ClaimReplaced):
        shop.scan("Museum-aa01")
    assert shop.scan("Museum-aa02").claim.id == new.id
    with shop.refused(NoCodeLeft):
        claiming.replace_claim(shop.session, SEED, new.id)


def test_a_member_sees_the_partners_code_and_the_database_does_not_show_it(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01")
    shop.claim(museum)
    assert [b"Museum" in row["code_cipher"] for row in shop.rows("external_codes")] == [False]


def test_five_typed_guesses_at_partners_codes_lock_typing(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01", "Museum-aa02")
    shop.claim(museum)
    for number in range(4):
        with shop.refused(ForeignCode, kind="text"):
            shop.scan(f"Museum-zz0{number}", mode=EntryMode.TYPED)
    with shop.refused(CodeNotIssuedYet):
        shop.scan("Museum-aa02", mode=EntryMode.TYPED)
    with shop.refused(TooManyAttempts, seconds_left=300):
        shop.scan("Museum-aa01", mode=EntryMode.TYPED)
    assert shop.scan("Museum-aa01").claim.usable


def test_a_partners_code_beside_a_code_of_ours_is_not_taken_silently(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01")
    shop.claim(museum)
    ours = shop.claim(shop.world.mug).code
    both = Scanned(text=ours, mode=EntryMode.CAMERA, alternatives=(Alternative(text="Museum-aa01"),))
    with shop.refused(SeveralCodes, count=2):
        counter.scan(shop.session, shop.world.berlin, both)


# The list itself.


def test_the_report_names_each_line_that_was_not_taken(shop: Shop, museum: UUID):
    bring(shop, "Museum-aa01")
    report = bring(
        shop,
        "1,Museum-aa02",
        "2,Museum-aa02",  # twice in the file
        "3,Museum-aa01",  # there already
        "4,Museum7",
        "5,",
        "6,Museum\x07bell",
        f"7,{new_reward_code('CM').text}",
        f"8,{new_booking_id('XX').text}",
        f"9,{MUG_EAN}",
        "10,260117",  # a PIN
        "11",  # no second column
        f"12,{'x' * 201}",
        "",  # an empty line is no line
        '13," Museum-aa03 "',
        "14,Museum-8",
        head="Number,Code",
    )
    assert report.taken == 3
    assert [(one.line, one.fault) for one in report.not_taken] == [
        (3, LineFault.TWICE_IN_FILE),
        (4, LineFault.ALREADY_THERE),
        (5, LineFault.LENGTH),
        (6, LineFault.EMPTY),
        (7, LineFault.CHARACTERS),
        (8, LineFault.READS_AS_OURS),
        (9, LineFault.READS_AS_OURS),
        (10, LineFault.READS_AS_OURS),
        (11, LineFault.LENGTH),
        (12, LineFault.UNREADABLE),
        (13, LineFault.LENGTH),
    ]
    assert left(shop, museum) == 4


def test_an_open_quote_costs_its_own_line_only(shop: Shop, museum: UUID):
    report = bring(shop, "Museum-aa01", '"Museum-aa02', "Museum-aa03", 'Museum-"aa04', "Museum-aa05\r")
    assert (report.taken, left(shop, museum)) == (4, 4)
    assert [(one.line, one.fault) for one in report.not_taken] == [(3, LineFault.UNREADABLE)]


def test_the_shortest_code_of_a_list_is_long_enough_for_a_scanner_that_types():
    wedge = (Path(panel_app.__file__).parent / "static/js/wedge.js").read_text(encoding="utf-8")
    assert f"LEAST_KEYS = {importing.CODE_LENGTH_MIN};" in wedge


def test_a_list_that_is_read_in_again_adds_nothing(shop: Shop, museum: UUID):
    codes = [f"Museum-{number:04}" for number in range(1200)]
    assert bring(shop, *codes).taken == 1200
    again = bring(shop, *codes)
    assert (again.taken, len(again.not_taken), left(shop, museum)) == (0, 1200, 1200)


def test_a_code_of_another_rewards_list_is_there_already(shop: Shop, museum: UUID):
    create_reward(shop.session, sku="ZOO", redemption_types=(RedemptionType.EXTERNAL_QR,))
    bring(shop, "Museum-aa01")
    report = importing.import_codes(shop.session, SEED, "ZOO", b"code\nMuseum-aa01")
    assert [one.fault for one in report.not_taken] == [LineFault.ALREADY_THERE]


COLUMNS = {"rule": Rule.CSV, "example": "code"}


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", COLUMNS),
        (b"number\n1", COLUMNS),
        (b"code\n\xff\xfe", COLUMNS),
        (b'"code\n', COLUMNS),
        (b"code\n" + b"x" * BYTES_MAX, {"rule": Rule.BYTES_AT_MOST, "high": BYTES_MAX}),
        (b"code\n" + b"x\n" * (LINES_MAX + 1), {"rule": Rule.LINES_AT_MOST, "high": LINES_MAX}),
    ],
    ids=["nothing", "another column", "no UTF-8", "an open quote", "too large", "too many lines"],
)
def test_a_file_that_is_no_such_list_is_refused_whole(
    shop: Shop, museum: UUID, data: bytes, refusal: dict[str, object]
):
    with pytest.raises(InvalidInput) as raised:
        importing.import_codes(shop.session, SEED, SKU, data)
    assert raised.value.data() == {"field": "file", **refusal}
    assert left(shop, museum) == 0


@pytest.mark.parametrize(
    ("sku", "refusal", "told"),
    [
        ("NONE", NotFound, {"what": "reward"}),
        ("MUG", InvalidInput, {"field": "reward", "rule": Rule.EXTERNAL_CODES}),
    ],
)
def test_a_list_is_for_a_reward_that_accepts_external_codes(
    shop: Shop, sku: str, refusal: type[Refusal], told: dict[str, object]
):
    with shop.refused(refusal, **told):
        importing.import_codes(shop.session, SEED, sku, b"code\nMuseum-aa01")
