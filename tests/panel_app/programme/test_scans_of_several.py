"""More than one text in a scan: codes side by side in a picture, keys read by their place, caps lock."""

import pytest

from panel_app.programme import counter, reservations
from panel_app.programme.refusals import ForeignCode, MistypedCode, NotYetValid, SeveralCodes
from panel_app.programme.scanned_texts import Alternative, Scanned
from panel_app.programme.terms import EntryMode, MemberAtCounter, RedemptionType
from tests.conftest import NOON
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import create_reward


def scan(shop: Shop, first: str, *others: str, mode: EntryMode = EntryMode.CAMERA):
    alternatives = tuple(Alternative(text=text) for text in others)
    scanned = Scanned(text=first, mode=mode, alternatives=alternatives)
    return counter.scan(shop.session, shop.world.berlin, scanned)


def test_our_code_counts_beside_a_poster(shop: Shop):
    code = shop.claim(shop.world.mug).code
    assert scan(shop, "https://example.org/poster", code).claim.remaining == 1


def test_two_good_codes_are_never_chosen_from_silently(shop: Shop):
    first, second = shop.claim(shop.world.mug).code, shop.claim(shop.world.mug).code
    with shop.refused(SeveralCodes, count=2):
        scan(shop, first, second)


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
