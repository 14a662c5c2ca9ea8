"""From a text to what the counter shows, and every refusal of a code."""

import pytest

import ledger
from panel_app.programme import branches, catalogue, counter
from panel_app.programme.access import Actor
from panel_app.programme.baskets import Order
from panel_app.programme.catalogue import NewOption
from panel_app.programme.refusals import (
    AlreadyRedeemed,
    DirectRedemptionOff,
    ForeignCode,
    MistypedCode,
    NotAllowed,
    OtherProgramme,
    OutOfStock,
    PriceNotOffered,
    ProofTooWeak,
    RewardWithdrawn,
    TooManyAttempts,
    UnknownCode,
    VisitOver,
    WrongBranch,
)
from panel_app.programme.terms import (
    AlreadyDone,
    BookingAtCounter,
    ClaimAtCounter,
    EntryMode,
    MemberAtCounter,
    PriceAtCounter,
    RedemptionStatus,
    TenderType,
)
from scanner import make_reward_code, new_booking_id, new_reward_code, new_short_code
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import MUG_EAN, SEED, create_reward, member_actor

CARD_POINTS_MAX, TYPED_POINTS_MAX = 500, 2000


def card_code(shop: Shop) -> str:
    """What is printed on Lena's card, which only its cipher in the database still tells."""
    (row,) = [row for row in shop.rows("members") if row["id"] == shop.world.lena]
    return shop.session.keyring.decrypt("member card", row["card_cipher"]).decode()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://example.org/R1", "url"),
        ("5901234123457", "ean"),
        ("hello there", "text"),
        ("  ", "empty"),
        ("R2CM00000000000000", "text"),
    ],
)
def test_a_foreign_text_is_refused_by_what_it_is(shop: Shop, text: str, kind: str):
    with shop.refused(ForeignCode, kind=kind):
        shop.scan(text)


def test_an_altered_symbol_of_a_reward_code_is_told_from_an_unknown_code(shop: Shop):
    good = new_reward_code("CM").text
    with shop.refused(UnknownCode):
        shop.scan(good)
    with shop.refused(MistypedCode):
        shop.scan(good[:-1] + ("0" if good[-1] != "0" else "1"))


def test_the_code_of_another_programme_is_refused_as_that(shop: Shop):
    with shop.refused(OtherProgramme):
        shop.scan(make_reward_code("XY", "0" * 15).text)


def test_scanning_a_claim_shows_it_and_holds_nothing(shop: Shop):
    made = shop.claim(shop.world.tea, quantity=2)

    view = shop.scan(made.code)

    assert isinstance(view, ClaimAtCounter)
    assert (view.claim.remaining, view.claim.points_due, view.claim.usable) == (2, 600, True)
    assert view.member.shown_name == "Lena S."
    assert shop.balance() == (5000, 0)
    assert shop.rows("holds") == []
    assert [row["held_by"] for row in shop.rows("claims")] == [None]


def test_scanning_a_member_shows_balance_claims_and_offers_and_holds_nothing(shop: Shop):
    shop.claim(shop.world.tea)
    shop.spend_all_but(650)

    view = shop.scan(shop.code(shop.world.lena).text)

    assert isinstance(view, MemberAtCounter)
    assert (view.member.balance.available, len(view.claims)) == (650, 1)
    mug = next(offer for offer in view.offers if offer.reward.id == shop.world.mug)
    assert [(option.points, option.missing) for option in mug.options] == [(1000, 350), (600, 0)]
    assert (mug.stock, mug.reason) == (5, None)
    assert shop.rows("holds") == []


def test_ones_own_till_within_30_seconds_is_answered_calmly_with_the_receipt(shop: Shop):
    made = shop.claim(shop.world.tea)
    receipt = shop.redeem(made.code)
    shop.later(seconds=8)

    view = shop.scan(made.code)

    assert isinstance(view, AlreadyDone)
    assert (view.seconds_ago, view.next, view.receipt) == (8, None, receipt)


def test_ones_own_till_is_offered_the_next_unit(shop: Shop):
    made = shop.claim(shop.world.tea, quantity=3)
    shop.redeem(made.code)

    view = shop.scan(made.code)

    assert isinstance(view, AlreadyDone)
    assert view.next.unit_points == (300, 600)
    order = Order.one(visit_id=view.next.visit_id, claim_id=made.id)
    assert shop.reserve(order).points_due == 300


