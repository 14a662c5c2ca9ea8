"""Points taken without a hold: charged at the claim, and settled when the reward is handed over."""

from collections.abc import Sequence
from functools import cache

import sqlalchemy as sa

from ledger.accounts import CLAIMS, REDEEMED, open_for_cash
from ledger.balances import lock_member, not_enough
from ledger.database import Session
from ledger.errors import NotFound
from ledger.journal import (
    cash_arguments,
    cash_legs,
    change_balance,
    debit_type,
    entry_arguments,
    entry_from,
    entry_of,
    house,
    points_leg,
    post_for_house,
    post_for_member,
)
from ledger.lots import take
from ledger.models import balances, draws, entries, postings
from ledger.steps import Plan, Step, argument
from ledger.terms import CashLeg, Entry, MemberId, Origin, Points
from ledger.terms import points as whole_points


def charge_claim(session: Session, origin: Origin, *, member_id: MemberId, points: Points) -> Entry:
    """Member → claims. Raises NotFound, NotEnoughPoints."""
    if whole_points(points) <= 0:
        raise ValueError("a charge takes at least one point")
    lock_member(session, member_id)
    given = entry_arguments(origin, debit_type(origin))
    answers = _CHARGE.run(session, member_id=member_id, points=points, **given)
    if answers is None:
        raise not_enough(session, member_id, points)
    return entry_from(given, answers)


def settle_claim(
    session: Session, origin: Origin, *, member_id: MemberId, points: Points, cash: Sequence[CashLeg]
) -> Entry:
    """Claims → redeemed with the visit's cash; `points` may be 0 when there is cash. Raises NotFound."""
    if whole_points(points) < 0 or (points == 0 and not cash):
        raise ValueError("there is nothing to settle")
    open_for_cash(session, cash)
    given = entry_arguments(origin, debit_type(origin))
    step = _settle_step(len(cash), int(points > 0))
    answers = step.run(session, member_id=member_id, claim_points=points, **cash_arguments(cash), **given)
    if answers is None:
        raise NotFound(what="member")
    unnumbered = {"points": 0, "number": None, "balance_after": None, "hold_id": None}
    written = {"id": given["entry_id"], "member_id": member_id, "created_at": answers["member__at"]}
    return entry_of({**given, **unnumbered, **written})


def _charge(plan: Plan) -> None:
    points = argument("points", balances.c.posted)
    balance = change_balance(
        plan,
        member_id=argument("member_id", balances.c.member_id),
        points=-points,
        held=sa.literal(0),
        at=plan.now(),
        guards=[balances.c.posted - balances.c.held >= points],
    )
    post_for_member(plan, balance, CLAIMS)
    take(plan, draws, owner={"entry_id": argument("entry_id", entries.c.id)}, points=points, after=balance)


def _settle(plan: Plan, cash: int, claims: int) -> None:
    member = sa.select(balances.c.member_id, plan.now().label("at")).where(
        balances.c.member_id == argument("member_id", balances.c.member_id)
    )
    settled = argument("claim_points", postings.c.amount)
    claim_legs = [points_leg(house(CLAIMS), -settled), points_leg(house(REDEEMED), settled)] * claims
    post_for_house(plan, plan.ask("member", member), [*claim_legs, *cash_legs(cash)])


_CHARGE = Step(_charge)


@cache
def _settle_step(cash: int, claims: int) -> Step:
    return Step(lambda plan: _settle(plan, cash, claims))
