"""The grammar of codes: text → code, or the reason why not. Knows no decoder, no secret and no database.

`parse` is for what a scanner read and takes a text exactly as it is printed. `parse_typed` is for what a
person typed: hyphens, spaces and case don't matter, O is 0, I and L are 1. Short codes and typed member
codes exist only there, so that a picture of one can't pass the counters that lock typing. Typed kinds are
told apart by length alone: 8 and 13 digits, 9 symbols short, 13 booking, 14 member (6 + 8 digits), 17 card,
20 reward, 29 changing.
"""

from __future__ import annotations

import re

from scanner.alphabet import ALPHABET, as_meant, is_good, is_spelt
from scanner.foreign import GTIN, URL, describe_foreign
from scanner.kinds import (
    BOOKING_SYMBOLS,
    CARD_SYMBOLS,
    DIGITS,
    HANDLE_SYMBOLS,
    REWARD_SYMBOLS,
    SECONDS_DIGITS,
    SHORT_SYMBOLS,
    TAG_SYMBOLS,
    BookingId,
    Code,
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
)

# A QR holds 4,296 letters at most, so a longer text was not scanned.
TEXT_CHARACTERS_MAX = 4_296
EAN_13_DIGITS, EAN_8_DIGITS = 13, 8

_S = f"[{ALPHABET}]"
_TAG = f"(?P<tag>{_S}{{{TAG_SYMBOLS}}})"
_PRINTED = (
    re.compile(rf"R1{_TAG}(?P<body>{_S}{{{REWARD_SYMBOLS}}}){_S}"),
    re.compile(rf"C1{_TAG}(?P<body>{_S}{{{CARD_SYMBOLS}}}){_S}"),
    re.compile(rf"B1-{_TAG}(?P<body>{_S}{{{BOOKING_SYMBOLS}}}){_S}"),
    re.compile(
        rf"M1-{_TAG}(?P<body>{_S}{{{HANDLE_SYMBOLS}}}){_S}"
        rf"-(?P<seconds>[0-9]{{{SECONDS_DIGITS}}})-(?P<digits>[0-9]{{{DIGITS}}})"
    ),
)
_PRINTED_AS_BARS = _PRINTED[:2]  # rewards' and members' cards
_OURS = re.compile(r"[RMCB]1[0-9A-Z-]*", re.ASCII | re.IGNORECASE)
# The shortest of ours has 14 characters; below that “C3PO” would be a code of the future.
_OURS_LATER = re.compile(r"[RMCB][02-9][0-9A-Z-]{11,}", re.ASCII | re.IGNORECASE)
_TYPED_MEMBER = re.compile(rf"(?P<handle>{_S}{{{HANDLE_SYMBOLS}}})(?P<digits>[0-9]{{{DIGITS}}})")
# Telephones turn a typed hyphen into a dash.
_BETWEEN = re.compile(r"[\s\u2010-\u2015\u2212-]+")
_UNSHOWABLE = re.compile(r"[^!-~]")


def parse(text: str, *, tag: str) -> Code:
    """Return the code that a scanned text is, or raise CodeRefused. `tag` is the programme's own."""
    _refuse_too_long(text)
    if _OURS.fullmatch(text):
        return _printed(text, tag)
    if _OURS_LATER.fullmatch(text):
        raise CodeRefused(reason=CodeReason.UNKNOWN_VERSION)
    if GTIN.fullmatch(text):
        return _ean(text)
    raise _foreign(text)


def parse_typed(text: str, *, tag: str) -> Code:
    """Return the code, in its printed form, that a person's typing means, or raise CodeRefused."""
    _refuse_too_long(text)
    squeezed = _BETWEEN.sub("", text)
    word = as_meant(squeezed) if squeezed.isascii() else ""
    if len(word) == SHORT_SYMBOLS + 1 and is_spelt(word):
        return _short(word)
    if member := _TYPED_MEMBER.fullmatch(word):
        return TypedMemberCode(text=word, handle=member["handle"], digits=member["digits"])
    if not word or URL.match(text.strip()):
        raise _foreign(text)
    try:
        return parse(_hyphenated(word), tag=tag)
    except CodeRefused as refused:
        if refused.reason is CodeReason.UNKNOWN_KIND:
            raise _foreign(text) from None
        raise


def is_spelt_as_printed(text: str) -> bool:
    """Tell whether a text has the form and the check symbol of what is printed as bars, of whatever programme."""
    return any(pattern.fullmatch(text) for pattern in _PRINTED_AS_BARS) and is_good(text)


def masked(text: str) -> str:
    """Return what a screen or a log may show of a code: the first 2 or 3 characters and the last 2."""
    shown = _UNSHOWABLE.sub("?", text)
    if len(shown) <= SHORT_SYMBOLS:
        return "…"
    return shown[: 3 if shown[2] == "-" else 2] + "…" + shown[-2:]


def _refuse_too_long(text: str) -> None:
    if len(text) > TEXT_CHARACTERS_MAX:
        raise CodeRefused(reason=CodeReason.TOO_LONG)


def _printed(text: str, tag: str) -> Code:
    for pattern in _PRINTED:
        if match := pattern.fullmatch(text):
            break
    else:
        raise CodeRefused(reason=CodeReason.MALFORMED)
    # The check symbol of a changing code covers its handle; its time and digits are proved by the secret.
    word = text.replace("-", "")[: 2 + TAG_SYMBOLS + len(match["body"]) + 1]
    if not is_good(word):
        raise CodeRefused(reason=CodeReason.WRONG_CHECK)
    if match["tag"] != tag:
        raise CodeRefused(reason=CodeReason.OTHER_PROGRAMME)
    if text.startswith("R1"):
        return RewardCode(text=text, tag=tag, body=match["body"])
    if text.startswith("C1"):
        return MemberCard(text=text, tag=tag, body=match["body"])
    if text.startswith("B1"):
        return BookingId(text=text, tag=tag, body=match["body"])
    return MemberCode(
        text=text, tag=tag, handle=match["body"], seconds=int(match["seconds"]), digits=match["digits"]
    )


def _short(word: str) -> ShortCode:
    if not is_good(word):
        raise CodeRefused(reason=CodeReason.WRONG_CHECK)
    return ShortCode(text=word)


def _ean(digits: str) -> Ean13 | Ean8:
    if len(digits) not in {EAN_13_DIGITS, EAN_8_DIGITS}:
        raise CodeRefused(reason=CodeReason.UNKNOWN_KIND, foreign=ForeignKind.EAN)
    # GS1: from the right, the check digit counts once, its neighbour three times, and so on; the sum ends
    # in 0.
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    if weighed % 10:
        raise CodeRefused(reason=CodeReason.WRONG_CHECK, foreign=ForeignKind.EAN)
    return Ean13(text=digits) if len(digits) == EAN_13_DIGITS else Ean8(text=digits)


def _hyphenated(word: str) -> str:
    """Put the hyphens of the printed form back into a typed word."""
    if word.startswith("B1"):
        return f"B1-{word[2:]}"
    if word.startswith("M1"):
        seconds_at = 2 + TAG_SYMBOLS + HANDLE_SYMBOLS + 1
        digits_at = seconds_at + SECONDS_DIGITS
        return f"M1-{word[2:seconds_at]}-{word[seconds_at:digits_at]}-{word[digits_at:]}"
    return word


def _foreign(text: str) -> CodeRefused:
    return CodeRefused(reason=CodeReason.UNKNOWN_KIND, foreign=describe_foreign(text))
