"""Points into vouchers and to partners: what each step moves, what fails gives back, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

import ledger
from ledger import Minor, NotEnoughPoints, NotFound, Refusal
from panel_app.programme import branches, catalogue, importing, member_log, suspension, voucher_tenders
from panel_app.programme.access import Actor
from panel_app.programme.code_refusals import VoucherUsed
from panel_app.programme.conversion_terms import (
    ConversionClosed,
    ConversionFailure,
    ConversionKind,
    ConversionStatus,
)
from panel_app.programme.csv_lists import LineFault
from panel_app.programme.refusals import (
    CodeNotIssuedYet,
    InvalidInput,
    LimitReached,
    MemberSuspended,
    NotYetValid,
    PriceNotOffered,
    RewardWithdrawn,
)
from panel_app.programme.rules import Rule
from panel_app.programme.surfaces import conversions as surface
from panel_app.programme.surfaces.conversion_shapes import ConversionTold, NewConversion, VoucherTold
from panel_app.programme.surfaces.told import MoneyTold
from panel_app.programme.surfaces.wishes import Nothing
from panel_app.programme.terms import Money, TenderType
from tests.conftest import NOON
from tests.panel_app.programme.converting import PRICE, PROGRAM, SKU, TRANSFER, Converting, bytes_of
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, create_reward

STRANGER = Actor(client="api:other", source="other", permissions=PROGRAM.permissions)


def answered(converting: Converting, booking_id: str, how: str, key: str | None = None) -> ConversionTold:
    shop = converting.shop
    told = {"fulfilled": surface.fulfilled, "failed": surface.failed}[how](
        shop.session, PROGRAM, key or shop.key(), booking_id, Nothing()
    )
    assert told.value is not None
    return told.value


# Into a voucher.


def test_points_become_a_voucher_once_their_deduction_is_committed(shop: Shop):
    converting = Converting.of(shop, 2)
    told = converting.convert()
    assert told == ConversionTold(
        booking_id=told.booking_id,
        kind=ConversionKind.VOUCHER,
        status=ConversionStatus.FULFILLED,
        member_id=shop.world.lena,
        points=1000,
        reward_id=converting.reward_id,
        partner=None,
        reference="basket 7",
        voucher=VoucherTold(
            code="TENNER-01",
            amount=MoneyTold(amount_minor=1000, currency="EUR"),
            last_day=date(2026, 12, 31),
        ),
        failure=None,
        created_at=NOON,
        expires_at=NOON + timedelta(seconds=120),
        closed_at=NOON,
    )
    assert converting.log() == [("held", 0, None), ("Debit By Redemption", -1000, None)]
    assert (shop.balance(), converting.left(), converting.findings()) == ((4000, 0), 1, [])
    (entry,) = [row for row in shop.rows("entries") if row["hold_id"] is not None]
    assert (entry["booking_id"], entry["reference"], entry["source"]) == (
        *(told.booking_id, "basket 7", "marketplace"),
    )


def test_the_steps_are_recorded_and_the_end_is_told_to_other_surfaces(shop: Shop):
    told = Converting.of(shop, 1).convert()
    actions = [row["action"] for row in shop.rows("audit_records") if row["booking_id"] == told.booking_id]
    assert actions == ["conversion.reserved", "conversion.deducted", "conversion.fulfilled"]
    event = shop.rows("outbox_events")[-1]
    assert (event["type"], event["payload"]) == (
        "conversion.fulfilled",
        {"booking_id": told.booking_id, "kind": "voucher", "points": 1000},
    )


def test_the_voucher_that_is_over_first_is_drawn_and_one_that_is_over_never(shop: Shop):
    converting = Converting.of(shop, 0)
    converting.bring("LONG-LASTING", last_day="2026-12-31")
    converting.bring("TODAY-ONLY", last_day="2026-03-02")
    converting.bring("YESTERDAY", last_day="2026-03-01")
    assert converting.left() == 2
    codes = [told.voucher and told.voucher.code for told in (converting.convert() for _ in range(3))]
    assert codes == ["TODAY-ONLY", "LONG-LASTING", None]


def test_an_empty_list_releases_the_hold_and_takes_nothing(shop: Shop):
    converting = Converting.of(shop, 0)
    told = converting.convert()
    assert (told.status, told.failure, told.voucher) == (
        *(ConversionStatus.FAILED, ConversionFailure.NO_VOUCHER_LEFT, None),
    )
    assert converting.log() == [("held", 0, None), ("released", 0, "no_voucher_left")]
    assert (shop.balance(), converting.findings()) == ((5000, 0), [])
    event = shop.rows("outbox_events")[-1]
    assert (event["type"], event["payload"]["why"]) == ("conversion.failed", "no_voucher_left")


def test_the_same_key_gives_the_same_bytes_and_another_body_is_refused(shop: Shop):
    converting = Converting.of(shop, 2)
    first = converting.ask(key="once")
    again = converting.ask(key="once")
    assert (first.value is None, again.value, again.body) == (False, None, first.body)
    assert (shop.balance(), converting.left()) == ((4000, 0), 1)
    with pytest.raises(ledger.KeyReused):
        converting.ask(TRANSFER, key="once")
    assert shop.balance() == (4000, 0)


def test_a_failed_one_stays_failed_for_its_key_and_a_new_key_asks_anew(shop: Shop):
    converting = Converting.of(shop, 0)
    first = converting.ask(key="once")
    converting.bring("TENNER-01")
    assert converting.ask(key="once").body == first.body
    assert converting.convert(key="another").status is ConversionStatus.FULFILLED


def test_the_code_can_be_read_again_by_its_client_alone_and_not_in_the_database(shop: Shop):
    converting = Converting.of(shop, 1)
    told = converting.convert()
    assert bytes_of(converting.read(told.booking_id)) == bytes_of(told)
    for nobody in (STRANGER, PROGRAM):
        booking_id = told.booking_id if nobody is STRANGER else "B1-CM000000000"
        with pytest.raises(NotFound):
            converting.read(booking_id, nobody)
    assert [b"TENNER" in row["code_cipher"] for row in shop.rows("vouchers")] == [False]
    assert [row for row in shop.rows("outcomes") if b"TENNER" in (row["answer"] or b"")] == []


def test_only_what_was_drawn_pays_at_a_counter(shop: Shop):
    converting = Converting.of(shop, 2)
    branches.configure_branch(
        shop.session,
        SEED,
        shop.world.berlin.branch(),
        direct_redemption=True,
        tender_types=[TenderType.CASH, TenderType.VOUCHER],
    )
    booking_id = shop.reserve(shop.direct(shop.world.mug, 1)).booking_id
    with shop.refused(CodeNotIssuedYet):
        voucher_tenders.add(shop.session, shop.world.berlin, booking_id, "TENNER-01")
    assert converting.convert().voucher is not None
    assert [
        one.amount
        for one in voucher_tenders.add(shop.session, shop.world.berlin, booking_id, "TENNER-01").vouchers
    ] == [1000]
    shop.confirm(booking_id)
    booking_id = shop.reserve(shop.direct(shop.world.mug, 1)).booking_id
    with shop.refused(VoucherUsed, used_at=shop.clock.now() - timedelta(seconds=30), branch="Berlin Mitte"):
        voucher_tenders.add(shop.session, shop.world.berlin, booking_id, "TENNER-01")


def test_a_voucher_that_waits_can_not_be_marked_as_held_by_anybody(shop: Shop):
    Converting.of(shop, 1)
    shop.reserve(shop.direct(shop.world.tea))
    held = "UPDATE vouchers SET held_by = (SELECT id FROM redemptions), taken = 1"
    with pytest.raises(sa.exc.IntegrityError):
        ledger.transact(shop.session, lambda: shop.session.execute(sa.text(held)))


# To a partner programme.


def test_a_transfer_waits_for_the_partner_and_then_is_fulfilled(shop: Shop):
    converting = Converting.of(shop, 0)
    told = converting.convert(TRANSFER)
    assert (told.status, told.partner, told.points) == (ConversionStatus.DEDUCTED, "Sky Miles", 400)
    assert told.expires_at == NOON + timedelta(hours=24)
    assert converting.log() == [("held", 0, None), ("Points Transfer", -400, None)]
    shop.later(hours=2)
    done = answered(converting, told.booking_id, "fulfilled")
    assert (done.status, done.closed_at) == (ConversionStatus.FULFILLED, NOON + timedelta(hours=2))
    assert (shop.balance(), converting.sweep(), converting.findings()) == ((4600, 0), 0, [])


def test_a_partner_that_refuses_gives_the_points_back_with_their_old_expiry(shop: Shop):
    converting = Converting.of(shop, 0)
    shop.spend_all_but(0)
    expires_at = datetime(2026, 4, 1, tzinfo=UTC)
    earned = ledger.Credit(
        member_id=shop.world.lena,
        points=ledger.Points(400),
        kind=ledger.EarnKind.PROGRAMME_RULE,
        expires_at=expires_at,
    )
    ledger.transact(shop.session, lambda: ledger.credit(shop.session, SEED.origin(), earned))
    told = converting.convert(TRANSFER)
    done = answered(converting, told.booking_id, "failed")
    assert (done.status, done.failure) == (ConversionStatus.FAILED, ConversionFailure.PARTNER_REFUSED)
    assert converting.log()[-2:] == [
        ("Points Transfer", -400, None),
        ("Redemption Reversal", 400, "partner_refused"),
    ]
    with ledger.read(shop.session):
        balance = ledger.balance_of(shop.session, shop.world.lena)
    assert [(one.points, one.expires_at) for one in balance.expiring] == [(400, expires_at)]
    assert converting.findings() == []


def test_a_partner_that_says_nothing_for_a_day_is_taken_to_have_refused(shop: Shop):
    converting = Converting.of(shop, 0)
    told = converting.convert(TRANSFER)
    shop.later(hours=24, seconds=-1)
    assert converting.sweep() == 0
    shop.later(seconds=1)
    assert (converting.sweep(), converting.sweep()) == (1, 0)
    after = converting.read(told.booking_id)
    assert (after.status, after.failure) == (ConversionStatus.FAILED, ConversionFailure.TIMED_OUT)
    assert (shop.balance(), converting.findings()) == ((5000, 0), [])


def test_one_that_can_not_be_given_back_does_not_keep_the_others(shop: Shop):
    converting = Converting.of(shop, 0)
    broken, good = converting.convert(TRANSFER), converting.convert(TRANSFER)
    entry_id = next(
        row["entry_id"] for row in shop.rows("conversions") if row["booking_id"] == broken.booking_id
    )
    origin = SEED.origin(booking_id=broken.booking_id)
    ledger.transact(
        shop.session,
        lambda: ledger.reverse_entry(shop.session, origin, entry_id, reason="r", grace=timedelta(days=1)),
    )
    shop.later(hours=24)
    with pytest.raises(ExceptionGroup, match="1 conversions were given back, 1 could not be"):
        converting.sweep()
    assert [converting.read(one.booking_id).status for one in (broken, good)] == ["deducted", "failed"]
    assert shop.balance() == (5000, 0)


def test_a_late_answer_counts_as_long_as_nothing_went_back(shop: Shop):
    converting = Converting.of(shop, 0)
    told = converting.convert(TRANSFER)
    shop.later(days=3)  # the server was away
    assert answered(converting, told.booking_id, "fulfilled").status is ConversionStatus.FULFILLED
    assert (converting.sweep(), shop.balance()) == (0, (4600, 0))


@pytest.mark.parametrize("first", ["fulfilled", "failed"])
@pytest.mark.parametrize("second", ["fulfilled", "failed"])
def test_an_answer_is_final_and_the_same_key_gets_it_again(shop: Shop, first: str, second: str):
    converting = Converting.of(shop, 0)
    told = converting.convert(TRANSFER)
    done = answered(converting, told.booking_id, first, key="answer")
    with shop.refused(ConversionClosed, booking_id=told.booking_id, status=first):
        answered(converting, told.booking_id, second)
    again = {"fulfilled": surface.fulfilled, "failed": surface.failed}[first]
    replay = again(shop.session, PROGRAM, "answer", told.booking_id, Nothing())
    assert (replay.value, replay.body) == (None, bytes_of(done))
    assert shop.balance() == ((4600, 0) if first == "fulfilled" else (5000, 0))


def test_nobody_answers_for_anothers_transfer_nor_for_a_voucher(shop: Shop):
    converting = Converting.of(shop, 1)
    transfer, voucher = converting.convert(TRANSFER), converting.convert()
    with shop.refused(NotFound, what="conversion"):
        surface.fulfilled(shop.session, STRANGER, "k", transfer.booking_id, Nothing())
    with shop.refused(NotFound, what="transfer"):
        surface.failed(shop.session, PROGRAM, "k", voucher.booking_id, Nothing())


def test_what_belongs_to_a_conversion_is_resolved_through_it_alone(shop: Shop):
    told = Converting.of(shop, 1).convert()
    (conversion,) = shop.rows("conversions")
    with pytest.raises(ledger.BelongsToBooking) as refused:
        ledger.transact(
            shop.session,
            lambda: ledger.reverse_entry(
                shop.session, SEED.origin(), conversion["entry_id"], reason="r", grace=timedelta(days=1)
            ),
        )
    assert refused.value.booking_id == told.booking_id


# What is refused before any point is held.


@pytest.mark.parametrize(
    ("wish", "field", "rule"),
    [
        ({}, "partner", Rule.REQUIRED),
        ({"partner": "Sky Miles"}, "points", Rule.REQUIRED),
        ({"points": 400}, "partner", Rule.REQUIRED),
        ({"reward_id": uuid4(), "points": 400}, "reward_id", Rule.CHOICE),
    ],
)
def test_a_wish_is_for_a_voucher_or_for_a_partner(
    shop: Shop, wish: dict[str, object], field: str, rule: Rule
):
    converting = Converting.of(shop, 0)
    with shop.refused(InvalidInput, field=field, rule=rule):
        converting.ask(NewConversion(reference="r", **wish))


def test_too_few_points_hold_nothing_and_draw_nothing(shop: Shop):
    converting = Converting.of(shop, 1)
    shop.spend_all_but(999)
    with shop.refused(NotEnoughPoints, missing=1, available=999):
        converting.ask()
    assert converting.left() == 1


def test_a_suspended_member_converts_nothing(shop: Shop):
    converting = Converting.of(shop, 1)
    suspension.suspend(shop.session, SEED, shop.world.lena)
    with shop.refused(MemberSuspended):
        converting.ask()


@pytest.mark.parametrize(
    ("changes", "refusal", "data"),
    [
        ({"voucher": None}, PriceNotOffered, {}),
        ({"valid_from": date(2026, 3, 3)}, NotYetValid, {"valid_from": date(2026, 3, 3)}),
        ({"daily_limit": 0}, LimitReached, {"limit": 0}),
    ],
)
def test_a_reward_that_is_not_converted_now_says_why(
    shop: Shop, changes: dict[str, object], refusal: type[Refusal], data: dict[str, object]
):
    converting = Converting.of(shop, 0, **changes)
    with shop.refused(refusal, **data):
        converting.ask()


def test_a_withdrawn_reward_is_not_converted_any_more(shop: Shop):
    converting = Converting.of(shop, 1)
    catalogue.withdraw_reward(shop.session, SEED, converting.reward_id)
    with shop.refused(RewardWithdrawn):
        converting.ask()


def test_the_daily_limit_counts_what_was_converted_and_not_what_failed(shop: Shop):
    converting = Converting.of(shop, 0, daily_limit=1)
    assert converting.convert().status is ConversionStatus.FAILED
    converting.bring("TENNER-01", "TENNER-02")
    assert converting.convert().status is ConversionStatus.FULFILLED
    with shop.refused(LimitReached, limit=1):
        converting.ask()
    shop.later(days=1)
    assert converting.convert().status is ConversionStatus.FULFILLED


def test_a_voucher_is_neither_claimed_nor_handed_over_at_a_counter(shop: Shop):
    converting = Converting.of(shop, 1)
    with shop.refused(PriceNotOffered):
        shop.claim(converting.reward_id)
    offered = {offer.reward.id for offer in shop.scan(shop.code(shop.world.lena).text).offers}
    assert offered == {shop.world.mug, shop.world.tea}
    shop.later(seconds=30)
    order = shop.direct(converting.reward_id)
    with shop.refused(PriceNotOffered):
        shop.reserve(order)


# The list and the log.


def test_a_list_takes_vouchers_of_its_rewards_worth_only(shop: Shop):
    converting = Converting.of(shop, 0)
    lines = [
        "code,amount,currency,last_day",
        "TENNER-01,10.00,EUR,2026-12-31",
        "TENNER-02,100.00,EUR,2026-12-31",
        "TENNER-03,10.00,GBP,2026-12-31",
    ]
    report = importing.import_vouchers(shop.session, SEED, "\n".join(lines).encode(), SKU)
    assert report.taken == converting.left() == 1
    assert [(one.line, one.fault) for one in report.not_taken] == [
        (3, LineFault.AMOUNT),
        (4, LineFault.CURRENCY),
    ]
    for sku, refusal in (("NONE", NotFound), ("MUG", InvalidInput)):
        with pytest.raises(refusal):
            importing.import_vouchers(shop.session, SEED, lines[0].encode(), sku)


def test_a_voucher_has_a_price_in_points_only(shop: Shop):
    mix = [catalogue.NewOption(points=ledger.Points(600), cash={"EUR": 400})]
    worth = Money(amount=Minor(1000), currency="EUR")
    with shop.refused(InvalidInput, field="options", rule=Rule.POINTS_ONLY):
        create_reward(shop.session, sku="MIX", options=mix, voucher=worth)


def test_the_members_log_shows_each_step_with_its_reason_to_whoever_sees_all_of_it(shop: Shop):
    converting = Converting.of(shop, 0)
    booking_id = shop.redeem(shop.claim(shop.world.mug).code).booking_id
    shop.later(seconds=1)
    converting.convert()
    administrator = Actor(
        client="desk",
        source="desk",
        permissions=SEED.permissions,
        branch_id=shop.world.berlin.branch(),
    )
    with ledger.read(shop.session):
        log = member_log.log_of(shop.session, administrator, booking_id, None)
    assert [(row.what, row.concerned, row.reason, row.source) for row in log.rows[:2]] == [
        ("released", PRICE, "no_voucher_left", "marketplace"),
        ("held", PRICE, None, "marketplace"),
    ]


# What verify finds.


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        ("UPDATE vouchers SET conversion_id = NULL", "a voucher was drawn for points that were not taken"),
        ("UPDATE conversions SET points = 999", "its deduction is not the capture of its hold"),
        (
            "UPDATE conversions SET status = 'failed', failure = 'timed_out', reversal_entry_id = entry_id",
            "it failed, and its points were not given back",
        ),
        (
            "UPDATE conversions SET status = 'failed', failure = 'timed_out', entry_id = NULL",
            "it failed, and its points were not given back",
        ),
    ],
)
def test_control_a_conversion_that_was_tampered_with_is_found(shop: Shop, edit: str, what: str):
    converting = Converting.of(shop, 1)
    converting.convert()
    assert converting.findings() == []
    ledger.transact(shop.session, lambda: shop.session.execute(sa.text(edit)))
    assert [one.what for one in converting.findings() if one.what.startswith(what)] != []


def test_a_deduction_that_was_reversed_behind_its_back_is_found(shop: Shop):
    converting = Converting.of(shop, 1)
    told = converting.convert()
    (conversion,) = shop.rows("conversions")
    origin = SEED.origin(booking_id=told.booking_id)
    ledger.transact(
        shop.session,
        lambda: ledger.reverse_entry(
            shop.session, origin, conversion["entry_id"], reason="r", grace=timedelta(days=1)
        ),
    )
    assert [one.what for one in converting.findings()] == ["it did not fail, and its deduction was reversed"]
