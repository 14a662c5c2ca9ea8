"""The statement behind reversals.py, built once a shape. Decides nothing: what to move is given."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from ledger.journal import Leg, change_balance, post_for_house, post_for_member
from ledger.lot_models import givebacks
from ledger.lots import due_by, take
from ledger.models import balances, draws, entries, lots, postings
from ledger.steps import Answer, Plan, Step, argument


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Which parts a reversal has: how the member's points move, and how many rows there are of what."""

    member: int
    """1 when points come back, −1 when they are taken, 0 when they stay."""
    legs: int
    givebacks: int
    lots: int
    grace: int


def _build(plan: Plan, shape: Shape) -> None:
    member_id = argument("member_id", balances.c.member_id)
    points = argument("points", balances.c.posted)
    names = ("reverses_id", "reversal_number", "reason", "unrecovered")
    more = {name: argument(name, entries.c[name]) for name in names}
    legs = [_leg(index) for index in range(shape.legs)]
    if shape.member:
        due_at = due_by(plan, argument("due_at", balances.c.due_at))
        row = change_balance(
            plan, member_id=member_id, points=points, held=sa.literal(0), at=plan.now(), values=due_at
        )
        post_for_member(plan, row, legs, more)
    else:
        member = sa.select(balances.c.member_id, plan.now().label("at"))
        row = plan.ask("member", member.where(balances.c.member_id == member_id))
        post_for_house(plan, row, legs, more)
    if shape.member < 0:
        _take(plan, row, -points)
    _give_back(plan, row, shape)


def _leg(index: int) -> Leg:
    given = {
        name: argument(f"leg_{index}_{name}", postings.c[name])
        for name in ("account_id", "amount", "asset", "reference")
    }
    return Leg(**given)


def _take(plan: Plan, row: Answer, points: Any) -> None:
    """What the reversed entry gave is taken first, then what expires first."""
    own_first = sa.case((lots.c.entry_id == argument("reverses_id", entries.c.id), 0), else_=1)
    owner = {"entry_id": argument("entry_id", entries.c.id)}
    take(plan, draws, owner=owner, points=points, after=row, first=own_first)


def _give_back(plan: Plan, row: Answer, shape: Shape) -> None:
    entry_id = argument("entry_id", entries.c.id)
    if shape.grace:
        points = argument("grace_points", lots.c.points)
        lot = {
            "id": argument("grace_lot_id", lots.c.id),
            "member_id": row["member_id"],
            "entry_id": entry_id,
            "points": points,
            "remaining": points,
            "expires_at": argument("grace_expires_at", lots.c.expires_at),
        }
        plan.record(lots, row, lot)
    names = ("taken_by", "lot_id", "points", "into_lot_id")
    rows = [
        {
            "entry_id": entry_id,
            **{name: argument(f"back_{index}_{name}", givebacks.c[name]) for name in names},
        }
        for index in range(shape.givebacks)
    ]
    if rows:
        plan.insert("givebacks", givebacks, row, *rows)
    for index in range(shape.lots):
        returned = lots.c.remaining + argument(f"lot_{index}_points", lots.c.remaining)
        mine = lots.c.member_id == row["member_id"]
        lot_id = argument(f"lot_{index}_id", lots.c.id)
        plan.write(
            f"lots_{index}", sa.update(lots).where(lots.c.id == lot_id, mine).values(remaining=returned)
        )


@cache
def reversal_step(shape: Shape) -> Step:
    return Step(lambda plan: _build(plan, shape))
