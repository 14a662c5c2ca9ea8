"""Which of a member's points are spent first: by lots, soonest expiry first, those without expiry last."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ledger.lot_models import givebacks
from ledger.models import balances, earmarks, lots
from ledger.steps import Answer, Plan, argument

SOONEST_FIRST = (lots.c.expires_at.asc().nulls_last(), lots.c.id)


def nothing_due(at: Any, due_at: Any = balances.c.due_at) -> Any:
    """The guard of every step that moves points: what was due is posted or expired first (due.py)."""
    return sa.or_(due_at.is_(None), due_at > at)


def unchanged(plan: Plan, member_id: Any) -> list[Any]:
    """The guard of a step that reads lots without a lock made before it.

    A statement that waited for the member's row still sees the lots as they were before the wait. The row's xmin
    tells: it is the transaction that wrote it last. SQLite has its one writer.
    """
    if plan.dialect == "sqlite":
        return []
    seen = balances.alias("seen")
    # No type: xid compares with xid, and is never sent to Python.
    before: sa.Select[Any] = (
        sa.select(sa.literal_column("seen.xmin")).select_from(seen).where(seen.c.member_id == member_id)
    )
    return [sa.literal_column("balances.xmin") == before.scalar_subquery()]


def due_by(plan: Plan, moment: Any) -> Mapping[str, Any]:
    """The balance's due_at, brought forward to `moment` unless that is null."""
    least = sa.func.min if plan.dialect == "sqlite" else sa.func.least
    # SQLite's min() of a null is null; PostgreSQL's least() passes over it.
    found = sa.func.coalesce(least(balances.c.due_at, moment), balances.c.due_at, moment)
    return {"due_at": sa.type_coerce(found, balances.c.due_at.type)}


def due_by_hold(plan: Plan, hold_id: Any) -> Mapping[str, Any]:
    """The same for the lots that a hold gives its points back to."""
    soonest = (
        sa.select(sa.func.min(lots.c.expires_at))
        .where(lots.c.id == earmarks.c.lot_id, earmarks.c.hold_id == hold_id)
        .scalar_subquery()
    )
    return due_by(plan, soonest)


def take(
    plan: Plan, table: sa.Table, *, owner: dict[str, Any], points: Any, after: Answer, first: Any = None
) -> None:
    """Takes `points` from the lots of the member of `after` and records it in `table` (earmarks or draws).

    `first` is sorted by before the expiry. The member's balance row must be locked by an earlier statement, or
    `after` guarded by unchanged(): only then are the lots seen as the last holder of the lock left them.
    """
    order = SOONEST_FIRST if first is None else (first, *SOONEST_FIRST)
    queue = (
        sa.select(
            lots.c.id,
            lots.c.remaining,
            (sa.func.sum(lots.c.remaining).over(order_by=order) - lots.c.remaining).label("before"),
        )
        .where(lots.c.member_id == argument("member_id", lots.c.member_id), lots.c.remaining > 0)
        .subquery("queue")
    )
    wanted = points - queue.c.before
    taken = (
        sa.select(
            queue.c.id,
            sa.case((queue.c.remaining <= wanted, queue.c.remaining), else_=wanted).label("points"),
        )
        .where(queue.c.before < points)
        .cte("taken")
    )
    marks = sa.select(
        *(sa.type_coerce(value, table.c[name].type).label(name) for name, value in owner.items()),
        taken.c.id.label("lot_id"),
        sa.cast(taken.c.points, table.c.points.type).label("points"),
    )
    lowered = (
        sa.update(lots)
        .where(lots.c.id == taken.c.id)
        .values(remaining=lots.c.remaining - sa.cast(taken.c.points, lots.c.remaining.type))
    )
    if after.source is not None:
        marks = marks.select_from(taken.join(after.source, sa.true()))
        lowered = lowered.where(lots.c.member_id == after["member_id"])
    plan.write("marks", sa.insert(table).from_select([*owner, "lot_id", "points"], marks))
    plan.write("lots", lowered)


def give_back(plan: Plan, *, hold_id: Any, after: Answer) -> None:
    """Returns a hold's earmarks to the lots they came from; the rows stay as history."""
    returned = (
        sa.update(lots)
        .where(
            lots.c.id == earmarks.c.lot_id,
            earmarks.c.hold_id == hold_id,
            lots.c.member_id == after["member_id"],
        )
        .values(remaining=lots.c.remaining + earmarks.c.points)
    )
    plan.write("lots", returned)


def give_back_rest(plan: Plan, *, hold_id: Any, entry_id: Any, captured: Any, after: Answer) -> None:
    """Returns what a part capture leaves of a hold: the points that expire first are the captured ones."""
    queue = (
        sa.select(
            earmarks.c.lot_id,
            earmarks.c.points,
            sa.func.sum(earmarks.c.points).over(order_by=SOONEST_FIRST).label("through"),
        )
        .where(earmarks.c.hold_id == hold_id, lots.c.id == earmarks.c.lot_id)
        .subquery("queue")
    )
    over = queue.c.through - captured
    left = sa.case((over < queue.c.points, over), else_=queue.c.points)
    kind = givebacks.c.points.type
    rest = sa.select(queue.c.lot_id, sa.cast(left, kind).label("points")).where(over > 0).cte("rest")
    rows = sa.select(
        sa.type_coerce(entry_id, givebacks.c.entry_id.type).label("entry_id"),
        sa.type_coerce(entry_id, givebacks.c.taken_by.type).label("taken_by"),
        rest.c.lot_id,
        rest.c.points,
        rest.c.lot_id.label("into_lot_id"),
    )
    returned = (
        sa.update(lots).where(lots.c.id == rest.c.lot_id).values(remaining=lots.c.remaining + rest.c.points)
    )
    if after.source is not None:
        rows = rows.select_from(rest.join(after.source, sa.true()))
        returned = returned.where(lots.c.member_id == after["member_id"])
    names = ["entry_id", "taken_by", "lot_id", "points", "into_lot_id"]
    plan.write("givebacks", sa.insert(givebacks).from_select(names, rows))
    plan.write("lots", returned)
