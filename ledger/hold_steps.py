"""The statements behind holds.py, built once each. Decides in SQL; knows no refusals."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from ledger.accounts import CLAIMS, REDEEMED
from ledger.journal import cash_legs, change_balance, house, origin_columns, points_leg, post_for_member
from ledger.lots import give_back, take
from ledger.models import balances, earmarks, hold_events, holds, postings
from ledger.steps import Answer, Plan, Step, argument
from ledger.terms import HoldEvent, HoldStatus


def _place(plan: Plan) -> None:
    points = argument("points", holds.c.points)
    # SQLite keeps moments as text and can't add to them; there the process's clock rules anyway.
    expires_at: Any = argument("expires_at", holds.c.expires_at)
    if plan.dialect == "postgresql":
        later = plan.now() + sa.bindparam("arg_ttl", type_=sa.Interval())
        expires_at = sa.type_coerce(later, holds.c.expires_at.type)
    reserved = (
        sa.update(balances)
        .where(
            balances.c.member_id == argument("member_id", balances.c.member_id),
            balances.c.posted - balances.c.held >= points,
        )
        .values(held=balances.c.held + points)
        .returning(balances.c.member_id, plan.now().label("at"), expires_at.label("expires_at"))
    )
    balance = plan.ask("balance", reserved)
    hold = {
        "id": argument("hold_id", holds.c.id),
        "member_id": balance["member_id"],
        "points": points,
        "status": sa.literal(HoldStatus.HELD.value),
        "created_at": balance["at"],
        "expires_at": balance["expires_at"],
        **origin_columns(holds),
    }
    plan.insert("hold", holds, balance, hold)
    _record(plan, HoldEvent.HELD, balance)
    take(plan, earmarks, owner={"hold_id": argument("hold_id", holds.c.id)}, points=points, after=balance)


def _extend(plan: Plan) -> None:
    moment = _moment(plan)
    until = argument("until", holds.c.expires_at)
    later = sa.case((holds.c.expires_at < until, until), else_=holds.c.expires_at)
    hold = _move(plan, moment, holds.c.expires_at > moment["at"], {"expires_at": later})
    _record(plan, HoldEvent.EXTENDED, hold)


def _capture(plan: Plan, cash: int, claims: int) -> None:
    moment = _moment(plan)
    closed = {
        "status": HoldStatus.CAPTURED.value,
        "closed_at": moment["at"],
        "closing_entry_id": argument("entry_id", holds.c.closing_entry_id),
    }
    hold = _move(plan, moment, holds.c.expires_at > moment["at"], closed)
    _record(plan, HoldEvent.CAPTURED, hold)
    spent = -hold["points"]
    balance = change_balance(plan, member_id=hold["member_id"], points=spent, held=spent, at=hold["at"])
    settled = argument("claim_points", postings.c.amount)
    claim_legs = [points_leg(house(CLAIMS), -settled), points_leg(house(REDEEMED), settled)] * claims
    hold_id = argument("hold_id", holds.c.id)
    post_for_member(plan, balance, REDEEMED, [*claim_legs, *cash_legs(cash)], hold_id=hold_id)


def _release(plan: Plan) -> None:
    moment = _moment(plan)
    _give_back(plan, moment, holds.c.expires_at > moment["at"], HoldStatus.RELEASED)


def _expire(plan: Plan) -> None:
    moment = _moment(plan)
    _give_back(plan, moment, holds.c.expires_at <= moment["at"], HoldStatus.EXPIRED)


def _give_back(plan: Plan, moment: Answer, guard: Any, status: HoldStatus) -> None:
    hold = _move(plan, moment, guard, {"status": status.value, "closed_at": moment["at"]})
    _record(plan, HoldEvent(status.value), hold)
    freed = (
        sa.update(balances)
        .where(balances.c.member_id == hold["member_id"])
        .values(held=balances.c.held - hold["points"])
        .returning(balances.c.member_id)
    )
    balance = plan.ask("balance", freed)
    give_back(plan, hold_id=argument("hold_id", holds.c.id), after=balance)


def _moment(plan: Plan) -> Answer:
    """The hold's member, locked, and then one reading of the clock."""
    hold_id = argument("hold_id", holds.c.id)
    member_id = sa.select(holds.c.member_id).where(holds.c.id == hold_id).scalar_subquery()
    lock = sa.select(balances.c.member_id).where(balances.c.member_id == member_id)
    locked = plan.ask("locked", lock.with_for_update(key_share=True))
    return plan.ask("moment", sa.select(locked["member_id"].label("member_id"), plan.now().label("at")))


def _move(plan: Plan, moment: Answer, guard: Any, values: Mapping[str, Any]) -> Answer:
    """The one guarded transition."""
    at = sa.type_coerce(moment["at"], holds.c.created_at.type).label("at")
    moved = (
        sa.update(holds)
        .where(
            holds.c.id == argument("hold_id", holds.c.id),
            holds.c.member_id == moment["member_id"],
            holds.c.status == sa.literal(HoldStatus.HELD.value),
            guard,
        )
        .values(values)
        .returning(holds.c.member_id, holds.c.points, holds.c.expires_at, at)
    )
    return plan.ask("hold", moved)


def _record(plan: Plan, event: HoldEvent, after: Answer) -> None:
    row = {
        "id": argument("event_id", hold_events.c.id),
        "hold_id": argument("hold_id", hold_events.c.hold_id),
        "member_id": after["member_id"],
        "event": sa.literal(event.value),
        "expires_at": after["expires_at"],
        "created_at": after["at"],
        **origin_columns(hold_events),
    }
    plan.insert("event", hold_events, after, row)


PLACE = Step(_place)
EXTEND = Step(_extend)
RELEASE = Step(_release)
EXPIRE = Step(_expire)


@cache
def capture_step(cash: int, claims: int) -> Step:
    """The capture with so many cash legs, and with the points of a claim (1) or without (0)."""
    return Step(lambda plan: _capture(plan, cash, claims))
