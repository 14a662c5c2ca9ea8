"""Failures that are counted: when they lock, for how long, and when they are forgotten."""

from functools import partial

import pytest

import ledger
from panel_app.programme import attempts
from tests.panel_app.programme.shop import Shop

pytestmark = pytest.mark.both_kinds

KIND, NAME = "pin", "M-1"


def fail(shop: Shop, times: int = 1) -> None:
    for _time in range(times):
        ledger.transact(shop.session, partial(attempts.count_failure, shop.session, KIND, NAME))


def locked(shop: Shop) -> int:
    with ledger.read(shop.session):
        return attempts.seconds_locked(shop.session, KIND, NAME)


def sweep(shop: Shop) -> None:
    ledger.transact(shop.session, partial(attempts.forget_ended, shop.session))


def test_the_fifth_failure_locks_and_each_lock_is_twice_as_long_as_the_one_before(shop: Shop):
    seen = []
    for _lock in range(8):
        fail(shop, 4)
        assert locked(shop) == 0
        fail(shop)
        seen.append(locked(shop) // 60)
        shop.later(seconds=locked(shop))
        sweep(shop)
        assert locked(shop) == 0
    assert seen == [5, 10, 20, 40, 80, 160, 160, 160]


def test_a_lock_lasts_from_its_last_failure(shop: Shop):
    fail(shop, 4)
    shop.later(minutes=4)
    fail(shop)
    assert locked(shop) == 300


def test_failures_while_it_is_locked_make_it_no_longer(shop: Shop):
    fail(shop, 25)
    assert locked(shop) == 300
    shop.later(seconds=300)
    fail(shop, 5)
    assert locked(shop) == 600


def test_a_few_failures_now_and_then_lock_nothing(shop: Shop):
    for _time in range(10):
        fail(shop, 4)
        shop.later(minutes=5)
    assert locked(shop) == 0


def test_a_success_forgets_the_locks_and_so_does_a_day(shop: Shop):
    fail(shop, 5)
    ledger.transact(shop.session, partial(attempts.forget, shop.session, KIND, NAME))
    fail(shop, 5)
    assert locked(shop) == 300
    shop.later(seconds=300, days=1)
    sweep(shop)
    fail(shop, 5)
    assert locked(shop) == 300
