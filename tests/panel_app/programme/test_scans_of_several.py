"""More than one text in a scan: codes side by side in a picture, keys read by their place, caps lock."""

from datetime import timedelta
from uuid import UUID

import pytest

from panel_app.programme import counter, reservations, visits
from panel_app.programme.refusals import (
    ForeignCode,
    MistypedCode,
    NotYetValid,
    SeveralCodes,
    UnknownCode,
)
from panel_app.programme.scanned_texts import Alternative, Scanned
from panel_app.programme.terms import EntryMode, MemberAtCounter, RedemptionType
from scanner import member_code_text, new_booking_id, new_card_code, new_handle, new_reward_code
from tests.conftest import NOON
from tests.panel_app.programme.shop import Shop
from tests.panel_app.programme.test_counter import card_code
from tests.panel_app.world import MUG_EAN, create_reward


def scan(
    shop: Shop,
    first: str,
    *others: str,
    mode: EntryMode = EntryMode.CAMERA,
    visit_id: UUID | None = None,
):
    alternatives = tuple(Alternative(text=text) for text in others)
    scanned = Scanned(text=first, mode=mode, alternatives=alternatives, visit_id=visit_id)
    return counter.scan(shop.session, shop.world.berlin, scanned)


def code_of_nobody() -> str:
    """A member code that is well formed; no member has its handle."""
    return member_code_text(
        tag="CM", handle=new_handle(), step_seconds=int(NOON.timestamp()) // 30 * 30, digits="00000000"
    )


def test_our_code_counts_beside_a_poster(shop: Shop):
    code = shop.claim(shop.world.mug).code
    assert scan(shop, "https://example.org/poster", code).claim.remaining == 1


def test_two_good_codes_are_never_chosen_from_silently(shop: Shop):
    first, second = shop.claim(shop.world.mug).code, shop.claim(shop.world.mug).code
    with shop.refused(SeveralCodes, count=2):
        scan(shop, first, second)


def test_a_product_beside_the_phone_of_the_member_on_the_screen_is_taken_at_once(shop: Shop):
    code = shop.code(shop.world.lena).text
    visit_id = shop.scan(code).visit_id
    assert scan(shop, code, MUG_EAN, visit_id=visit_id).offer.reward.id == shop.world.mug
    shop.clock.advance(timedelta(seconds=30))
    # The phone shows the next code by now, and it stays good for another scan.
    following = shop.code(shop.world.lena).text
    assert following != code
    assert scan(shop, MUG_EAN, following, visit_id=visit_id).offer.reward.id == shop.world.mug
    assert shop.scan(following).visit_id != visit_id


def test_a_product_beside_the_phone_of_nobody_on_the_screen_is_not_chosen(shop: Shop):
    with shop.refused(SeveralCodes, count=2):
        scan(shop, shop.code(shop.world.lena).text, MUG_EAN)


def test_a_product_beside_another_members_phone_is_not_chosen(shop: Shop):
    visit_id = shop.visit(shop.world.lena)
    with shop.refused(SeveralCodes, count=2):
        scan(shop, shop.code(shop.world.omar).text, MUG_EAN, visit_id=visit_id)


def test_a_product_beside_the_phone_of_a_visit_that_is_over_is_not_chosen(shop: Shop):
    visit_id = shop.visit(shop.world.lena)
    shop.clock.advance(visits.LASTS)
    with shop.refused(SeveralCodes, count=2):
        scan(shop, shop.code(shop.world.lena).text, MUG_EAN, visit_id=visit_id)


def test_the_members_own_two_codes_side_by_side_show_the_member_again(shop: Shop):
    code = shop.code(shop.world.lena).text
    visit_id = shop.scan(code).visit_id
    shop.clock.advance(timedelta(seconds=30))
    following = shop.code(shop.world.lena).text
    assert scan(shop, code, following, visit_id=visit_id).visit_id == visit_id


def test_one_code_shown_twice_is_one_code(shop: Shop):
    code = shop.claim(shop.world.mug).code
    assert scan(shop, code, code).claim.remaining == 1


def test_nothing_of_ours_is_refused_for_the_first_text(shop: Shop):
    with shop.refused(ForeignCode, kind="url"):
        scan(shop, "https://example.org/poster", "hello there")


def test_a_scanner_under_caps_lock_is_read(shop: Shop):
    member = scan(shop, shop.code(shop.world.lena).text.lower(), mode=EntryMode.WEDGE)
    assert isinstance(member, MemberAtCounter)


def test_a_camera_reads_no_small_letters(shop: Shop):
    code = shop.claim(shop.world.mug).code
    with shop.refused(MistypedCode):
        scan(shop, code.lower())


def test_keys_read_by_their_place_count_when_the_layout_garbled_them(shop: Shop):
    code = shop.code(shop.world.lena).text
    garbled = code.translate(str.maketrans("1234567890-", "&é\"'(-è_çà)"))
    member = scan(shop, garbled, code, mode=EntryMode.WEDGE)
    assert isinstance(member, MemberAtCounter)


@pytest.mark.parametrize("place", [0, 1], ids=["by what they say", "by their place"])
@pytest.mark.parametrize("kind", ["claim", "card", "member", "booking"])
def test_of_two_readings_that_pass_the_check_symbol_the_one_that_was_given_out_counts(
    shop: Shop, kind: str, place: int
):
    given_out, made_up = {
        "claim": lambda: (shop.claim(shop.world.mug).code, new_reward_code("CM").text),
        "card": lambda: (card_code(shop), new_card_code("CM").text),
        "member": lambda: (shop.code(shop.world.lena).text, code_of_nobody()),
        "booking": lambda: (
            shop.redeem(shop.claim(shop.world.mug).code).booking_id,
            new_booking_id("CM").text,
        ),
    }[kind]()
    readings = [made_up]
    readings.insert(place, given_out)
    scan(shop, *readings, mode=EntryMode.WEDGE)


def test_two_readings_that_nobody_was_given_are_one_unknown_code(shop: Shop):
    with shop.refused(UnknownCode):
        scan(shop, new_reward_code("CM").text, new_reward_code("CM").text, mode=EntryMode.WEDGE)


def test_a_page_loaded_again_finds_what_its_till_has_reserved(shop: Shop):
    reserved = shop.reserve(shop.direct(shop.world.mug, option=1))
    found = reservations.open_at_till(shop.session, shop.world.berlin)
    assert found is not None
    assert (found.booking_id, found.balance_before, found.balance_after) == (
        reserved.booking_id,
        reserved.balance_before,
        reserved.balance_after,
    )
    assert reservations.open_at_till(shop.session, shop.world.berlin_2) is None
    shop.session.rollback()


def test_a_reward_is_not_redeemed_directly_before_its_first_day(shop: Shop):
    tomorrow = NOON.date().replace(day=NOON.day + 1)
    reward = create_reward(shop.session, valid_from=tomorrow)
    order = shop.direct(reward)
    with shop.refused(NotYetValid, valid_from=tomorrow):
        shop.reserve(order)
    view = shop.scan(shop.code(shop.world.lena).text)
    assert [offer.reason for offer in view.offers if offer.reward.id == reward] == ["not_yet_valid"]


@pytest.mark.parametrize("shown_as", [RedemptionType.QR, None])
def test_the_kind_of_the_chosen_text_is_judged(shop: Shop, shown_as: RedemptionType | None):
    code = shop.claim(shop.world.mug).code
    scanned = Scanned(
        text="poster", mode=EntryMode.CAMERA, alternatives=(Alternative(text=code, shown_as=shown_as),)
    )
    assert counter.scan(shop.session, shop.world.berlin, scanned).claim.remaining == 1
