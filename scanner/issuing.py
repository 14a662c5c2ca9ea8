"""New codes. Knows how each kind is put together, and not what it will be worth."""

from __future__ import annotations

from scanner.alphabet import check_symbol, is_spelt, random_symbols
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
    MemberCard,
    RewardCode,
    ShortCode,
)


def make_reward_code(tag: str, body: str) -> RewardCode:
    """Put a reward code together. Raise ValueError unless tag and body have 2 and 15 symbols."""
    word = _spelt(tag, TAG_SYMBOLS) + _spelt(body, REWARD_SYMBOLS)
    return RewardCode(text=f"R1{word}{check_symbol('R1' + word)}", tag=tag, body=body)


def new_reward_code(tag: str) -> RewardCode:
    """Return a reward code of 75 random bits."""
    return make_reward_code(tag=tag, body=random_symbols(REWARD_SYMBOLS))


def new_card_code(tag: str) -> MemberCard:
    """Return the code of a new printed member card."""
    body = random_symbols(CARD_SYMBOLS)
    word = _spelt(tag, TAG_SYMBOLS) + body
    return MemberCard(text=f"C1{word}{check_symbol('C1' + word)}", tag=tag, body=body)


def new_booking_id(tag: str) -> BookingId:
    """Return a booking ID of 40 random bits; the table of bookings keeps them unique."""
    body = random_symbols(BOOKING_SYMBOLS)
    word = _spelt(tag, TAG_SYMBOLS) + body
    return BookingId(text=f"B1-{word}{check_symbol('B1' + word)}", tag=tag, body=body)


def new_short_code() -> ShortCode:
    """Return a short code of 40 random bits; unique among live claims is the caller's to keep."""
    body = random_symbols(SHORT_SYMBOLS)
    return ShortCode(text=body + check_symbol(body))


def new_handle() -> str:
    """Return a handle for a member's device: 6 symbols, public; unique is the caller's to keep."""
    return random_symbols(HANDLE_SYMBOLS)


def member_code_text(tag: str, handle: str, step_seconds: int, digits: str) -> str:
    """Return what a member's device shows in this step. Raise ValueError for parts of the wrong form."""
    word = _spelt(tag, TAG_SYMBOLS) + _spelt(handle, HANDLE_SYMBOLS)
    seconds = str(step_seconds)
    if len(seconds) != SECONDS_DIGITS or len(digits) != DIGITS or not (seconds + digits).isdecimal():
        raise ValueError("a member code has 10 digits of seconds and 8 digits of proof")
    return f"M1-{word}{check_symbol('M1' + word)}-{seconds}-{digits}"


def _spelt(part: str, symbols: int) -> str:
    if len(part) != symbols or not is_spelt(part):
        raise ValueError(f"{symbols} symbols of the alphabet are needed, not {len(part)} characters")
    return part
