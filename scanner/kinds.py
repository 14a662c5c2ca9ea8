"""The kinds of code and the reasons why a text is none. Knows no way to read or make one.

Every kind carries its `text` exactly as it is printed; look-ups and hashes use that. No field shows in a
repr: a code never stands in a log line, not by an exception's traceback either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, auto

TAG_SYMBOLS = 2
REWARD_SYMBOLS = 15
CARD_SYMBOLS = 12
BOOKING_SYMBOLS = 8
SHORT_SYMBOLS = 8
# Six, so that a changing member code keeps within 32 characters: 3 + 2 + 6 + 1, “-”, 10 seconds, “-”, 8
# digits.
HANDLE_SYMBOLS = 6
DIGITS = 8
SECONDS_DIGITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardCode:
    """`R1` tag, 15 symbols, check: a member's claim to a reward. `tag` and `body` are parts of the text."""

    text: str = field(repr=False)
    tag: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCode:
    """`M1-` tag, handle, check `-` Unix seconds `-` 8 digits: a member's device, now.

    `seconds` is the time as printed; the step it lies in is rotating.step_of(seconds).
    """

    text: str = field(repr=False)
    tag: str = field(repr=False)
    handle: str = field(repr=False)
    seconds: int = field(repr=False)
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard:
    """`C1` tag, 12 symbols, check: a printed card, which identifies and proves nothing."""

    text: str = field(repr=False)
    tag: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingId:
    """`B1-` tag, 8 symbols, check: a redemption, on its receipt."""

    text: str = field(repr=False)
    tag: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortCode:
    """8 symbols and a check over them alone: a live claim, only ever typed."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedMemberCode:
    """A handle and the 8 digits beside it on the member's phone, only ever typed. It has no check symbol."""

    text: str = field(repr=False)
    handle: str = field(repr=False)
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ean13:
    """A product's bar code of 13 digits (GS1), UPC-A with a leading 0 among them."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ean8:
    """A small product's bar code of 8 digits (GS1)."""

    text: str = field(repr=False)


Code = RewardCode | MemberCode | MemberCard | BookingId | ShortCode | TypedMemberCode | Ean13 | Ean8


class CodeReason(StrEnum):
    """Why a text is not a code of this programme. All of it is known before a database is asked."""

    UNKNOWN_KIND = auto()
    UNKNOWN_VERSION = auto()
    MALFORMED = auto()
    WRONG_CHECK = auto()
    OTHER_PROGRAMME = auto()
    TOO_LONG = auto()


class ForeignKind(StrEnum):
    """What a text of unknown kind looks like, so that the screen can say it."""

    EMPTY = auto()
    URL = auto()
    EAN = auto()
    EMAIL = auto()
    PHONE = auto()
    CONTACT = auto()
    WIFI = auto()
    PLACE = auto()
    EVENT = auto()
    PAYMENT = auto()
    TEXT = auto()


class CodeRefused(Exception):  # noqa: N818  a refusal is an answer, not an error
    """A text that is no code here. `foreign` is set when the kind is unknown. The text itself is not kept."""

    def __init__(self, *, reason: CodeReason, foreign: ForeignKind | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.foreign = foreign
