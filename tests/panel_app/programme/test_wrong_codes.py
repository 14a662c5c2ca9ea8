"""How many wrong codes a till may give: scanning waits for a moment and is never locked, a poster counts once."""

import pytest

from ledger import Refusal
from panel_app.programme import counter
from panel_app.programme.code_refusals import TooManyWrongScans
from panel_app.programme.refusals import ForeignCode, SeveralCodes, UnknownCode
from panel_app.programme.scanned_texts import Alternative, Scanned
from panel_app.programme.terms import EntryMode
from panel_app.programme.wrong_codes import SCANNED_MAX
from scanner import new_reward_code
from tests.panel_app.programme.shop import Shop

SCANNING = [mode for mode in EntryMode if mode is not EntryMode.TYPED]
POSTER = "https://example.org/poster"


def guess(shop: Shop, times: int, mode: EntryMode = EntryMode.WEDGE) -> None:
    for _time in range(times):
        with pytest.raises(UnknownCode):
            shop.scan(new_reward_code("CM").text, mode=mode)


def several(shop: Shop, text: str, *others: str) -> None:
    alternatives = tuple(Alternative(text=other) for other in others)
    scanned = Scanned(text=text, mode=EntryMode.CAMERA, alternatives=alternatives)
    counter.scan(shop.session, shop.world.berlin, scanned)


@pytest.mark.parametrize("mode", SCANNING)
def test_after_forty_different_wrong_scans_the_till_waits_until_the_minute_is_over(
    shop: Shop, mode: EntryMode
):
    made = shop.claim(shop.world.tea)
    guess(shop, SCANNED_MAX, mode)
    shop.later(seconds=18)
    with shop.refused(TooManyWrongScans, seconds_left=42):
        shop.scan(made.code, mode=mode)
    # Typing has its own count, and the till beside it too.
    assert shop.scan(made.short_code, mode=EntryMode.TYPED).claim.usable
    assert shop.scan(made.code, shop.world.berlin_2, mode).claim.usable
    shop.later(seconds=42)
    assert shop.scan(made.code, mode=mode).claim.usable


def test_each_minute_of_guessing_waits_no_longer_than_the_one_before(shop: Shop):
    for _minute in range(3):
        guess(shop, SCANNED_MAX)
        with shop.refused(TooManyWrongScans, seconds_left=60):
            shop.scan(POSTER)
        shop.later(minutes=1)


def test_a_poster_in_view_is_one_text_however_often_it_is_read(shop: Shop):
    made = shop.claim(shop.world.tea)
    for _time in range(3 * SCANNED_MAX):
        with pytest.raises(ForeignCode):
            shop.scan(POSTER)
    assert shop.scan(made.code).claim.usable


def test_a_known_text_beside_each_guess_makes_no_guess_free(shop: Shop):
    good = shop.claim(shop.world.tea).code
    for number in range(SCANNED_MAX // 4):
        several(shop, good, POSTER, *(f"Museum-{number}-{guess}" for guess in range(4)))
    with shop.refused(TooManyWrongScans, seconds_left=60):
        shop.scan(good)


def test_guesses_beside_two_good_codes_count_too(shop: Shop):
    good = [shop.claim(shop.world.tea).code for _claim in range(2)]
    for number in range(SCANNED_MAX):
        with pytest.raises(SeveralCodes):
            several(shop, *good, f"Museum-{number:04}")
    with shop.refused(TooManyWrongScans, seconds_left=60):
        shop.scan(good[0])


def test_two_readings_of_one_burst_count_once(shop: Shop):
    for number in range(SCANNED_MAX):
        keys, places = f"nope-{number}", f"Nope-{number}!"
        scanned = Scanned(text=keys, mode=EntryMode.WEDGE, alternatives=(Alternative(text=places),))
        with pytest.raises(ForeignCode):
            counter.scan(shop.session, shop.world.berlin, scanned)
    with shop.refused(TooManyWrongScans, seconds_left=60):
        shop.scan(POSTER, mode=EntryMode.WEDGE)


def test_a_refused_claim_is_no_wrong_code(shop: Shop):
    made = [shop.claim(shop.world.tea) for _claim in range(2)]
    shop.spend_all_but(0)
    for _time in range(SCANNED_MAX):
        for one in made:
            with pytest.raises(Refusal) as raised:
                shop.scan(one.code)
            assert raised.value.reason == "not_enough_points"


def test_the_texts_themselves_are_not_kept(shop: Shop):
    with pytest.raises(ForeignCode):
        shop.scan(POSTER)
    assert [row["kind"] for row in shop.rows("attempt_counts")] == ["scanned code", "scanned text"]
    assert POSTER not in str(shop.rows("attempt_counts"))
