"""Crockford's base 32 and its check symbol. Knows no kind of code.

The check symbol is Damm's: from state 0 a word is walked with the totally anti-symmetric quasigroup
state * symbol = g · state + symbol over GF(32), where g is a root of x⁵+x²+1 and a symbol's element is its
place in the alphabet, bit by bit. The check symbol is the one that brings the walk back to 0, which is
g times the state before it. The symbol that stands k from the end thus weighs gᵏ: a changed symbol changes
the sum, and so does a swap of any two less than 31 apart, since g has order 31. Hence at most 31 symbols.

Source: H. M. Damm, Total anti-symmetrische Quasigruppen, 2004; D. Crockford, Base 32.
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
WORD_SYMBOLS_MAX = 31
_ELEMENT = {symbol: place for place, symbol in enumerate(ALPHABET)}
_POLYNOMIAL = 0b100101
# What a person means by letters that the alphabet leaves out; capitals only, since the text is raised first.
_MEANT = str.maketrans("OIL", "011")


def check_symbol(word: str) -> str:
    """Return the symbol that makes `word` + symbol a good word."""
    return ALPHABET[_times_alpha(_walk(word))]


def is_good(word: str) -> bool:
    """Tell whether the last symbol of `word` is the check symbol of the others."""
    return 1 < len(word) <= WORD_SYMBOLS_MAX and _walk(word) == 0


def is_spelt(word: str) -> bool:
    """Tell whether `word` is made of the alphabet's symbols only, capitals."""
    return all(symbol in _ELEMENT for symbol in word)


def as_meant(text: str) -> str:
    """Return typed ASCII text in the alphabet's capitals: o is 0, i and l are 1."""
    return text.upper().translate(_MEANT)


def random_symbols(count: int) -> str:
    """Return `count` symbols of 5 random bits each, from the system's source of secrets."""
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def _walk(word: str) -> int:
    state = 0
    for symbol in word:
        state = _times_alpha(state) ^ _ELEMENT[symbol]
    return state


def _times_alpha(element: int) -> int:
    doubled = element << 1
    return doubled ^ _POLYNOMIAL if doubled & 0b100000 else doubled
