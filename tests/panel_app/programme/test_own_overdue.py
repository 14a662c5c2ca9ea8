"""What ran out and was not swept yet: it stands in nobody's way, and points follow time without a sweep."""

from datetime import timedelta

import ledger
from ledger import Credit, EarnKind, NotEnoughPoints, Points
from panel_app.programme import access, due_points, redemptions
from tests.conftest import NOON
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED


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
