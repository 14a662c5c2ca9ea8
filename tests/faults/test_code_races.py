"""Many at one list of partners' codes, and two tills at one voucher: each goes once. Each race has a control."""

import threading
import time
from typing import Any
from unittest.mock import patch
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import Database, ManualClock, Session
from panel_app.programme import (
    branches,
    claiming,
    external_codes,
    importing,
    redemptions,
    voucher_tenders,
    vouchers,
)
from panel_app.programme.access import Actor
from panel_app.programme.catalogue import NewOption
from panel_app.programme.claiming import ClaimOrder, MadeClaim
from panel_app.programme.models import Claim, ExternalCode, Voucher
from panel_app.programme.redemptions import Payment
from panel_app.programme.terms import RedemptionType, TenderType
from tests.panel_app.programme.presses import Act, outcomes_of, told
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, build, create_reward, member_actor

THREADS = 16
CODES = 10
TRIES_MAX = 12
_CHEAP = [NewOption(points=ledger.points(1))]


def with_list(shop: Shop, codes: int) -> UUID:
    """A reward with so many codes in its list."""
    sku = f"LIST-{shop.key()}"
    reward_id = create_reward(
        shop.session, sku=sku, redemption_types=(RedemptionType.EXTERNAL_QR,), options=_CHEAP
    )
    lines = [f"{sku}-code-{number}" for number in range(codes)]
    importing.import_codes(shop.session, SEED, sku, "\n".join(["code", *lines]).encode())
    return reward_id


def claimed_at_once(database: Database, shop: Shop, reward_id: UUID) -> list[Any]:
    people = [shop.world.lena, shop.world.omar, shop.world.anna]

    def press(number: int) -> Act:
        member_id, key = people[number % 3], shop.key()
        order = ClaimOrder(member_id=member_id, reward_id=reward_id)
        return lambda session: claiming.make_claim(session, member_actor(member_id), key, order)

    return outcomes_of(database, [press(number) for number in range(THREADS)])


def codes_given(outcomes: list[Any]) -> list[str]:
    return [outcome.code for outcome in outcomes if isinstance(outcome, MadeClaim)]


def test_of_sixteen_members_at_ten_codes_ten_get_one_each_and_six_keep_their_points(
    database: Database, session: Session, clock: ManualClock
):
    shop = Shop(session, clock, build(session))
    outcomes = claimed_at_once(database, shop, with_list(shop, CODES))

    assert told(outcomes) == {"done": CODES, "NoCodeLeft": THREADS - CODES}
    assert len(set(codes_given(outcomes))) == CODES
    people = (shop.world.lena, shop.world.omar, shop.world.anna)
    assert sum(shop.balance(member_id)[0] for member_id in people) == 3 * 5000 - CODES
    assert len(shop.rows("claims")) == CODES
    assert shop.findings() == []


def draw_by_looking(session: Session, claim: Claim) -> str:
    """external_codes.draw as read, think, write."""
    code = session.scalars(
        sa.select(ExternalCode)
        .where(ExternalCode.reward_id == claim.reward_id, ExternalCode.claim_id.is_(None))
        .limit(1)
    ).one()
    session.execute(sa.update(ExternalCode).where(ExternalCode.id == code.id).values(claim_id=claim.id))
    return session.keyring.decrypt("external code", code.code_cipher).decode()


def test_control_without_the_guard_two_members_get_one_code(
    postgresql_url: str, clock: ManualClock, keyring: ledger.Keyring
):
    # SQLite has one writer at a time, so that looking alone would do there; PostgreSQL needs the guard.
    database = Database(postgresql_url, clock=clock, keyring=keyring)
    with database.session() as session, patch.object(external_codes, "draw", draw_by_looking):
        shop = Shop(session, clock, build(session))
        harmed = False
        for _try in range(TRIES_MAX):
            given = codes_given(claimed_at_once(database, shop, with_list(shop, THREADS)))
            harmed = harmed or len(set(given)) < len(given)
    database.dispose()
    assert harmed


# One voucher at two tills, on two bookings, at the same moment.

MIX = 1
VOUCHER = "PAPER-400"


def with_voucher(shop: Shop, code: str) -> None:
    for actor in (shop.world.berlin, shop.world.london):
        branches.configure_branch(
            shop.session, SEED, actor.branch(), direct_redemption=True, tender_types=list(TenderType)
        )
    data = f"code,amount,currency,last_day\n{code},4.00,EUR,2026-12-31"
    assert importing.import_vouchers(shop.session, SEED, data.encode()).taken == 1


def pay_at_once(database: Database, shop: Shop, code: str) -> list[Any]:
    """Two tills put one voucher on a booking each, and confirm it if they were allowed to."""
    acts: list[Act] = []
    for actor in (shop.world.berlin, shop.world.berlin_2):
        booking_id = shop.reserve(shop.direct(shop.world.mug, MIX, actor=actor), actor).booking_id

        def act(session: Session, actor: Actor = actor, booking_id: str = booking_id) -> Any:
            voucher_tenders.add(session, actor, booking_id, code)
            return redemptions.confirm(session, actor, booking_id, Payment(booking_id=booking_id))

        acts.append(act)
    return outcomes_of(database, acts)


def test_one_voucher_at_two_tills_pays_one_booking(database: Database, session: Session, clock: ManualClock):
    shop = Shop(session, clock, build(session))
    with_voucher(shop, VOUCHER)

    outcomes = pay_at_once(database, shop, VOUCHER)

    assert told(outcomes)["done"] == 1
    assert told(outcomes).keys() - {"done"} <= {"HeldElsewhere", "VoucherUsed"}
    assert [row["amount"] for row in shop.rows("tenders")] == [400]
    assert shop.findings() == []


def test_control_without_the_guard_one_voucher_pays_twice(
    postgresql_url: str, clock: ManualClock, keyring: ledger.Keyring
):
    both_have_judged = threading.Barrier(2)

    def take_without_looking(session: Session, voucher: Voucher, redemption_id: UUID, taken: int) -> bool:
        """vouchers.take without its guard, at the worst moment: the other one is confirmed in between."""
        time.sleep(both_have_judged.wait(timeout=30))
        values = {"held_by": redemption_id, "taken": taken, "spent_at": None}
        session.execute(sa.update(Voucher).where(Voucher.id == voucher.id).values(values))
        return True

    database = Database(postgresql_url, clock=clock, keyring=keyring)
    with database.session() as session, patch.object(vouchers, "take", take_without_looking):
        shop = Shop(session, clock, build(session))
        with_voucher(shop, VOUCHER)
        outcomes = pay_at_once(database, shop, VOUCHER)
    database.dispose()
    assert told(outcomes)["done"] == 2
