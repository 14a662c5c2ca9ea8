"""The statements behind holds.py, built once each. Decides in SQL; knows no refusals."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from ledger.accounts import REDEEMED
from ledger.journal import (
    against,
    cash_legs,
    change_balance,
    claim_legs,
    house,
    origin_columns,
    post_for_member,
)
from ledger.lots import due_by_hold, give_back, give_back_rest, nothing_due, take, unchanged
from ledger.models import balances, earmarks, entries, hold_events, holds, postings
from ledger.steps import Answer, Plan, Step, argument
from ledger.terms import HoldEvent, HoldStatus


def _place(plan: Plan) -> None:
    points = argument("points", holds.c.points)
    member_id = argument("member_id", balances.c.member_id)
    # SQLite keeps moments as text and can't add to them; there the process's clock rules anyway.
    expires_at: Any = argument("expires_at", holds.c.expires_at)
    if plan.dialect == "postgresql":
        later = plan.now() + sa.bindparam("arg_ttl", type_=sa.Interval())
        expires_at = sa.type_coerce(later, holds.c.expires_at.type)
    reserved = (
        sa.update(balances)
        .where(
            balances.c.member_id == member_id,
            balances.c.posted - balances.c.held >= points,
            nothing_due(plan.now()),
            *unchanged(plan, member_id),
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
    _post_capture(plan, _take_whole(plan), cash, claims)


def _transfer(plan: Plan) -> None:
    balance = _take_whole(plan)
    taker = against(argument("taker", postings.c.account_id), balance)
    more = {"hold_id": argument("hold_id", holds.c.id), "party": argument("party", entries.c.party)}
    post_for_member(plan, balance, [taker], more)


def _take_whole(plan: Plan) -> Answer:
    """All of the hold, off the member's balance."""
    hold = _close_captured(plan)
    _record(plan, HoldEvent.CAPTURED, hold)
    spent = -hold["points"]
    return change_balance(plan, member_id=hold["member_id"], points=spent, held=spent, at=hold["at"])


def _capture_part(plan: Plan, cash: int, claims: int) -> None:
    """The same for a part; the rest goes back to its lots, and the log says so."""
    captured = argument("captured", holds.c.points)
    hold = _close_captured(plan, holds.c.points > captured)
    hold_id = argument("hold_id", holds.c.id)
    _record(plan, HoldEvent.CAPTURED, hold, points=captured)
    rest_id = argument("rest_event_id", hold_events.c.id)
    _record(plan, HoldEvent.RELEASED, hold, points=hold["points"] - captured, event_id=rest_id)
    balance = change_balance(
        plan,
        member_id=hold["member_id"],
        points=-captured,
        held=-hold["points"],
        at=hold["at"],
        values=due_by_hold(plan, hold_id),
    )
    _post_capture(plan, balance, cash, claims)
    entry_id = argument("entry_id", entries.c.id)
    give_back_rest(plan, hold_id=hold_id, entry_id=entry_id, captured=captured, after=balance)


def _close_captured(plan: Plan, *guards: Any) -> Answer:
    moment = _moment(plan)
    closed = {
        "status": HoldStatus.CAPTURED.value,
        "closed_at": moment["at"],
        "closing_entry_id": argument("entry_id", holds.c.closing_entry_id),
    }
    return _move(plan, moment, sa.and_(holds.c.expires_at > moment["at"], *guards), closed)


def _post_capture(plan: Plan, balance: Answer, cash: int, claims: int) -> None:
    legs = [against(house(REDEEMED), balance), *claim_legs(claims), *cash_legs(cash)]
    post_for_member(plan, balance, legs, {"hold_id": argument("hold_id", holds.c.id)})


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
        .values(held=balances.c.held - hold["points"], **due_by_hold(plan, argument("hold_id", holds.c.id)))
        .returning(balances.c.member_id, balances.c.due_at)
    )
    balance = plan.ask("balance", freed)
    give_back(plan, hold_id=argument("hold_id", holds.c.id), after=balance)


def _moment(plan: Plan) -> Answer:
    """The hold's member, locked, and then one reading of the clock, if nothing is due on the member."""
    hold_id = argument("hold_id", holds.c.id)
    member_id = sa.select(holds.c.member_id).where(holds.c.id == hold_id).scalar_subquery()
    lock = sa.select(balances.c.member_id, balances.c.due_at).where(balances.c.member_id == member_id)
    locked = plan.ask("locked", lock.with_for_update(key_share=True))
    read = sa.select(locked["member_id"].label("member_id"), plan.now().label("at"))
    return plan.ask("moment", read.where(nothing_due(plan.now(), locked["due_at"])))


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


def _record(plan: Plan, event: HoldEvent, after: Answer, *, points: Any = None, event_id: Any = None) -> None:
    row = {
        "id": argument("event_id", hold_events.c.id) if event_id is None else event_id,
        "hold_id": argument("hold_id", hold_events.c.hold_id),
        "member_id": after["member_id"],
        "event": sa.literal(event.value),
        "expires_at": after["expires_at"],
        "created_at": after["at"],
        **({} if points is None else {"points": points}),
        **({"reason": argument("reason", hold_events.c.reason)} if event in _WITH_REASON else {}),
        **origin_columns(hold_events),
    }
    plan.record(hold_events, after, row)


_WITH_REASON = {HoldEvent.RELEASED, HoldEvent.EXPIRED}

PLACE = Step(_place)
EXTEND = Step(_extend)
RELEASE = Step(_release)
EXPIRE = Step(_expire)
TRANSFER = Step(_transfer)


@cache
def capture_step(cash: int, claims: int) -> Step:
    """The capture with so many cash legs, and with the points of a claim (1) or without (0)."""
    return Step(lambda plan: _capture(plan, cash, claims))


@cache
def capture_part_step(cash: int, claims: int) -> Step:
    return Step(lambda plan: _capture_part(plan, cash, claims))
