"""The changing code of a member's phone: one step back, none ahead, each once; and signing in on the phone."""

import pytest

import ledger
from panel_app.programme import member_codes, suspension
from panel_app.programme.refusals import (
    ForgedCode,
    LockedOut,
    MemberCodeAhead,
    MemberSuspended,
    MistypedCode,
    OwnAccount,
    ReplayedMemberCode,
    SignInFailed,
    StaleMemberCode,
    UnknownCode,
)
from panel_app.programme.terms import EntryMode, MemberAtCounter
from panel_app.programme.wrong_codes import SCANNED_MAX
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import PHONE, PIN, SEED, TELEPHONE

DIGITS = "0123456789"


def test_a_code_is_good_in_its_step_and_the_next(shop: Shop):
    shown = shop.code(shop.world.lena)
    assert shown.seconds_left == 30
    shop.later(seconds=59)
    assert isinstance(shop.scan(shown.text), MemberAtCounter)


def test_a_screenshot_is_stale_from_the_third_step_on(shop: Shop):
    shown = shop.code(shop.world.lena)
    shop.later(seconds=60)
    with shop.refused(StaleMemberCode, seconds_old=60):
        shop.scan(shown.text)
    with shop.refused(StaleMemberCode, seconds_old=60):
        shop.scan(shown.typed, mode=EntryMode.TYPED)


def test_a_phone_whose_clock_is_ahead_is_told_so(shop: Shop):
    shop.later(minutes=2)
    shown = shop.code(shop.world.lena)
    shop.later(minutes=-2)
    with shop.refused(MemberCodeAhead, seconds_ahead=120):
        shop.scan(shown.text)


def test_a_code_opens_the_member_once(shop: Shop):
    shown = shop.code(shop.world.lena)
    first = shop.scan(shown.text)
    assert shop.scan(shown.text).visit_id == first.visit_id  # the phone still lies under the same camera
    for actor in (shop.world.berlin_2, shop.world.london):
        with shop.refused(ReplayedMemberCode):
            shop.scan(shown.text, actor)
    with shop.refused(ReplayedMemberCode):
        shop.scan(shown.typed, shop.world.london, EntryMode.TYPED)
    shop.later(minutes=5)
    with shop.refused(ReplayedMemberCode):
        shop.scan(shown.text)


def test_an_older_step_is_dead_once_a_newer_one_was_burned(shop: Shop):
    older = shop.code(shop.world.lena)
    shop.later(seconds=30)
    shop.scan(shop.code(shop.world.lena).text)
    with shop.refused(ReplayedMemberCode):
        shop.scan(older.text, shop.world.london)


def altered(shown: str) -> list[str]:
    """200 texts beside a shown one: another digit at each place that counts, and other numbers."""
    # Not the seconds' last two digits: any second of the step names it.
    places = [*range(13, 21), *range(24, 32)]
    others = [(place, digit) for place in places for digit in DIGITS if digit != shown[place]]
    texts = [shown[:place] + digit + shown[place + 1 :] for place, digit in others]
    return texts + [shown[:-8] + f"{number:08}" for number in range(1000, 1200 - len(texts))]


def test_200_altered_codes_open_nothing_and_the_genuine_one_still_does(shop: Shop):
    tried = 0
    while tried < 200:
        shown = shop.code(shop.world.lena).text
        before = shop.facts()
        # A till that scans more wrong texts within a minute waits.
        portion = altered(shown)[tried : tried + SCANNED_MAX - 1]
        for text in portion:
            with pytest.raises(ForgedCode):
                shop.scan(text)
        assert shop.facts() == before
        assert isinstance(shop.scan(shown), MemberAtCounter)
        tried += len(portion)
        shop.later(minutes=6)
    assert tried == len(set(altered(shown))) == 200


def test_forged_mistyped_and_unknown_are_told_apart(shop: Shop):
    shown = shop.code(shop.world.lena)
    last = shown.text[-1]
    with shop.refused(ForgedCode):
        shop.scan(shown.text[:-1] + DIGITS[int(last) - 1])
    with shop.refused(MistypedCode):
        shop.scan(shown.text[:5] + ("0" if shown.text[5] != "0" else "1") + shown.text[6:])
    with shop.refused(UnknownCode):
        shop.scan("ZZZZZZ 12345678", mode=EntryMode.TYPED)


def test_a_second_phone_of_the_member_has_codes_of_its_own(shop: Shop):
    old = shop.code(shop.world.lena)
    signed_in = member_codes.sign_in_phone(shop.session, PHONE, "M-1", PIN)
    with ledger.read(shop.session):
        new = member_codes.shown_code(shop.session, shop.world.lena, signed_in.device_id)
    assert old.text != new.text
    assert isinstance(shop.scan(new.text), MemberAtCounter)
    assert isinstance(shop.scan(old.text, shop.world.london), MemberAtCounter)


def test_another_members_phone_shows_no_code(shop: Shop):
    with ledger.read(shop.session), pytest.raises(UnknownCode):
        member_codes.shown_code(shop.session, shop.world.omar, shop.world.phones[shop.world.lena])


def test_a_suspended_member_is_refused_and_the_code_is_not_burned(shop: Shop):
    suspension.suspend(shop.session, SEED, shop.world.lena)
    for _scan in range(2):
        with shop.refused(MemberSuspended):
            shop.scan(shop.code(shop.world.lena).text)


def test_nobody_opens_the_own_account(shop: Shop):
    with shop.refused(OwnAccount):
        shop.scan(shop.code(shop.world.anna).text)
    assert isinstance(shop.scan(shop.code(shop.world.anna).text, shop.world.berlin_2), MemberAtCounter)


@pytest.mark.parametrize("identifier", ["M-1", TELEPHONE, "lena@example.org"])
def test_a_member_signs_in_by_number_phone_or_email(shop: Shop, identifier: str):
    assert member_codes.sign_in_phone(shop.session, PHONE, identifier, PIN).member_id == shop.world.lena


@pytest.mark.parametrize(
    ("identifier", "pin"), [("M-1", "000000"), ("M-9", PIN), ("M-2", ""), ("M\x001", PIN)]
)
def test_a_wrong_pin_and_an_unknown_member_get_one_answer(shop: Shop, identifier: str, pin: str):
    with shop.refused(SignInFailed):
        member_codes.sign_in_phone(shop.session, PHONE, identifier, pin)


def test_a_phone_is_locked_out_after_five_wrong_pins_for_five_minutes(shop: Shop):
    for _time in range(5):
        with shop.refused(SignInFailed):
            member_codes.sign_in_phone(shop.session, PHONE, "M-1", "000000")
    # Counted for the member: the own e-mail address, in whatever letters, is no second set of tries.
    for name in ("M-1", "Lena@Example.org"):
        with shop.refused(LockedOut, seconds_left=300):
            member_codes.sign_in_phone(shop.session, PHONE, name, PIN)
    shop.later(minutes=5)
    assert member_codes.sign_in_phone(shop.session, PHONE, "M-1", PIN).member_id == shop.world.lena
