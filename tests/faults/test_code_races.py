"""Sixteen members at one list of partners' codes: each code goes to one claim; with a control."""

from typing import Any
from unittest.mock import patch
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import Database, ManualClock, Session
from panel_app.programme import claiming, external_codes, importing
from panel_app.programme.catalogue import NewOption
from panel_app.programme.claiming import ClaimOrder, MadeClaim
from panel_app.programme.models import Claim, ExternalCode
from panel_app.programme.terms import RedemptionType
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
