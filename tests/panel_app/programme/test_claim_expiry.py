"""What a claim that runs out gives back, and when it does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

import ledger
from ledger import Credit, EarnKind, Points, Session
from panel_app.programme import (
    access,
    claim_expiry,
    claiming,
    own_account,
    redemptions,
)
from panel_app.programme.baskets import Order
from panel_app.programme.catalogue import NewOption
from panel_app.programme.giving_back import OnExpiry
from panel_app.programme.models import Claim
from panel_app.programme.refusals import NotAllowed
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, create_reward, member_actor

SWEEPER = access.system("sweeper")
# 31 May is the last day. London, an hour behind Berlin, is the branch whose midnight comes last.
BERLINS_MIDNIGHT = datetime(2026, 5, 31, 22, 0, tzinfo=UTC)
LONDONS_MIDNIGHT = datetime(2026, 5, 31, 23, 0, tzinfo=UTC)


def expire(session: Session, limit: int = 50) -> int:
    return claim_expiry.expire_past(session, SWEEPER, limit=limit)


def forfeiting(shop: Shop) -> Any:
    return create_reward(shop.session, on_expiry=OnExpiry.FORFEITED)


def statuses(shop: Shop) -> list[str]:
    return [row["status"] for row in shop.rows("claims")]


def log(shop: Shop) -> list[tuple[str, int, int | None, str | None]]:
    with ledger.read(shop.session):
        lines = ledger.log_of(shop.session, shop.world.lena, limit=10)
    return [(line.what.value, line.points, line.balance_after, line.reason) for line in lines]


def total(shop: Shop, account: Any) -> int:
    return sum(row["amount"] for row in shop.rows("postings") if row["account_id"] == account)


def broken(shop: Shop) -> list[ledger.Finding]:
    with ledger.read(shop.session):
        return claim_expiry.findings(shop.session)


def test_a_claim_is_closed_once_its_last_day_is_over_at_every_branch_and_not_before(shop: Shop):
    shop.claim(shop.world.tea)
    shop.clock.set(BERLINS_MIDNIGHT)
    assert expire(shop.session) == 0
    shop.clock.set(LONDONS_MIDNIGHT - timedelta(seconds=1))
    assert expire(shop.session) == 0
    shop.clock.set(LONDONS_MIDNIGHT)
    assert expire(shop.session) == 1
    assert statuses(shop) == ["expired"]
    assert expire(shop.session) == 0


def test_restored_points_come_back_with_the_expiry_they_had_and_the_members_log_says_so(shop: Shop):
    early = shop.clock.now() + timedelta(days=200)
    earned = Credit(
        member_id=shop.world.lena, points=Points(400), kind=EarnKind.PROGRAMME_RULE, expires_at=early
    )
    ledger.transact(shop.session, lambda: ledger.credit(shop.session, SEED.origin(), earned))
    made = shop.claim(shop.world.mug)
    assert shop.balance() == (4400, 0)

    shop.clock.set(LONDONS_MIDNIGHT)
    assert expire(shop.session) == 1

    assert shop.balance() == (5400, 0)
    assert [row["remaining"] for row in shop.rows("lots") if row["expires_at"] == early] == [400]
    assert log(shop)[0] == ("Redemption Reversal", 1000, 5400, "claim_expired")
    (record,) = [row for row in shop.rows("audit_records") if row["action"] == "claim.expired"]
    assert record["details"] == {"claim": str(made.id), "restored": 1000}
    assert total(shop, ledger.CLAIMS) == 0
    assert broken(shop) == []


def test_points_whose_expiry_has_passed_come_back_for_thirty_days(shop: Shop):
    shop.spend_all_but(0)
    earned = Credit(
        member_id=shop.world.lena,
        points=Points(1000),
        kind=EarnKind.PROGRAMME_RULE,
        expires_at=shop.clock.now() + timedelta(days=10),
    )
    ledger.transact(shop.session, lambda: ledger.credit(shop.session, SEED.origin(), earned))
    shop.claim(shop.world.mug)
    shop.clock.set(LONDONS_MIDNIGHT)
    expire(shop.session)
    with ledger.read(shop.session):
        balance = ledger.balance_of(shop.session, shop.world.lena)
    assert (balance.available, [lot.expires_at for lot in balance.expiring]) == (
        1000,
        [LONDONS_MIDNIGHT + timedelta(days=30)],
    )


def test_forfeited_points_expire_with_the_claim_and_the_members_log_says_so(shop: Shop):
    made = shop.claim(forfeiting(shop))
    shop.clock.set(LONDONS_MIDNIGHT)
    assert expire(shop.session) == 1

    assert shop.balance() == (4700, 0)
    assert log(shop)[0] == ("Points Expiry", 0, None, "claim_expired")
    assert (total(shop, ledger.CLAIMS), total(shop, ledger.EXPIRED)) == (0, 300)
    (record,) = [row for row in shop.rows("audit_records") if row["action"] == "claim.expired"]
    assert record["details"] == {"claim": str(made.id), "forfeited": 300}


def test_only_the_units_that_nobody_fetched_come_back_to_the_point(shop: Shop):
    reward_id = create_reward(shop.session, options=[NewOption(points=Points(333))])
    made = shop.claim(reward_id, quantity=3)
    shop.redeem(made.code, units=2)
    shop.clock.set(LONDONS_MIDNIGHT)
    expire(shop.session)
    assert shop.balance() == (5000 - 2 * 333, 0)
    assert statuses(shop) == ["expired"]
    assert broken(shop) == []


def test_a_claim_under_a_new_code_gives_back_what_the_first_was_charged(shop: Shop):
    old = shop.claim(shop.world.mug)
    claiming.replace_claim(shop.session, SEED, old.id)
    assert broken(shop) == []
    shop.clock.set(LONDONS_MIDNIGHT)
    assert expire(shop.session) == 1
    assert shop.balance() == (5000, 0)
    assert sorted(statuses(shop)) == ["expired", "replaced"]


def test_a_claim_that_was_not_charged_gives_nothing_back(shop: Shop):
    shop.claim(shop.world.tea)
    entries = shop.rows("entries")
    shop.clock.set(LONDONS_MIDNIGHT)
    assert expire(shop.session) == 1
    assert shop.rows("entries") == entries


def test_a_claim_that_is_held_at_a_till_stays_open_until_the_hold_ends(shop: Shop):
    made = shop.claim(create_reward(shop.session, options=[NewOption(points=Points(600), cash={"EUR": 400})]))
    shop.clock.set(BERLINS_MIDNIGHT - timedelta(seconds=60))
    reserved = shop.reserve(Order.one(visit_id=shop.scan(made.code).visit_id, claim_id=made.id))
    shop.clock.set(LONDONS_MIDNIGHT)
    assert expire(shop.session) == 0
    redemptions.cancel(shop.session, shop.world.berlin, reserved.booking_id)
    assert expire(shop.session) == 1
    assert shop.balance() == (5000, 0)


def test_a_portion_is_bounded_and_the_next_one_goes_on(shop: Shop):
    for _number in range(5):
        shop.claim(shop.world.mug)
    shop.clock.set(LONDONS_MIDNIGHT)
    assert [expire(shop.session, limit=2) for _portion in range(4)] == [2, 2, 1, 0]
    assert shop.balance() == (5000, 0)


def test_the_members_phone_shows_the_claim_as_expired_and_what_came_back(shop: Shop):
    shop.claim(shop.world.mug)
    shop.claim(forfeiting(shop))
    shop.claim(shop.world.tea)
    shop.clock.set(LONDONS_MIDNIGHT)
    expire(shop.session)

    def expired() -> list[tuple[int, str]]:
        with ledger.read(shop.session):
            account = own_account.account_of(shop.session, member_actor(shop.world.lena))
        assert account.claims == []
        return sorted((claim.points, claim.became.value) for claim in account.expired)

    assert expired() == [(0, "restored"), (300, "forfeited"), (1000, "restored")]
    shop.later(days=30)
    assert expired() == []


def test_only_the_sweeper_may_expire_claims(shop: Shop):
    with pytest.raises(NotAllowed) as raised:
        claim_expiry.expire_past(shop.session, shop.world.berlin)
    assert raised.value.data() == {"permission": "expire"}


def test_verify_finds_points_that_no_open_claim_stands_for(shop: Shop):
    shop.claim(shop.world.mug)
    assert broken(shop) == []
    ledger.transact(
        shop.session, lambda: shop.session.execute(sa.update(Claim).values(status="expired")).rowcount
    )
    assert [(finding.invariant, finding.id) for finding in broken(shop)] == [("claims", str(ledger.CLAIMS))]
    ledger.transact(
        shop.session, lambda: shop.session.execute(sa.update(Claim).values(status="issued")).rowcount
    )
