"""A process that dies between two steps of a conversion: the same request goes on, or the sweeper gives back."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGKILL

import pytest

import ledger
from ledger import Points, Session
from panel_app.programme.conversion_terms import ConversionFailure, ConversionStatus
from panel_app.programme.surfaces.conversion_shapes import NewConversion
from tests.conftest import ROOT
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.converting import PRICE, PROGRAM, TRANSFER, Converting, asked, bytes_of
from tests.panel_app.programme.shop import Shop

pytestmark = pytest.mark.both_kinds

# How many transactions were committed when the process died, and how far the conversion came by then.
RESERVED, DEDUCTED, FULFILLED = 1, 2, 3
STEPS = [RESERVED, DEDUCTED, FULFILLED]

# A program of its own, which is killed for good as soon as so many transactions are committed.
DYING = """
import os, signal, sys
from uuid import UUID
import sqlalchemy as sa
from ledger import Database
from tests.panel_app.programme.conftest import KEYRING
from tests.panel_app.programme.converting import PROGRAM
from ledger import ManualClock
from tests.conftest import NOON
from panel_app.programme.surfaces import conversions
from panel_app.programme.surfaces.conversion_shapes import NewConversion

url, member, reward, commits = sys.argv[1], UUID(sys.argv[2]), UUID(sys.argv[3]), int(sys.argv[4])
database, done = Database(url, clock=ManualClock(NOON), keyring=KEYRING), []
with database.session() as session:
    @sa.event.listens_for(session, "after_commit")
    def die(_session):
        done.append(1)
        if len(done) == commits:
            os.kill(os.getpid(), signal.SIGKILL)
    conversions.convert(session, PROGRAM, "k", member, NewConversion(reference="basket 7", reward_id=reward))
"""


class Killed(BaseException):
    """As if the process were gone: nothing of ours catches it."""


@contextmanager
def dying(fresh: Built, commits: int) -> Iterator[Session]:
    """A session that ends with its so-many-th commit; whatever would have come after it never runs."""
    done = itertools.count(1)
    with fresh.database.session() as session, pytest.MonkeyPatch.context() as patch:
        commit = session.commit

        def commit_and_die() -> None:
            commit()
            if next(done) == commits:
                raise Killed

        patch.setattr(session, "commit", commit_and_die)
        with pytest.raises(Killed):
            yield session


def die(fresh: Built, converting: Converting, commits: int, wish: NewConversion | None = None) -> None:
    with dying(fresh, commits) as session:
        asked(session, converting.shop, wish or converting.wish, "k")


def is_settled(converting: Converting) -> bool:
    """Every point is the member's or was paid for with a voucher, and nothing is under way."""
    available, held = converting.shop.balance()
    drawn = [row for row in converting.shop.rows("vouchers") if row["conversion_id"] is not None]
    return (held, available + PRICE * len(drawn)) == (0, 5000)


@pytest.mark.parametrize("step", STEPS)
def test_the_same_request_again_goes_on_where_the_process_died(fresh: Built, shop: Shop, step: int):
    converting = Converting.of(shop, 1)
    die(fresh, converting, step)
    again = converting.ask(key="k")
    told = converting.read(shop.rows("conversions")[0]["booking_id"])
    assert (told.status, told.voucher and told.voucher.code) == (ConversionStatus.FULFILLED, "TENNER-01")
    assert again.body == bytes_of(told) == converting.ask(key="k").body
    assert (again.value is None) == (step == FULFILLED)
    assert (shop.balance(), converting.sweep(), converting.findings()) == ((4000, 0), 0, [])
    assert is_settled(converting)


