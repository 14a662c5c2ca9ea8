"""Whether a claim is good at a counter: each refusal, and which of two comes first."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from ledger import NotEnoughPoints, Points, Refusal
from panel_app.programme import catalogue, claiming, suspension
from panel_app.programme.access import Actor
from panel_app.programme.baskets import Order
from panel_app.programme.catalogue import NewOption
from panel_app.programme.claiming import MadeClaim
from panel_app.programme.refusals import (
    AlreadyRedeemed,
    ClaimCancelled,
    ClaimExpired,
    ClaimReplaced,
    HeldElsewhere,
    MemberSuspended,
    NotYetValid,
    OutOfStock,
    OwnAccount,
    PriceNotOffered,
    RewardWithdrawn,
    TypeNotAccepted,
    WrongBranch,
)
from panel_app.programme.terms import ChargeAt, EntryMode, RedemptionType
from tests.conftest import NOON
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, create_reward

BEFORE = datetime(2026, 2, 20, 12, tzinfo=UTC)
LAST_MINUTE = datetime(2026, 5, 31, 21, 59, tzinfo=UTC)  # 23:59 in Berlin, on the last of 90 days
AFTER = datetime(2026, 5, 31, 22, 1, tzinfo=UTC)  # 00:01 in Berlin


@dataclass
class Case:
    """Anna's claim on a reward charged at the counter; Ben scans it at Berlin's second till."""

    shop: Shop
    reward_id: UUID
    made: MadeClaim
    scanned_by: Actor
    shown_as: RedemptionType | None = None

    def reserve_in_london(self) -> str:
        london = self.shop.world.london
        visit_id = self.shop.scan(self.made.code, london).visit_id
        return self.shop.reserve(Order.one(visit_id=visit_id, claim_id=self.made.id), london).booking_id

    def scan(self) -> None:
        self.shop.scan(self.made.code, self.scanned_by, shown_as=self.shown_as)


def case_of(shop: Shop, **reward: Any) -> Case:
    reward_id = create_reward(shop.session, charge_at=ChargeAt.COUNTER, **reward)
    made = shop.claim(reward_id, member_id=shop.world.anna)
    shop.clock.set(LAST_MINUTE)
    return Case(shop, reward_id, made, shop.world.berlin_2)


def cancelled(case: Case) -> None:
    claiming.cancel_claim(case.shop.session, SEED, case.made.id)


def replaced(case: Case) -> None:
    claiming.replace_claim(case.shop.session, SEED, case.made.id)


def redeemed(case: Case) -> None:
    case.shop.confirm(case.reserve_in_london(), actor=case.shop.world.london)


def not_yet_valid(case: Case) -> None:
    case.shop.clock.set(BEFORE)


def expired(case: Case) -> None:
    case.shop.clock.set(AFTER)


def withdrawn(case: Case) -> None:
    catalogue.withdraw_reward(case.shop.session, SEED, case.reward_id)


def at_another_branch(case: Case) -> None:
    """The reward is London's only from the start; nothing more is to be done."""


def of_another_type(case: Case) -> None:
    case.shown_as = RedemptionType.BAR_CODE


def held(case: Case) -> None:
    case.reserve_in_london()


def suspended(case: Case) -> None:
    suspension.suspend(case.shop.session, SEED, case.shop.world.anna)


def own(case: Case) -> None:
    case.scanned_by = case.shop.world.berlin


def out_of_stock(case: Case) -> None:
    shop = case.shop
    catalogue.receive_stock(shop.session, SEED, shop.world.berlin.branch(), case.reward_id, 1)
    shop.reserve(shop.direct(case.reward_id))


def points_gone(case: Case) -> None:
    case.shop.spend_all_but(100, case.shop.world.anna)


Affliction = Callable[[Case], None]
# In the order of product.md; a claim that is two of these is refused with the earlier one.
ORDER: list[tuple[Affliction, type[Refusal]]] = [
    (cancelled, ClaimCancelled),
    (replaced, ClaimReplaced),
    (redeemed, AlreadyRedeemed),
    (not_yet_valid, NotYetValid),
    (expired, ClaimExpired),
    (withdrawn, RewardWithdrawn),
    (at_another_branch, WrongBranch),
    (of_another_type, TypeNotAccepted),
    (held, HeldElsewhere),
    (suspended, MemberSuspended),
    (own, OwnAccount),
    (out_of_stock, OutOfStock),
    (points_gone, NotEnoughPoints),
]
# A claim ends once and what has ended is not held; both dates have their own test below; and where a reward
# may not be used nobody can take the last one; and a suspension releases what is held.
IMPOSSIBLE = {
    *itertools.combinations((cancelled, replaced, redeemed, held), 2),
    (not_yet_valid, expired),
    (at_another_branch, out_of_stock),
    (held, suspended),
}
PAIRS = [
    (one, other, reason)
    for (one, reason), (other, _later) in itertools.combinations(ORDER, 2)
    if (one, other) not in IMPOSSIBLE
]
# Each with the next one that it can meet: enough to see that the other database judges by the same order.
NEIGHBOURS = [next(pairs) for _one, pairs in itertools.groupby(PAIRS, key=lambda pair: pair[0])]


def on(database: str, pairs: list[tuple[Affliction, Affliction, type[Refusal]]]) -> list[Any]:
    return [
        pytest.param(database, *pair, id=f"{database}-{pair[0].__name__}-{pair[1].__name__}")
        for pair in pairs
    ]


# These are done first, while the claim and its reward are still good; a moment is set last.
FIRST, LAST = (out_of_stock, redeemed, held, cancelled, replaced), (not_yet_valid, expired)


