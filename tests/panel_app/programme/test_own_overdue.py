"""What ran out and was not swept yet: it stands in nobody's way, and points follow time without a sweep."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

import ledger
from ledger import Credit, EarnKind, NotEnoughPoints, Points
from panel_app.programme import access, due_points, redemptions, sweeping
from panel_app.programme.claiming import ClaimOrder, make_claim
from panel_app.programme.models import StockLevel
from panel_app.sweeper import Sweeper
from tests.conftest import NOON
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, member_actor

pytestmark = pytest.mark.both_kinds


def test_the_members_own_overdue_reservation_gives_way(shop: Shop):
    first = shop.reserve(shop.direct(shop.world.mug))  # 1000 points
    shop.spend_all_but(600)
    second = shop.direct(shop.world.mug)
    with shop.refused(NotEnoughPoints, missing=400, available=600):
        shop.reserve(second)
    shop.later(seconds=120)
    reserved = shop.reserve(second)
    status = {row["booking_id"]: row["status"] for row in shop.rows("redemptions")}
    assert (status[first.booking_id], status[reserved.booking_id]) == ("expired", "reserved")
    assert shop.balance() == (600, 1000)
    assert shop.findings() == []


def test_the_members_own_overdue_reservation_gives_way_to_a_claim_on_the_phone(shop: Shop):
    shop.reserve(shop.direct(shop.world.mug))  # 1000 points
    shop.spend_all_but(600)
    order = ClaimOrder(member_id=shop.world.lena, reward_id=shop.world.mug)
    phone = member_actor(shop.world.lena)
    with shop.refused(NotEnoughPoints, missing=400, available=600):
        make_claim(shop.session, phone, shop.key(), order)
    shop.later(seconds=120)
    make_claim(shop.session, phone, shop.key(), order)
    assert shop.balance() == (600, 0)
    assert shop.findings() == []


def test_one_booking_that_can_not_be_closed_keeps_nobody_elses_points(shop: Shop):
    stuck, free = shop.reserve(shop.direct(shop.world.mug)), shop.reserve(shop.direct(shop.world.tea))
    shop.later(minutes=5)
    # Somebody's slip in the database: giving this stock back would make it less than none.
    ledger.transact(shop.session, lambda: shop.session.execute(sa.update(StockLevel).values(reserved=0)))
    with pytest.raises(ExceptionGroup) as raised:
        sweeping.close_overdue(shop.session, access.system("sweeper"))
    status = {row["booking_id"]: row["status"] for row in shop.rows("redemptions")}
    assert status == {stuck.booking_id: "reserved", free.booking_id: "expired"}
    assert [type(fault) for fault in raised.value.exceptions] == [IntegrityError]


def test_a_fault_in_one_kind_of_sweep_leaves_the_others_their_turn(shop: Shop, fresh: Built):
    shop.reserve(shop.direct(shop.world.mug))
    given = Credit(
        member_id=shop.world.lena,
        points=Points(70),
        kind=EarnKind.PROGRAMME_RULE,
        posts_at=NOON + timedelta(minutes=1),
    )
    ledger.transact(shop.session, lambda: ledger.credit(shop.session, SEED.origin(), given))
    ledger.transact(shop.session, lambda: shop.session.execute(sa.update(StockLevel).values(reserved=0)))
    shop.later(minutes=5)
    Sweeper(fresh.database).sweep(1)
    assert [row["status"] for row in shop.rows("pendings")] == ["posted"]


def test_a_sweep_leaves_no_reserved_booking_without_its_hold(shop: Shop):
    for _booking in range(3):
        shop.reserve(shop.direct(shop.world.tea))
    shop.later(minutes=5)
    closed = redemptions.expire_due(shop.session, access.system("sweeper"), limit=1)
    held = {row["id"]: row["status"] for row in shop.rows("holds")}
    reserved = [row for row in shop.rows("redemptions") if row["status"] == "reserved"]
    assert (closed, len(reserved)) == (1, 2)
    assert {held[row["hold_id"]] for row in reserved} == {"held"}


def test_the_sweeper_posts_what_is_due_and_expires_what_ran_out(shop: Shop):
    before = shop.balance()[0]
    for credit in (
        Credit(
            member_id=shop.world.lena,
            points=Points(70),
            kind=EarnKind.PROGRAMME_RULE,
            posts_at=NOON + timedelta(hours=1),
        ),
        Credit(
            member_id=shop.world.lena,
            points=Points(30),
            kind=EarnKind.PROGRAMME_RULE,
            expires_at=NOON + timedelta(hours=2),
        ),
    ):
        ledger.transact(
            shop.session, lambda credit=credit: ledger.credit(shop.session, SEED.origin(), credit)
        )
    assert shop.balance()[0] == before + 30
    shop.later(hours=3)
    assert due_points.settle_due(shop.session, access.system("sweeper")) == 2
    assert shop.balance()[0] == before + 70
    assert shop.findings() == []