@pytest.mark.parametrize(("till", "seconds"), [("berlin", 31), ("berlin_2", 8), ("london", 8)])
def test_later_or_at_another_till_a_used_code_is_refused_with_time_and_branch(
    shop: Shop, till: str, seconds: int
):
    made = shop.claim(shop.world.tea)
    receipt = shop.redeem(made.code)
    shop.later(seconds=seconds)
    with shop.refused(
        AlreadyRedeemed,
        used_at=receipt.completed_at,
        branch="Berlin Mitte",
        till="1",
        booking_id=receipt.booking_id,
    ):
        shop.scan(made.code, getattr(shop.world, till))


def test_a_booking_id_opens_the_booking_at_its_own_branch_only(shop: Shop):
    receipt = shop.redeem(shop.claim(shop.world.tea).code)
    view = shop.scan(receipt.booking_id, shop.world.berlin_2)
    assert isinstance(view, BookingAtCounter)
    assert (view.receipt, view.receipt.status) == (receipt, RedemptionStatus.COMPLETED)
    with shop.refused(ledger.NotFound, what="booking"):
        shop.scan(receipt.booking_id, shop.world.london)
    with shop.refused(ledger.NotFound, what="booking"):
        shop.scan(new_booking_id("CM").text)


def test_a_products_ean_puts_it_in_the_members_redemption(shop: Shop):
    visit_id = shop.visit(shop.world.lena)
    view = shop.scan(MUG_EAN, visit_id=visit_id)
    assert isinstance(view, PriceAtCounter)
    assert [option.points for option in view.offer.options] == [1000, 600]
    with shop.refused(VisitOver):
        shop.scan(MUG_EAN)


def test_a_visit_belongs_to_its_till_and_lasts_five_minutes(shop: Shop):
    visit_id = shop.visit(shop.world.lena)  # 30 seconds of it are over
    order = Order.one(visit_id=visit_id, reward_id=shop.world.tea, option_id=shop.option(shop.world.tea, 0))
    for actor in (shop.world.berlin_2, shop.world.london):
        with shop.refused(VisitOver):
            shop.reserve(order, actor)
    shop.later(seconds=269)
    assert counter.visit_view(shop.session, shop.world.berlin, visit_id).member.balance.available == 5000
    shop.later(seconds=1)
    with shop.refused(VisitOver):
        shop.reserve(order)
    with shop.refused(VisitOver):
        counter.visit_view(shop.session, shop.world.berlin, visit_id)


def test_a_printed_card_takes_500_points_at_most(shop: Shop):
    visit_id = shop.scan(card_code(shop)).visit_id
    order = Order.one(visit_id=visit_id, reward_id=shop.world.tea, option_id=shop.option(shop.world.tea, 0))
    assert shop.reserve(order).points_due == 300
    dear = create_reward(shop.session, options=[NewOption(points=ledger.points(501))])
    with shop.refused(ProofTooWeak, limit=CARD_POINTS_MAX):
        shop.reserve(Order.one(visit_id=visit_id, reward_id=dear, option_id=shop.option(dear, 0)))


def test_a_printed_card_takes_500_points_a_day_in_all_its_visits_at_all_tills(shop: Shop):
    def tea(actor: Actor) -> Order:
        return Order.one(
            visit_id=shop.scan(card_code(shop), actor).visit_id,
            reward_id=shop.world.tea,
            option_id=shop.option(shop.world.tea, 0),
        )

    shop.confirm(shop.reserve(tea(shop.world.berlin)).booking_id)
    for actor in (shop.world.berlin, shop.world.london):
        second = tea(actor)
        with shop.refused(ProofTooWeak, limit=CARD_POINTS_MAX):
            shop.reserve(second, actor)
    shop.reserve(shop.direct(shop.world.tea))
    shop.later(hours=24)
    shop.sweep()
    assert shop.reserve(tea(shop.world.berlin)).points_due == 300


def test_a_printed_card_opens_no_dearer_claim_either(shop: Shop):
    counted, charged = shop.claim(shop.world.tea, quantity=2), shop.claim(shop.world.mug)
    visit_id = shop.scan(card_code(shop)).visit_id
    assert shop.reserve(Order.one(visit_id=visit_id, claim_id=counted.id, units=1)).points_due == 300
    for order in (
        Order.one(visit_id=visit_id, claim_id=counted.id, units=2),
        Order.one(visit_id=visit_id, claim_id=charged.id),
    ):
        with shop.refused(ProofTooWeak, limit=CARD_POINTS_MAX):
            shop.reserve(order)


