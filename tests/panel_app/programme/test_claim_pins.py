"""PINs of claims: which claim one opens, for whom and when, and how often a wrong one may be typed."""

from uuid import UUID

import pytest

from panel_app.programme import claiming
from panel_app.programme.baskets import Order
from panel_app.programme.catalogue import NewOption
from panel_app.programme.code_refusals import PinNeeded
from panel_app.programme.refusals import LockedOut, ProofTooWeak, TypeNotAccepted, VisitOver, WrongPin
from panel_app.programme.terms import ClaimAtCounter, EntryMode, RedemptionType
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, create_reward


@pytest.fixture
def locker(shop: Shop) -> UUID:
    """A reward that is opened by its claim's PIN alone."""
    return create_reward(shop.session, sku="LOCKER", redemption_types=(RedemptionType.PIN,))


def another(pin: str | None) -> str:
    return f"{(int(pin or 0) + 1) % 10**6:06}"


def type_pin(shop: Shop, pin: str | None, visit_id: UUID | None, actor=None):  # noqa: ANN001 - as Shop.scan
    return shop.scan(pin or "", actor, EntryMode.TYPED, visit_id=visit_id)


def test_after_the_member_the_pin_opens_the_claim_and_it_is_redeemed(shop: Shop, locker: UUID):
    made = shop.claim(locker)
    assert made.pin is not None
    assert (len(made.pin), made.pin.isdigit()) == (6, True)
    view = type_pin(shop, f" {made.pin} ", shop.visit(shop.world.lena))
    assert isinstance(view, ClaimAtCounter)
    assert (view.claim.id, view.claim.usable) == (made.id, True)
    receipt = shop.at_once(Order.one(visit_id=view.visit_id, claim_id=made.id))
    assert [line.units for line in receipt.lines] == [1]


def test_a_pin_is_nothing_without_the_member_at_this_till(shop: Shop, locker: UUID):
    made = shop.claim(locker)
    elsewhere = shop.visit(shop.world.lena, shop.world.berlin_2)
    for visit_id in (None, elsewhere):
        with shop.refused(VisitOver):
            type_pin(shop, made.pin, visit_id)


def test_a_pin_opens_no_claim_of_another_member(shop: Shop, locker: UUID):
    made = shop.claim(locker)
    omar = shop.visit(shop.world.omar)
    with shop.refused(WrongPin):
        type_pin(shop, made.pin, omar)


@pytest.mark.parametrize("mode", [EntryMode.TYPED, EntryMode.WEDGE])
def test_no_other_code_of_the_claim_opens_it(shop: Shop, locker: UUID, mode: EntryMode):
    made = shop.claim(locker)
    with shop.refused(PinNeeded):
        shop.scan(made.code, mode=mode)
    with shop.refused(TypeNotAccepted, accepted=("pin",)):
        shop.scan(made.code, shown_as=RedemptionType.QR)
    with shop.refused(PinNeeded):
        shop.scan(made.short_code, mode=EntryMode.TYPED)


def test_it_is_not_chosen_from_the_members_list_without_the_pin(shop: Shop, locker: UUID):
    made = shop.claim(locker)
    view = shop.scan(shop.code(shop.world.lena).text)
    assert [(claim.usable, claim.reason) for claim in view.claims] == [(False, "pin_needed")]
    with shop.refused(PinNeeded):
        shop.reserve(Order.one(visit_id=view.visit_id, claim_id=made.id))


def test_a_reward_that_accepts_more_than_the_pin_is_chosen_as_before(shop: Shop):
    both = create_reward(shop.session, redemption_types=(RedemptionType.QR, RedemptionType.PIN))
    made = shop.claim(both)
    visit_id = shop.visit(shop.world.lena)
    assert type_pin(shop, made.pin, visit_id).claim.id == made.id
    assert shop.scan(made.code, shown_as=RedemptionType.QR).claim.id == made.id
    shop.at_once(Order.one(visit_id=visit_id, claim_id=made.id))


def test_five_wrong_pins_lock_the_members_pins_at_every_till(shop: Shop, locker: UUID):
    made = shop.claim(locker)
    for actor in (
        shop.world.berlin,
        shop.world.berlin,
        shop.world.berlin,
        shop.world.london,
        shop.world.london,
    ):
        visit_id = shop.visit(shop.world.lena, actor)
        with shop.refused(WrongPin):
            type_pin(shop, another(made.pin), visit_id, actor)
    visit_id = shop.visit(shop.world.lena, shop.world.berlin_2)
    shop.claim(locker, member_id=shop.world.omar)
    seconds = 300 - 30  # the step of the member's code in visit()
    with shop.refused(LockedOut, seconds_left=seconds):
        type_pin(shop, made.pin, visit_id, shop.world.berlin_2)
    shop.later(seconds=seconds)
    visit_id = shop.visit(shop.world.lena)
    assert type_pin(shop, made.pin, visit_id).claim.id == made.id


def test_wrong_pins_do_not_lock_typing_at_the_till(shop: Shop, locker: UUID):
    made, tea = shop.claim(locker), shop.claim(shop.world.tea)
    visit_id = shop.visit(shop.world.lena)
    for _time in range(5):
        with shop.refused(WrongPin):
            type_pin(shop, another(made.pin), visit_id)
    assert shop.scan(tea.short_code, mode=EntryMode.TYPED).claim.id == tea.id


def test_what_the_members_proof_is_good_for_holds_with_a_pin_too(shop: Shop):
    dear = create_reward(
        shop.session, redemption_types=(RedemptionType.PIN,), options=[NewOption(points=2500)]
    )
    made = shop.claim(dear)
    typed = shop.scan(shop.code(shop.world.lena).typed, mode=EntryMode.TYPED)
    view = type_pin(shop, made.pin, typed.visit_id)
    with shop.refused(ProofTooWeak, limit=2000):
        shop.at_once(Order.one(visit_id=view.visit_id, claim_id=made.id))


def test_a_replaced_claim_has_a_new_pin_and_a_used_one_opens_nothing(shop: Shop, locker: UUID):
    made = shop.claim(locker)
    new = claiming.replace_claim(shop.session, SEED, made.id)
    visit_id = shop.visit(shop.world.lena)
    view = type_pin(shop, new.pin, visit_id)
    shop.at_once(Order.one(visit_id=view.visit_id, claim_id=new.id))
    with shop.refused(WrongPin):
        type_pin(shop, new.pin, visit_id)
    assert made.pin not in str(shop.rows("claims"))


def test_six_scanned_digits_are_no_pin(shop: Shop, locker: UUID):
    made = shop.claim(locker)
    visit_id = shop.visit(shop.world.lena)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - its reason is compared
        shop.scan(made.pin or "", mode=EntryMode.WEDGE, visit_id=visit_id)
    assert raised.value.reason == "foreign_code"
