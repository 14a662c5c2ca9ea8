from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import (
    BookingId,
    CodeReason,
    CodeRefused,
    Ean8,
    Ean13,
    ForeignKind,
    MemberCard,
    MemberCode,
    RewardCode,
    ShortCode,
    TypedMemberCode,
    make_reward_code,
    masked,
    member_code_text,
    new_booking_id,
    new_card_code,
    new_handle,
    new_reward_code,
    new_short_code,
    parse,
    parse_typed,
)
from scanner.alphabet import ALPHABET, check_symbol, random_symbols

TAG = "7K"
REWARD = make_reward_code(tag=TAG, body="0123456789ABCDE").text
MEMBER = member_code_text(tag=TAG, handle="VSEJ6C", step_seconds=1_790_000_010, digits="00345678")


def refusal(text: str, *, typed: bool = False) -> tuple[CodeReason, ForeignKind | None]:
    with pytest.raises(CodeRefused) as caught:
        (parse_typed if typed else parse)(text, tag=TAG)
    return caught.value.reason, caught.value.foreign


def test_a_reward_code_is_20_characters_and_comes_back_as_its_parts():
    assert REWARD == "R17K0123456789ABCDEF"
    assert parse(REWARD, tag=TAG) == RewardCode(text=REWARD, tag=TAG, body="0123456789ABCDE")


def test_a_member_code_is_32_characters_and_keeps_the_zeros_of_its_digits():
    assert len(MEMBER) == 32
    assert parse(MEMBER, tag=TAG) == MemberCode(
        text=MEMBER, tag=TAG, handle="VSEJ6C", seconds=1_790_000_010, digits="00345678"
    )


def test_every_new_code_is_read_back_as_itself():
    card, booking, reward = new_card_code(TAG), new_booking_id(TAG), new_reward_code(TAG)
    assert parse(card.text, tag=TAG) == card
    assert parse(booking.text, tag=TAG) == booking
    assert parse(reward.text, tag=TAG) == reward
    assert (len(card.text), len(booking.text), len(reward.text)) == (17, 14, 20)
    assert isinstance(card, MemberCard)
    assert isinstance(booking, BookingId)
    short = new_short_code()
    assert parse_typed(short.text, tag=TAG) == short
    assert len(short.text) == 9


def test_typed_text_forgives_case_hyphens_spaces_and_letters_that_look_like_digits():
    expected = parse(REWARD, tag=TAG)
    assert parse_typed("r17k-O123 4567\u201389abcde-f ", tag=TAG) == expected
    assert parse_typed("Ri7K 0L23456789ABCDEF", tag=TAG) == expected
    assert parse_typed(MEMBER.lower().replace("-", ""), tag=TAG) == parse(MEMBER, tag=TAG)
    booking = new_booking_id(TAG)
    assert parse_typed(booking.text.lower().replace("-", " "), tag=TAG) == booking


def test_scanned_text_is_taken_exactly_as_printed_or_not_at_all():
    assert refusal(REWARD.lower()) == (CodeReason.MALFORMED, None)
    assert refusal(REWARD + "\n") == (CodeReason.UNKNOWN_KIND, ForeignKind.TEXT)
    assert refusal(" " + REWARD) == (CodeReason.UNKNOWN_KIND, ForeignKind.TEXT)
    assert refusal(MEMBER.replace("M1-", "M1")) == (CodeReason.MALFORMED, None)


def test_kinds_that_are_only_typed_can_not_be_scanned():
    assert refusal(new_short_code().text) == (CodeReason.UNKNOWN_KIND, ForeignKind.TEXT)
    assert refusal("VSEJ6C00345678") == (CodeReason.UNKNOWN_KIND, ForeignKind.TEXT)


def test_a_typed_member_code_and_a_short_code_are_told_apart_by_length():
    assert parse_typed("vsej6c 0034 5678", tag=TAG) == TypedMemberCode(
        text="VSEJ6C00345678", handle="VSEJ6C", digits="00345678"
    )
    short = "ABCDEFGH" + check_symbol("ABCDEFGH")
    assert parse_typed(f"{short[:4]}-{short[4:]}", tag=TAG) == ShortCode(text=short)


