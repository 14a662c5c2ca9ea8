"""What time does to a member's points: pending ones post, and what is left of a lot expires.

Every step that moves points refuses to run while something is due (lots.nothing_due) and has it settled here
first, in its own transaction; so nobody ever depends on the sweep, which only keeps the log up to date.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ledger.accounts import EXPIRED, ISSUED, open_partner
from ledger.balances import lock_member
from ledger.database import Session
from ledger.earning import POST_PENDING
from ledger.ids import new_id
from ledger.journal import (
    ORIGIN,
    against,
    change_balance,
    entry_arguments,
    entry_from,
    house,
    post_for_member,
)
from ledger.lot_models import pendings
from ledger.models import balances, draws, lots
from ledger.steps import Plan, Step, Values, argument
from ledger.terms import Entry, EntryType, MemberId, Origin

SETTLED_MAX = 5


def post_due(session: Session, origin: Origin, *, limit: int) -> list[Entry]:
    """Settles members with pending points whose time has come, soonest first; the entries made.

    Safe in many copies: a member whose row another transaction has is left to the next sweep.
    """
    waiting = sa.exists().where(
        pendings.c.member_id == balances.c.member_id,
        pendings.c.status == "pending",
        pendings.c.posts_at <= session.now_sql(),
    )
    return _sweep(session, origin, waiting, limit)


def expire_lots(session: Session, origin: Origin, *, limit: int) -> list[Entry]:
    """The same for members with points in lots that have run out."""
    waiting = sa.exists().where(
        lots.c.member_id == balances.c.member_id,
        lots.c.remaining > 0,
        lots.c.expires_at <= session.now_sql(),
    )
    return _sweep(session, origin, waiting, limit)


def run_settled(
    session: Session, origin: Origin, member_id: MemberId, run: Callable[[], Values | None]
) -> Values | None:
    """Runs a step, without a lock at first; None: the step's own guard said no. Raises NotFound.

    When the answer is no, the row may have changed while the step waited for it, or something was due: both are
    put right under the lock, and then the no is final.
    """
    answers = run()
    if answers is not None:
        return answers
    lock_member(session, member_id)
    for _settled in range(SETTLED_MAX):
        answers = run()
        if answers is not None or settle_member(session, origin, member_id) is None:
            return answers
    raise AssertionError("a member whose row is locked is settled once, and again when the clock went on")


def settle_member(session: Session, origin: Origin, member_id: MemberId) -> list[Entry] | None:
    """Locks a member, posts and expires what is due; None when nothing was. Raises NotFound.

    The entries are the system's, whose step it ever was, and belong to no booking.
    """
    lock_member(session, member_id)
    # A statement of its own: on PostgreSQL it sees the lots as the last holder of the lock left them.
    due_at, now = session.execute(
        sa.select(balances.c.due_at, session.now_sql()).where(balances.c.member_id == member_id)
    ).one()
    if due_at is None or due_at > now:
        return None
    made = [_post(session, row) for row in _posting(session, member_id, now)]
    system = Origin(client="system", source="system", request_id=origin.request_id)
    made += _expire(session, system, member_id, now)
    session.connection().execute(_NEXT, {"arg_member_id": member_id})
    return made


def _sweep(session: Session, origin: Origin, waiting: Any, limit: int) -> list[Entry]:
    members = session.scalars(
        sa.select(balances.c.member_id)
        .where(balances.c.due_at <= session.now_sql(), waiting)
        .order_by(balances.c.due_at, balances.c.member_id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    return [entry for member_id in members for entry in settle_member(session, origin, member_id) or ()]


def _posting(session: Session, member_id: MemberId, now: datetime) -> Sequence[sa.RowMapping]:
    due = (
        sa.select(pendings)
        .where(
            pendings.c.member_id == member_id,
            pendings.c.status == "pending",
            pendings.c.posts_at <= now,
        )
        .order_by(pendings.c.posts_at, pendings.c.id)
    )
    return session.execute(due).mappings().all()


def _post(session: Session, row: sa.RowMapping) -> Entry:
    party = row["party"]
    given: dict[str, object] = {
        "entry_id": row["id"],
        "giver": ISSUED if party is None else open_partner(session, party),
        **{
            name: row[name]
            for name in ("type", "kind", "party", "member_id", "points", "expires_at", *ORIGIN)
        },
    }
    answers = POST_PENDING.run(session, lot_id=new_id(), **given)
    if answers is None:
        raise AssertionError("a pending credit of a locked member posts")
    return entry_from(given, answers)


def _expire(session: Session, origin: Origin, member_id: MemberId, now: datetime) -> list[Entry]:
    left = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(lots.c.remaining), 0)).where(*_run_out(member_id, now))
    )
    if not left:
        return []
    given = entry_arguments(origin, EntryType.POINTS_EXPIRY)
    answers = _EXPIRE_LOTS.run(session, member_id=member_id, moment=now, points=int(left), **given)
    if answers is None:
        raise AssertionError("the lots of a locked member expire")
    return [entry_from(given, answers)]


def _run_out(member_id: Any, moment: Any) -> tuple[Any, ...]:
    return (lots.c.member_id == member_id, lots.c.remaining > 0, lots.c.expires_at <= moment)


def _build(plan: Plan) -> None:
    balance = change_balance(
        plan,
        member_id=argument("member_id", balances.c.member_id),
        points=-argument("points", balances.c.posted),
        held=sa.literal(0),
        at=plan.now(),
    )
    post_for_member(plan, balance, [against(house(EXPIRED), balance)])
    run_out = _run_out(argument("member_id", lots.c.member_id), argument("moment", lots.c.expires_at))
    drawn = sa.select(
        argument("entry_id", draws.c.entry_id).label("entry_id"),
        lots.c.id.label("lot_id"),
        lots.c.remaining.label("points"),
    ).where(*run_out)
    emptied = sa.update(lots).where(*run_out).values(remaining=0)
    if balance.source is not None:
        drawn = drawn.where(lots.c.member_id == balance["member_id"])
        emptied = emptied.where(lots.c.member_id == balance["member_id"])
    plan.write("draws", sa.insert(draws).from_select(["entry_id", "lot_id", "points"], drawn))
    plan.write("lots", emptied)


_EXPIRE_LOTS = Step(_build)

_moments = sa.union_all(
    sa.select(lots.c.expires_at.label("at")).where(
        lots.c.member_id == argument("member_id", lots.c.member_id), lots.c.remaining > 0
    ),
    sa.select(pendings.c.posts_at.label("at")).where(
        pendings.c.member_id == argument("member_id", pendings.c.member_id), pendings.c.status == "pending"
    ),
).subquery("moments")
_NEXT = (
    sa.update(balances)
    .where(balances.c.member_id == argument("member_id", balances.c.member_id))
    .values(due_at=sa.select(sa.func.min(_moments.c.at)).scalar_subquery())
)
