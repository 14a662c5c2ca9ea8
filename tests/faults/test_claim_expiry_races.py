"""A Confirm at the moment when its claim runs out, against sweepers that close it; and many sweepers at once."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

import ledger
from ledger import Database, ManualClock, Session
from panel_app.programme import claims, giving_back, redemptions
from panel_app.programme.baskets import Order
from panel_app.programme.models import Claim
from panel_app.programme.redemptions import Payment
from panel_app.programme.refusals import RedemptionExpired
from panel_app.programme.terms import Receipt
from tests.panel_app.programme.presses import outcomes_of
from tests.panel_app.programme.shop import Shop
from tests.panel_app.programme.test_claim_expiry import (
    LONDONS_MIDNIGHT,
    SWEEPER,
    broken,
    expire,
    statuses,
    total,
)
from tests.panel_app.world import build, create_reward

ROUNDS = 20


@pytest.fixture
def busy(database: Database, session: Session, clock: ManualClock) -> Shop:
    return Shop(session, clock, build(session))


def taken_up_again(shop: Shop, day: int, units: int) -> Payment:
    """London reserved five minutes before its midnight what is good for this day only; the hold ran out since.

    Until seven minutes past midnight Confirm may take it up again, while the sweeper may close the claim.
    """
    shop.clock.set(datetime(2026, 3, 2 + day, 12, 0, tzinfo=UTC))
    made = shop.claim(create_reward(shop.session, claim_days=0), quantity=units)
    shop.clock.set(datetime(2026, 3, 2 + day, 23, 55, tzinfo=UTC))
    # Berlin's midnight has passed already; London judges by its own.
    order = Order.one(visit_id=shop.scan(made.code, shop.world.london).visit_id, claim_id=made.id)
    reserved = shop.reserve(order, shop.world.london)
    shop.later(minutes=5)
    shop.sweep()
    return Payment(booking_id=reserved.booking_id)


def test_a_claim_that_runs_out_under_confirms_hands_is_redeemed_or_given_back_and_never_both(
    database: Database, busy: Shop
):
    for day in range(ROUNDS):
        payment, key = taken_up_again(busy, day, 1), busy.key()

        def confirm(session: Session, payment: Payment = payment, key: str = key) -> Receipt:
            return redemptions.confirm(session, busy.world.london, key, payment)

        confirmed, *swept = outcomes_of(database, [confirm, expire, expire])

        taken = isinstance(confirmed, Receipt)
        assert taken or isinstance(confirmed, RedemptionExpired)
        assert sum(swept) == (0 if taken else 1)
        assert statuses(busy)[-1] == ("redeemed" if taken else "expired")
        assert total(busy, ledger.CLAIMS) == 0
        assert busy.balance()[0] + total(busy, ledger.REDEEMED) == 5000
    assert busy.findings() == []


def test_control_a_sweeper_that_does_not_look_again_gives_back_what_was_handed_over(
    database: Database, busy: Shop
):
    payment = taken_up_again(busy, 0, 2)
    with database.session() as sweeper:
        with ledger.read(sweeper):
            seen = sweeper.scalars(sa.select(Claim)).one()
            unused, charge = claims.charged_points(seen, 2 - seen.spent), ledger.EntryId(seen.charge_entry_id)
        redemptions.confirm(busy.session, busy.world.london, busy.key(), payment)

        def close() -> None:
            sweeper.execute(sa.update(Claim).values(status="expired"))
            origin, grace = SWEEPER.origin(), giving_back.GRACE
            ledger.reverse_entry(sweeper, origin, charge, reason="r", grace=grace, points=unused)

        ledger.transact(sweeper, close)
    assert (busy.balance()[0] + total(busy, ledger.REDEEMED), total(busy, ledger.CLAIMS)) == (5300, -300)
    assert [finding.invariant for finding in broken(busy)] == ["claims"]


def test_many_sweepers_give_each_claim_back_once(database: Database, busy: Shop):
    for member_id in (busy.world.lena, busy.world.omar, busy.world.anna):
        for _number in range(4):
            busy.claim(busy.world.mug, member_id=member_id)
    busy.clock.set(LONDONS_MIDNIGHT)
    swept = outcomes_of(database, [lambda session: expire(session, limit=4) for _sweeper in range(6)])
    while left := expire(busy.session):
        swept.append(left)
    assert sum(swept) == 12
    assert [busy.balance(member_id)[0] for member_id in (busy.world.lena, busy.world.omar)] == [5000, 5000]
    assert broken(busy) == []