@pytest.mark.parametrize("step", STEPS)
def test_the_sweeper_gives_back_what_nobody_goes_on_with_and_the_request_hears_of_it(
    fresh: Built, shop: Shop, step: int
):
    converting = Converting.of(shop, 1)
    die(fresh, converting, step)
    shop.later(seconds=119)
    assert converting.sweep() == 0
    shop.later(seconds=1)
    assert (converting.sweep(), converting.sweep()) == ((0 if step == FULFILLED else 1), 0)
    again = converting.ask(key="k")
    told = converting.read(shop.rows("conversions")[0]["booking_id"])
    assert again.body == bytes_of(told)
    gone = {
        RESERVED: [("held", 0, None), ("expired", 0, None)],
        DEDUCTED: [
            *(("held", 0, None), ("Debit By Redemption", -1000, None)),
            ("Redemption Reversal", 1000, "timed_out"),
        ],
        FULFILLED: [("held", 0, None), ("Debit By Redemption", -1000, None)],
    }
    assert converting.log() == gone[step]
    assert told.failure == (None if step == FULFILLED else ConversionFailure.TIMED_OUT)
    assert (is_settled(converting), converting.findings()) == (True, [])


@pytest.mark.parametrize("step", [RESERVED, DEDUCTED])
def test_the_list_that_was_emptied_meanwhile_gives_the_points_back(fresh: Built, shop: Shop, step: int):
    converting = Converting.of(shop, 1)
    die(fresh, converting, step)
    assert converting.convert(key="faster").status is ConversionStatus.FULFILLED
    told = converting.convert(key="k")
    assert (told.status, told.failure) == (ConversionStatus.FAILED, ConversionFailure.NO_VOUCHER_LEFT)
    last = ("released", 0) if step == RESERVED else ("Redemption Reversal", 1000)
    assert converting.log()[-1] == (*last, "no_voucher_left")
    assert (is_settled(converting), converting.findings()) == (True, [])


@pytest.mark.parametrize("step", [RESERVED, DEDUCTED])
def test_a_transfer_that_was_cut_off_is_taken_once(fresh: Built, shop: Shop, step: int):
    converting = Converting.of(shop, 0)
    die(fresh, converting, step, TRANSFER)
    assert converting.convert(TRANSFER, key="k").status is ConversionStatus.DEDUCTED
    assert (shop.balance(), converting.findings()) == ((4600, 0), [])


def test_a_hold_that_another_step_of_the_member_expired_is_closed_with_its_conversion(
    fresh: Built, shop: Shop
):
    """The member's next debit needs the points; it closes the hold, and the conversion follows."""
    converting = Converting.of(shop, 1)
    die(fresh, converting, RESERVED)
    shop.later(seconds=120)
    everything = NewConversion(reference="all", partner="Sky Miles", points=5000)
    assert converting.convert(everything).status is ConversionStatus.DEDUCTED
    assert converting.sweep() == 1
    assert [row["status"] for row in shop.rows("conversions")] == ["failed", "deducted"]
    assert (shop.balance(), converting.findings()) == ((0, 0), [])


def test_control_who_takes_the_points_without_a_record_of_what_for_loses_them(fresh: Built, shop: Shop):
    converting = Converting.of(shop, 1)
    with dying(fresh, 1) as session:
        ledger.transact(
            session,
            lambda: ledger.debit(session, PROGRAM.origin(), member_id=shop.world.lena, points=Points(PRICE)),
        )
    shop.later(days=2)
    assert converting.sweep() == 0
    assert not is_settled(converting)


def test_a_process_that_was_killed_leaves_what_the_next_one_goes_on_with(fresh: Built, shop: Shop):
    converting = Converting.of(shop, 1)
    url = fresh.database.engine.url.render_as_string(hide_password=False)
    ids = (str(shop.world.lena), str(converting.reward_id))
    fresh.database.dispose()
    command = [sys.executable, "-c", DYING, url, *ids, str(DEDUCTED)]
    killed = subprocess.run(command, cwd=ROOT, check=False, timeout=120)
    assert killed.returncode == -SIGKILL
    assert [row["status"] for row in shop.rows("conversions")] == ["deducted"]
    assert converting.convert(key="k").status is ConversionStatus.FULFILLED
    assert (is_settled(converting), converting.findings()) == (True, [])
