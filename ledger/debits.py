"""Points taken without a hold: spent, charged at a claim, adjusted or transferred; and a claim's settlement."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

import sqlalchemy as sa

from ledger.accounts import CLAIMS, ISSUED, REDEEMED, open_for_cash, open_partner
from ledger.balances import not_enough
from ledger.database import Session
from ledger.due import run_settled
from ledger.errors import NotFound
from ledger.journal import (
    against,
    cash_arguments,
    cash_legs,
    change_balance,
    claim_legs,
    debit_type,
    entry_arguments,
    entry_from,
    entry_of,
    post_for_house,
    post_for_member,
)
from ledger.lots import nothing_due, take, unchanged
from ledger.models import balances, draws, entries, postings
from ledger.steps import Plan, Step, argument
from ledger.terms import CashLeg, Entry, EntryType, MemberId, Origin, Points
from ledger.terms import points as whole_points


def charge_claim(session: Session, origin: Origin, *, member_id: MemberId, points: Points) -> Entry:
    """Member → claims. Raises NotFound, NotEnoughPoints, PointsNotYetPosted, as all debits do."""
    return _take(session, origin, debit_type(origin), member_id, points, CLAIMS)


def debit(session: Session, origin: Origin, *, member_id: MemberId, points: Points) -> Entry:
    """Member → redeemed, at once: what a surface without a counter sells."""
    return _take(session, origin, debit_type(origin), member_id, points, REDEEMED)


def adjust_debit(
    session: Session, origin: Origin, *, member_id: MemberId, points: Points, reason: str | None = None
) -> Entry:
    """Type Adjustment Debit: points that should not have been given go back to where they came from."""
    return _take(session, origin, EntryType.ADJUSTMENT_DEBIT, member_id, points, ISSUED, reason=reason)


def transfer(session: Session, origin: Origin, *, member_id: MemberId, points: Points, partner: str) -> Entry:
    """Type Points Transfer, to the partner of this name."""
    account = open_partner(session, partner)
    return _take(session, origin, EntryType.POINTS_TRANSFER, member_id, points, account, party=partner)


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
    written = {"id": given["entry_id"], "member_id": member_id, "created_at": answers["member__at"]}
    return entry_of({**given, "points": Points(0), **written})


def _take(
    session: Session,
    origin: Origin,
    entry_type: EntryType,
    member_id: MemberId,
    points: Points,
    taker: UUID,
    *,
    party: str | None = None,
    reason: str | None = None,
) -> Entry:
    if whole_points(points) <= 0:
        raise ValueError("a debit takes at least one point")
    given = {**entry_arguments(origin, entry_type), "party": party, "reason": reason}
    answers = run_settled(
        session,
        origin,
        member_id,
        lambda: _TAKE.run(session, member_id=member_id, points=points, taker=taker, **given),
    )
    if answers is None:
        raise not_enough(session, member_id, points)
    return entry_from(given, answers)


def _build(plan: Plan) -> None:
    points = argument("points", balances.c.posted)
    member_id = argument("member_id", balances.c.member_id)
    enough = balances.c.posted - balances.c.held >= points
    balance = change_balance(
        plan,
        member_id=member_id,
        points=-points,
        held=sa.literal(0),
        at=plan.now(),
        guards=[enough, nothing_due(plan.now()), *unchanged(plan, member_id)],
    )
    more = {name: argument(name, entries.c[name]) for name in ("party", "reason")}
    post_for_member(plan, balance, [against(argument("taker", postings.c.account_id), balance)], more)
    take(plan, draws, owner={"entry_id": argument("entry_id", entries.c.id)}, points=points, after=balance)


def _settle(plan: Plan, cash: int, claims: int) -> None:
    member = sa.select(balances.c.member_id, plan.now().label("at")).where(
        balances.c.member_id == argument("member_id", balances.c.member_id)
    )
    post_for_house(plan, plan.ask("member", member), [*claim_legs(claims), *cash_legs(cash)])


_TAKE = Step(_build)


@cache
def _settle_step(cash: int, claims: int) -> Step:
    return Step(lambda plan: _settle(plan, cash, claims))