def test_a_short_code_that_begins_like_another_kind_is_still_a_short_code():
    short = "R1ABCDEF" + check_symbol("R1ABCDEF")
    assert parse_typed(short, tag=TAG) == ShortCode(text=short)


def test_another_programmes_code_is_told_from_a_mistyped_one():
    theirs = make_reward_code(tag="9Z", body="0123456789ABCDE").text
    assert refusal(theirs) == (CodeReason.OTHER_PROGRAMME, None)
    assert refusal(REWARD.replace("7K", "9Z")) == (CodeReason.WRONG_CHECK, None)
    assert refusal(REWARD[:-1] + "D") == (CodeReason.WRONG_CHECK, None)
    assert refusal(REWARD.replace("12", "21")) == (CodeReason.WRONG_CHECK, None)


def test_200_altered_tags_are_refused_and_the_genuine_one_still_works():
    altered = [a + b for a in ALPHABET for b in ALPHABET if a + b != TAG][:200]
    assert {refusal(f"R1{tag}{REWARD[4:]}")[0] for tag in altered} <= {
        CodeReason.WRONG_CHECK,
        CodeReason.OTHER_PROGRAMME,
    }
    assert parse(REWARD, tag=TAG).text == REWARD


@pytest.mark.parametrize(
    ("text", "reason", "foreign"),
    [
        ("", CodeReason.UNKNOWN_KIND, ForeignKind.EMPTY),
        (" \t\n", CodeReason.UNKNOWN_KIND, ForeignKind.EMPTY),
        ("https://example.org/R1", CodeReason.UNKNOWN_KIND, ForeignKind.URL),
        ("HTTP://EXAMPLE.ORG", CodeReason.UNKNOWN_KIND, ForeignKind.URL),
        ("www.example.org", CodeReason.UNKNOWN_KIND, ForeignKind.URL),
        ("036000291452", CodeReason.UNKNOWN_KIND, ForeignKind.EAN),
        ("4006381333932", CodeReason.WRONG_CHECK, ForeignKind.EAN),
        ("WIFI:S:shop;;", CodeReason.UNKNOWN_KIND, ForeignKind.WIFI),
        ("Grüße 漢字", CodeReason.UNKNOWN_KIND, ForeignKind.TEXT),
        ("\uff32\uff11\uff17\uff2b", CodeReason.UNKNOWN_KIND, ForeignKind.TEXT),
        ("\u0664\u0660\u0660\u0666\u0663\u0668\u0661\u0663", CodeReason.UNKNOWN_KIND, ForeignKind.TEXT),
        ("\ud800", CodeReason.UNKNOWN_KIND, ForeignKind.TEXT),
        ("C3PO", CodeReason.UNKNOWN_KIND, ForeignKind.TEXT),
        ("R27K0123456789ABCDEF", CodeReason.UNKNOWN_VERSION, None),
        ("B9-7KABCDEFGHX", CodeReason.UNKNOWN_VERSION, None),
        ("R17K", CodeReason.MALFORMED, None),
        ("R17K0123456789ABCDEFC", CodeReason.MALFORMED, None),
        ("R17KU123456789ABCDEC", CodeReason.MALFORMED, None),
        ("M1-7KVSEJ6C9-179000001-00345678", CodeReason.MALFORMED, None),
        ("A" * 4_297, CodeReason.TOO_LONG, None),
    ],
)
def test_a_scanned_text_that_is_no_code_says_what_it_is(
    text: str, reason: CodeReason, foreign: ForeignKind | None
):
    assert refusal(text) == (reason, foreign)


@pytest.mark.parametrize(
    ("text", "reason", "foreign"),
    [
        ("", CodeReason.UNKNOWN_KIND, ForeignKind.EMPTY),
        ("--", CodeReason.UNKNOWN_KIND, ForeignKind.TEXT),
        (" https://example.org ", CodeReason.UNKNOWN_KIND, ForeignKind.URL),
        ("ABCD-EFGH-0", CodeReason.WRONG_CHECK, None),
        ("4006 3813 3393 2", CodeReason.WRONG_CHECK, ForeignKind.EAN),
        ("\u0131\u017f7K0123456789ABCDEF", CodeReason.UNKNOWN_KIND, ForeignKind.TEXT),
        ("hello world", CodeReason.UNKNOWN_KIND, ForeignKind.TEXT),
        ("r1", CodeReason.MALFORMED, None),
    ],
)
def test_a_typed_text_that_is_no_code_says_what_it_is(
    text: str, reason: CodeReason, foreign: ForeignKind | None
):
    assert refusal(text, typed=True) == (reason, foreign)