def test_a_typed_member_code_takes_2000_points_at_most(shop: Shop):
    visit_id = shop.scan(shop.code(shop.world.lena).typed, mode=EntryMode.TYPED).visit_id
    order = Order.one(
        visit_id=visit_id, reward_id=shop.world.mug, option_id=shop.option(shop.world.mug, 0), units=3
    )
    with shop.refused(ProofTooWeak, limit=TYPED_POINTS_MAX):
        shop.reserve(order)


def test_typing_is_locked_after_five_bad_codes_and_scanning_never(shop: Shop):
    made = shop.claim(shop.world.tea)
    for _time in range(5):
        with shop.refused(UnknownCode):
            shop.scan(new_short_code().text, mode=EntryMode.TYPED)
    with shop.refused(TooManyAttempts, seconds_left=300):
        shop.scan(made.short_code, mode=EntryMode.TYPED)
    assert isinstance(shop.scan(made.short_code, shop.world.berlin_2, EntryMode.TYPED), ClaimAtCounter)
    assert isinstance(shop.scan(made.code), ClaimAtCounter)

    shop.later(minutes=5)

    assert isinstance(shop.scan(made.short_code, mode=EntryMode.TYPED), ClaimAtCounter)


def test_twenty_bad_scans_lock_nothing(shop: Shop):
    made = shop.claim(shop.world.tea)
    for _time in range(20):
        with pytest.raises(UnknownCode):
            shop.scan(new_reward_code("CM").text)
    assert isinstance(shop.scan(made.short_code, mode=EntryMode.TYPED), ClaimAtCounter)


def test_a_short_code_is_for_typing_only(shop: Shop):
    short_code = shop.claim(shop.world.tea).short_code
    with shop.refused(ForeignCode, kind="text"):
        shop.scan(short_code)


def test_direct_redemption_is_off_until_configured(shop: Shop):
    order = shop.direct(shop.world.tea)
    branches.configure_branch(
        shop.session,
        SEED,
        shop.world.berlin.branch(),
        direct_redemption=False,
        tender_types=[TenderType.CASH],
    )
    with shop.refused(DirectRedemptionOff):
        shop.reserve(order)
    assert shop.scan(shop.code(shop.world.lena).text).offers == ()


def test_a_price_without_the_branchs_currency_is_neither_shown_nor_taken(shop: Shop):
    london = shop.world.london
    visit_id = shop.visit(shop.world.lena, london)
    shown = counter.price(shop.session, london, visit_id, shop.world.mug)
    assert [option.points for option in shown.offer.options] == [1000]
    mix = Order.one(visit_id=visit_id, reward_id=shop.world.mug, option_id=shop.option(shop.world.mug, 1))
    with shop.refused(PriceNotOffered):
        shop.reserve(mix, london)
    euros_only = create_reward(shop.session, options=[NewOption(points=ledger.points(1), cash={"EUR": 1})])
    with shop.refused(PriceNotOffered):
        counter.price(shop.session, london, visit_id, euros_only)


def test_the_price_of_another_reward_is_not_offered(shop: Shop):
    order = Order.one(
        visit_id=shop.visit(shop.world.lena),
        reward_id=shop.world.tea,
        option_id=shop.option(shop.world.mug, 1),
    )
    with shop.refused(PriceNotOffered):
        shop.reserve(order)


def test_a_direct_redemption_is_refused_where_when_and_for_what_it_may_not_be(shop: Shop):
    elsewhere = create_reward(shop.session, branch_ids=(shop.world.london.branch(),))
    gone = create_reward(shop.session, ean="5901234123457")
    elsewhere_order, gone_order = shop.direct(elsewhere), shop.direct(gone)
    catalogue.withdraw_reward(shop.session, SEED, gone)
    with shop.refused(WrongBranch, branches=("London Soho",)):
        shop.reserve(elsewhere_order)
    with shop.refused(RewardWithdrawn):
        shop.reserve(gone_order)
    with shop.refused(RewardWithdrawn):
        shop.scan("5901234123457", visit_id=gone_order.lines[0].visit_id)
    six = shop.direct(shop.world.mug, units=6)
    shop.credit(shop.world.lena, 5000)
    with shop.refused(OutOfStock, left=5):
        shop.reserve(six)


def test_a_member_does_not_work_at_the_counter(shop: Shop):
    before = shop.facts()
    with pytest.raises(NotAllowed) as raised:
        shop.scan(shop.claim(shop.world.tea).code, member_actor(shop.world.lena))
    assert raised.value.data() == {"permission": "redeem"}
    assert shop.rows("visits") == before["visits"]
