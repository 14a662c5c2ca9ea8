from __future__ import annotations

import itertools

import pytest

from scanner.alphabet import ALPHABET, as_meant, check_symbol, is_good, is_spelt, random_symbols

# Worked by hand from the definition: one symbol 1 before the check weighs g, which is the element 2.
WORKED = [("1", "2"), ("G", "5"), ("11", "6"), ("0", "0"), ("Z", "V")]
GIVEN = ["R17K0123456789ABCDE", "M17KVSEJ6C", "C17KZYXWVTSRQPNM", "B17KZZZZZZZZ", "ABCDEFGH"]


@pytest.mark.parametrize(("word", "symbol"), WORKED)
def test_the_check_symbol_is_the_walk_over_gf_32(word: str, symbol: str):
    assert check_symbol(word) == symbol


@pytest.mark.parametrize("word", GIVEN)
def test_the_weights_of_a_good_word_sum_to_zero(word: str):
    # The same by another road: symbol k from the end weighs g to the k, multiplied out and reduced.
    total = 0
    for weight, symbol in enumerate(reversed(word + check_symbol(word))):
        product = ALPHABET.index(symbol) << weight
        for bit in range(product.bit_length() - 1, 4, -1):
            product ^= 0b100101 << (bit - 5) if product >> bit & 1 else 0
        total ^= product
    assert total == 0


@pytest.mark.parametrize("word", GIVEN)
def test_every_single_changed_symbol_is_found(word: str):
    good = word + check_symbol(word)
    assert is_good(good)
    changed = [
        good[:place] + symbol + good[place + 1 :]
        for place in range(len(good))
        for symbol in ALPHABET
        if symbol != good[place]
    ]
    assert len(changed) == 31 * len(good)
    assert not any(is_good(text) for text in changed)


def test_every_swap_of_two_neighbours_is_found_for_every_pair_of_symbols():
    # The walk is linear, so what stands around a pair does not matter; the place does.
    missed = 0
    for place, (first, second) in itertools.product(range(18), itertools.permutations(ALPHABET, 2)):
        word = "R17K0123456789ABCDE"
        word = word[:place] + first + second + word[place + 2 :]
        good = word + check_symbol(word)
        swapped = good[:place] + second + first + good[place + 2 :]
        missed += is_good(swapped)
    assert missed == 0


@pytest.mark.parametrize("word", GIVEN)
def test_a_swap_with_the_check_symbol_itself_is_found(word: str):
    for last in ALPHABET:
        body = word[:-1] + last
        check = check_symbol(body)
        if check != last:
            assert not is_good(body[:-1] + check + last)


def test_a_sum_without_weights_would_miss_a_swap():
    # The control: a check symbol that only adds up accepts what ours refuses.
    def plain_sum(word: str) -> int:
        total = 0
        for symbol in word:
            total ^= ALPHABET.index(symbol)
        return total

    assert plain_sum("R17KAB") == plain_sum("R17KBA")
    assert check_symbol("R17KAB") != check_symbol("R17KBA")


def test_a_word_of_more_than_31_symbols_is_never_good():
    assert is_good("0" * 31)
    assert not is_good("0" * 32)


def test_the_alphabet_leaves_out_what_people_confuse():
    assert len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("ILOU")
    assert as_meant("oil-OIL") == "011-011"
    assert is_spelt("R17K")
    assert not is_spelt("r17k")
    assert not is_spelt("R1U")


def test_random_symbols_are_spelt_and_differ():
    assert is_spelt(random_symbols(15))
    assert len({random_symbols(15) for _ in range(100)}) == 100