def test_bar_codes_of_products_are_read_with_their_check_digit():
    assert parse("4006381333931", tag=TAG) == Ean13(text="4006381333931")
    assert parse("96385074", tag=TAG) == Ean8(text="96385074")
    assert parse("0036000291452", tag=TAG) == Ean13(text="0036000291452")
    assert parse_typed("4006381 333931", tag=TAG) == Ean13(text="4006381333931")


def test_neither_a_code_nor_its_refusal_shows_the_text_in_a_log():
    for code in (parse(REWARD, tag=TAG), parse(MEMBER, tag=TAG), new_short_code(), Ean8(text="96385074")):
        assert repr(code) == f"{type(code).__name__}()"
    with pytest.raises(CodeRefused) as caught:
        parse(REWARD + "X", tag=TAG)
    assert REWARD not in f"{caught.value!r} {caught.value}"


def test_a_masked_code_keeps_its_kind_and_its_last_two_symbols():
    assert masked(REWARD) == "R1…EF"
    assert masked(MEMBER) == "M1-…78"
    assert masked("ABCDEFGH0") == "AB…H0"
    assert masked("12345678") == "…"
    assert masked("") == "…"
    assert masked("\r\nfalse log line\u202e") == "??…e?"


def test_parts_of_the_wrong_form_make_no_code():
    for tag, body in (
        ("7k", "0" * 15),
        ("7", "0" * 15),
        (TAG, "0" * 14),
        (TAG, "U" * 15),
        (TAG, "0" * 14 + "\n"),
    ):
        with pytest.raises(ValueError, match="symbols of the alphabet"):
            make_reward_code(tag=tag, body=body)
    with pytest.raises(ValueError, match="8 digits"):
        member_code_text(tag=TAG, handle=new_handle(), step_seconds=1_790_000_010, digits="1234567")
    with pytest.raises(ValueError, match="10 digits"):
        member_code_text(tag=TAG, handle=new_handle(), step_seconds=59, digits="12345678")


@given(st.text(max_size=60))
def test_no_text_makes_the_parsers_stumble(text: str):
    for reader in (parse, parse_typed):
        try:
            code = reader(text, tag=TAG)
        except CodeRefused:
            continue
        assert code.text.isascii()


@given(
    st.text(alphabet=ALPHABET + "-OIL", min_size=0, max_size=36),
    st.sampled_from(["R1", "M1-", "C1", "B1-", "R2"]),
)
def test_texts_that_begin_like_ours_are_read_only_when_their_check_symbol_is_right(text: str, kind: str):
    try:
        code = parse(kind + text, tag=TAG)
    except CodeRefused:
        return
    word = code.text.replace("-", "")
    body_end = 2 + 2 + (6 if kind == "M1-" else len(word) - 5)
    assert check_symbol(word[:body_end]) == word[body_end]


@given(st.text(alphabet=ALPHABET, min_size=15, max_size=15), st.sampled_from(["-", " ", "", "\u2011"]))
def test_a_typed_reward_code_survives_any_grouping(body: str, between: str):
    code = make_reward_code(tag=TAG, body=body)
    grouped = between.join(code.text[place : place + 4] for place in range(0, 20, 4))
    assert parse_typed(grouped.lower(), tag=TAG) == code


def test_of_10_000_random_texts_of_a_codes_form_about_one_in_32_has_its_check_symbol():
    # The check symbol stops slips of the hand, not forgers: those meet 75 random bits in the database.
    texts = [f"R1{TAG}{random_symbols(16)}" for _ in range(10_000)]
    assert 200 < sum(is_read(text) for text in texts) < 430


def is_read(text: str) -> bool:
    try:
        parse(text, tag=TAG)
    except CodeRefused:
        return False
    return True
