"""Many conversions for few vouchers, and an answer against the sweeper: each point once; with controls that fail."""

import threading
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa

from ledger import Session
from panel_app.programme import access, conversions, voucher_lists
from panel_app.programme.conversion_terms import ConversionClosed, ConversionStatus
from panel_app.programme.models import Conversion, Voucher
from panel_app.programme.surfaces import conversions as surface
from panel_app.programme.surfaces.wishes import Nothing
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.converting import PROGRAM, TRANSFER, Converting
from tests.panel_app.programme.presses import outcomes_of
from tests.panel_app.programme.shop import Shop

pytestmark = pytest.mark.both_kinds

VOUCHERS, ASKERS = 10, 16
ROUNDS = 6

on_postgresql = pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)


def rich(shop: Shop) -> None:
    shop.credit(shop.world.lena, 15_000)
    shop.credit(shop.world.omar, 15_000)


def asks(converting: Converting, one_key: str = "") -> list[Callable[[Session], ConversionStatus]]:
    """Two members' wishes in turn, each under a key of its own unless there is one for all."""
    world, wish = converting.shop.world, converting.wish

    def ask(number: int) -> Callable[[Session], ConversionStatus]:
        member = world.omar if number % 2 and not one_key else world.lena
        key = one_key or f"k-{number}"

        def run(session: Session) -> ConversionStatus:
            told = surface.convert(session, PROGRAM, key, member, wish)
            return ConversionStatus.FULFILLED if told.value is None else told.value.status

        return run

    return [ask(number) for number in range(ASKERS)]


def test_sixteen_who_ask_for_ten_vouchers_get_ten_and_the_others_their_points_back(fresh: Built, shop: Shop):
    converting = Converting.of(shop, VOUCHERS)
    rich(shop)
    found = Counter(outcomes_of(fresh.database, asks(converting)))
    assert found == {ConversionStatus.FULFILLED: VOUCHERS, ConversionStatus.FAILED: ASKERS - VOUCHERS}
    assert converting.left() == 0
    both = [shop.balance(member) for member in (shop.world.lena, shop.world.omar)]
    assert sum(available for available, _held in both) == 40_000 - 1000 * VOUCHERS
    assert [held for _available, held in both] == [0, 0]
    assert converting.findings() == []


def test_one_key_from_many_threads_is_one_voucher(fresh: Built, shop: Shop):
    converting = Converting.of(shop, VOUCHERS)
    found = outcomes_of(fresh.database, asks(converting, one_key="same"))
    assert Counter(found) == {ConversionStatus.FULFILLED: ASKERS}
    assert (converting.left(), shop.balance(), converting.findings()) == (VOUCHERS - 1, (4000, 0), [])


@on_postgresql
def test_control_who_looks_for_a_voucher_first_gives_one_to_many(
    fresh: Built, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    converting = Converting.of(shop, VOUCHERS)
    rich(shop)
    looked = threading.Barrier(ASKERS)

    def look_then_draw(session: Session, reward_id: UUID, conversion_id: UUID) -> bool:
        free = sa.select(Voucher.id).where(Voucher.reward_id == reward_id, Voucher.conversion_id.is_(None))
        found = session.scalars(free.order_by(Voucher.id)).first()
        looked.wait(20)
        session.execute(
            sa.update(Voucher)
            .where(Voucher.id == found)
            .values(conversion_id=conversion_id)
            .execution_options(synchronize_session=False)
        )
        return found is not None

    monkeypatch.setattr(voucher_lists, "draw", look_then_draw)
    found = Counter(outcomes_of(fresh.database, asks(converting)))
    assert found[ConversionStatus.FULFILLED] > VOUCHERS
    assert len(converting.findings()) == ASKERS - 1


def ends(fresh: Built, shop: Shop, booking_id: str, key: str) -> list[object]:
    """The partner's yes, its no and two sweepers, together, when the time is just over."""

    def yes(session: Session) -> str:
        return str(surface.fulfilled(session, PROGRAM, f"{key}-yes", booking_id, Nothing()).value is None)

    def no(session: Session) -> str:
        return str(surface.failed(session, PROGRAM, f"{key}-no", booking_id, Nothing()).value is None)

    def sweep(session: Session) -> int:
        return conversions.fail_overdue(session, access.system("sweeper"))

    return outcomes_of(fresh.database, [yes, no, sweep, sweep])


def test_an_answer_at_the_last_moment_and_the_sweeper_end_it_once(fresh: Built, shop: Shop):
    converting = Converting.of(shop, 0)
    for number in range(ROUNDS):
        before = shop.balance()[0]
        told = converting.convert(TRANSFER)
        shop.later(hours=24)
        yes, no, *swept = ends(fresh, shop, told.booking_id, f"end-{number}")
        refused = [isinstance(each, ConversionClosed) for each in (yes, no)]
        assert refused.count(False) + sum(swept) == 1
        kept = 0 if refused[0] else 400
        assert shop.balance() == (before - kept, 0)
        status = converting.read(told.booking_id).status
        assert status is (ConversionStatus.FAILED if refused[0] else ConversionStatus.FULFILLED)
    assert converting.findings() == []


@on_postgresql
def test_control_without_the_rows_lock_a_partner_keeps_points_that_went_back(
    fresh: Built, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    converting = Converting.of(shop, 0)
    booking_id = converting.convert(TRANSFER).booking_id
    looked = threading.Barrier(2)

    def look(session: Session, booking_id: str) -> Conversion:
        found = session.scalars(sa.select(Conversion).where(Conversion.booking_id == booking_id)).one()
        looked.wait(20)
        return found

    monkeypatch.setattr(conversions, "lock", look)
    acts = [
        lambda session: surface.fulfilled(session, PROGRAM, "yes", booking_id, Nothing()),
        lambda session: surface.failed(session, PROGRAM, "no", booking_id, Nothing()),
    ]
    # Both are told yes: the partner keeps what the member has again.
    assert [type(each).__name__ for each in outcomes_of(fresh.database, acts)] == ["Told", "Told"]
    assert shop.balance() == (5000, 0)
