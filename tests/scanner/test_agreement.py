from __future__ import annotations

import pytest

from scanner.agreement import FRAMES_REMEMBERED, Agreement, counts_alone, counts_in_photo
from scanner.terms import Payload, Stage, Symbology

EAN, OURS = "4006381333931", "R1CM0123456789ABCDER"


def read(*stages: Stage, text: str = EAN, symbology: Symbology = Symbology.EAN_13) -> Payload:
    return Payload(symbology=symbology, text=text, quad=((0, 0), (9, 0), (9, 9), (0, 9)), stages=stages)


def counted(agreement: Agreement, picture: bytes, *payloads: Payload) -> list[str]:
    return [payload.text for payload in agreement.counted(payloads, picture)]


def test_a_qr_code_counts_at_its_first_read():
    code = read(Stage.SHARPENED, text="R1", symbology=Symbology.QR)
    assert counts_alone(code)
    assert counted(Agreement(), b"1", code) == ["R1"]


@pytest.mark.parametrize("symbology", [Symbology.CODE_128, Symbology.EAN_13, Symbology.EAN_8])
def test_a_bar_code_counts_at_its_second_frame(symbology: Symbology):
    agreement, bars = Agreement(), read(Stage.PLAIN, symbology=symbology)
    assert counted(agreement, b"1", bars) == []
    assert counted(agreement, b"2", bars) == [EAN]
    assert counted(agreement, b"3", bars) == [EAN]


@pytest.mark.parametrize("text", [OURS, "C1CM0123456789AB5"])
def test_in_a_photo_the_check_symbol_of_a_code_of_ours_is_the_second_witness(text: str):
    bars = read(Stage.PLAIN, text=text, symbology=Symbology.CODE_128)
    assert counts_in_photo(bars)
    assert not counts_alone(bars)
    assert counted(Agreement(), b"1", bars) == []  # a camera's next frame comes


@pytest.mark.parametrize(
    ("stage", "text", "symbology"),
    [
        (Stage.PLAIN, OURS[:-1] + "S", Symbology.CODE_128),  # another symbol than the check symbol
        (Stage.PLAIN, OURS.lower(), Symbology.CODE_128),
        (Stage.PLAIN, "PARTNER-0001", Symbology.CODE_128),
        (Stage.PLAIN, EAN, Symbology.EAN_13),
        (Stage.SHARPENED, OURS, Symbology.CODE_128),
    ],
)
def test_in_a_photo_any_other_bar_code_needs_two_decoders(stage: Stage, text: str, symbology: Symbology):
    assert not counts_in_photo(read(stage, text=text, symbology=symbology))
    assert counts_in_photo(read(Stage.PLAIN, Stage.ZBAR, text=text, symbology=symbology))


def test_two_decoders_that_agree_on_one_picture_are_two_reads():
    assert counts_alone(read(Stage.PLAIN, Stage.ZBAR))
    assert counts_alone(read(Stage.TURNED, Stage.ZBAR_TURNED))
    assert counted(Agreement(), b"1", read(Stage.PLAIN, Stage.ZBAR)) == [EAN]


def test_one_decoder_that_repeats_itself_on_one_picture_is_one_read():
    assert not counts_alone(read(Stage.PLAIN, Stage.FLATTENED, Stage.MEDIAN))
    assert not counts_alone(read(Stage.ZBAR, Stage.ZBAR_THRESHOLD))
    agreement = Agreement()
    for stage in (Stage.PLAIN, Stage.FLATTENED, Stage.PLAIN):
        assert counted(agreement, b"the same picture", read(stage)) == []


def test_a_sharpened_picture_is_no_witness_for_a_bar_code():
    agreement = Agreement()
    for picture in (b"1", b"2", b"3"):
        assert counted(agreement, picture, read(Stage.SHARPENED, Stage.EVENED_SHARPENED)) == []
    assert not counts_alone(read(Stage.SHARPENED, Stage.ZBAR))


def test_two_reads_that_differ_by_one_digit_are_not_equal():
    agreement = Agreement()
    assert counted(agreement, b"1", read(Stage.PLAIN)) == []
    assert counted(agreement, b"2", read(Stage.PLAIN, text="4006381333948")) == []


def test_two_good_bar_codes_in_view_both_count():
    agreement, other = Agreement(), "9783161484100"
    both = (read(Stage.PLAIN), read(Stage.PLAIN, text=other))
    assert counted(agreement, b"1", *both) == []
    assert counted(agreement, b"2", *both) == [EAN, other]


def test_a_read_that_nobody_repeats_is_forgotten():
    agreement = Agreement()
    counted(agreement, b"1", read(Stage.PLAIN))
    for number in range(FRAMES_REMEMBERED - 1):
        counted(agreement, b"nothing %d" % number)
    # One frame earlier it would still have been there.
    assert counted(agreement, b"2", read(Stage.PLAIN)) == []
    other = Agreement()
    counted(other, b"1", read(Stage.PLAIN))
    for number in range(FRAMES_REMEMBERED - 2):
        counted(other, b"nothing %d" % number)
    assert counted(other, b"2", read(Stage.PLAIN)) == [EAN]


def test_what_is_remembered_does_not_grow_with_the_day():
    agreement = Agreement()
    for number in range(200):
        counted(agreement, b"%d" % number, read(Stage.PLAIN, text=str(number)))
    assert len(agreement._reads) <= FRAMES_REMEMBERED