def afflicted(shop: Shop, *afflictions: Affliction) -> Case:
    reward: dict[str, Any] = {}
    if not_yet_valid in afflictions:
        reward["valid_from"] = NOON.date()
    if at_another_branch in afflictions:
        reward["branch_ids"] = (shop.world.london.branch(),)
    case = case_of(shop, **reward)
    for affliction in sorted(afflictions, key=lambda one: (one not in FIRST, one in LAST)):
        affliction(case)
    return case


@pytest.mark.parametrize(
    ("fresh", "one", "other", "reason"),
    [*on("sqlite", PAIRS), *on("postgresql", NEIGHBOURS)],
    indirect=["fresh"],
)
def test_of_two_reasons_the_earlier_one_is_given(
    shop: Shop, one: Affliction, other: Affliction, reason: type[Refusal]
):
    case = afflicted(shop, one, other)
    before = shop.facts()

    with pytest.raises(Refusal) as raised:
        case.scan()

    assert type(raised.value) is reason
    assert shop.facts() == before


def test_a_good_claim_is_refused_for_none_of_them(shop: Shop):
    case_of(shop).scan()


@pytest.mark.parametrize(
    ("affliction", "kind", "data"),
    [
        (cancelled, ClaimCancelled, {}),
        (replaced, ClaimReplaced, {}),
        (not_yet_valid, NotYetValid, {"valid_from": date(2026, 3, 2)}),
        (expired, ClaimExpired, {"valid_until": date(2026, 5, 31)}),
        (withdrawn, RewardWithdrawn, {}),
        (at_another_branch, WrongBranch, {"branches": ("London Soho",)}),
        (of_another_type, TypeNotAccepted, {"accepted": ("qr",)}),
        (held, HeldElsewhere, {"branch": "London Soho", "till": "1", "seconds_left": 120}),
        (suspended, MemberSuspended, {}),
        (own, OwnAccount, {}),
        (out_of_stock, OutOfStock, {"left": 0}),
        (points_gone, NotEnoughPoints, {"missing": 200, "available": 100}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_reason_comes_with_its_data_and_nothing_moves(
    shop: Shop, affliction: Affliction, kind: type[Refusal], data: dict[str, object]
):
    case = afflicted(shop, affliction)
    with shop.refused(kind, **data):
        case.scan()


def test_a_used_claim_is_refused_with_when_where_and_under_which_booking(shop: Shop):
    case = case_of(shop)
    booking_id = case.reserve_in_london()
    shop.later(seconds=9)
    shop.confirm(booking_id, actor=shop.world.london)
    used_at = shop.clock.now()
    shop.later(days=1)
    with shop.refused(
        AlreadyRedeemed, used_at=used_at, branch="London Soho", till="1", booking_id=booking_id
    ):
        case.scan()


def test_replaced_is_judged_before_used(shop: Shop):
    case = case_of(shop)
    new = claiming.replace_claim(shop.session, SEED, case.made.id)
    shop.redeem(new.code, shop.world.berlin_2)
    with shop.refused(ClaimReplaced):
        case.scan()
    with shop.refused(ClaimReplaced):
        shop.scan(case.made.short_code, shop.world.berlin_2, EntryMode.TYPED)


def test_not_yet_valid_is_judged_before_expired(shop: Shop):
    reward_id = create_reward(shop.session, valid_from=date(2026, 3, 20), claim_days=1)
    made = shop.claim(reward_id)
    shop.later(days=5)
    with shop.refused(NotYetValid, valid_from=date(2026, 3, 20)):
        shop.scan(made.code)


def test_a_price_without_the_branchs_currency_is_not_offered_there(shop: Shop):
    reward_id = create_reward(shop.session, options=[NewOption(points=Points(600), cash={"EUR": 400})])
    made = shop.claim(reward_id)
    with shop.refused(PriceNotOffered):
        shop.scan(made.code, shop.world.london)
    shop.scan(made.code, shop.world.berlin)


# The last day is 2 March: the programme's day of the claim, at the midnight of the branch that redeems.
@pytest.mark.parametrize(
    ("till", "last_good", "first_bad"),
    [
        ("berlin", datetime(2026, 3, 2, 22, 59, tzinfo=UTC), datetime(2026, 3, 2, 23, 1, tzinfo=UTC)),
        ("london", datetime(2026, 3, 2, 23, 59, tzinfo=UTC), datetime(2026, 3, 3, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_claim_is_good_until_23_59_of_the_branch_and_not_at_00_01(
    shop: Shop, till: str, last_good: datetime, first_bad: datetime
):
    made = shop.claim(create_reward(shop.session, claim_days=0))
    actor = getattr(shop.world, till)
    shop.clock.set(last_good)
    shop.scan(made.code, actor)
    shop.clock.set(first_bad)
    with shop.refused(ClaimExpired, valid_until=date(2026, 3, 2)):
        shop.scan(made.code, actor)


def test_one_minute_after_berlins_midnight_london_still_takes_the_claim(shop: Shop):
    made = shop.claim(create_reward(shop.session, claim_days=0))
    shop.clock.set(datetime(2026, 3, 2, 23, 1, tzinfo=UTC))
    shop.redeem(made.code, shop.world.london)


def test_a_claim_in_the_members_list_says_why_it_is_not_usable_here(shop: Shop):
    reward_id = create_reward(shop.session, branch_ids=(shop.world.london.branch(),))
    shop.claim(reward_id)
    shop.claim(shop.world.tea)

    claims = shop.scan(shop.code(shop.world.lena).text).claims

    assert {(claim.reward.id == shop.world.tea, claim.usable, claim.reason) for claim in claims} == {
        (True, True, None),
        (False, False, "wrong_branch"),
    }
