"""Which of a member's points are spent first: by lots, soonest expiry first, those without expiry last."""

from typing import Any

import sqlalchemy as sa

from ledger.models import earmarks, lots
from ledger.steps import Answer, Plan, argument


def take(plan: Plan, table: sa.Table, *, owner: dict[str, Any], points: Any, after: Answer) -> None:
    """Takes `points` from the lots of the member of `after` and records it in `table` (earmarks or draws).

    The member's balance row must be locked by an earlier statement: only then does this one see the lots
    as the last holder of the lock left them.
    """
    queue = (
        sa.select(
            lots.c.id,
            lots.c.remaining,
            (
                sa.func.sum(lots.c.remaining).over(order_by=(lots.c.expires_at.asc().nulls_last(), lots.c.id))
                - lots.c.remaining
            ).label("before"),
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
