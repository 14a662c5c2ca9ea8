"""The steps that give points and make a lot of them, at once or later. Knows no refusals."""

from typing import Any

import sqlalchemy as sa

from ledger.journal import against, change_balance, origin_columns, post_for_member
from ledger.lot_models import pendings
from ledger.lots import due_by, nothing_due
from ledger.models import balances, entries, lots, postings
from ledger.steps import Plan, Step, argument


def _post(plan: Plan) -> None:
    _give(plan, guards=[nothing_due(plan.now())])


def _post_pending(plan: Plan) -> None:
    """What is due may be more than this one, so nothing_due() is no guard here."""
    posted = (
        sa.update(pendings)
        .where(pendings.c.id == argument("entry_id", pendings.c.id), pendings.c.status == "pending")
        .values(status=sa.literal("posted"))
        .returning(pendings.c.member_id)
    )
    pending = plan.ask("pending", posted)
    _give(plan, guards=[balances.c.member_id == pending["member_id"]])


def _promise(plan: Plan) -> None:
    posts_at = argument("posts_at", pendings.c.posts_at)
    changed = (
        sa.update(balances)
        .where(balances.c.member_id == argument("member_id", balances.c.member_id))
        .values(**due_by(plan, posts_at))
        .returning(balances.c.member_id, plan.now().label("at"))
    )
    balance = plan.ask("balance", changed)
    row = {
        "id": argument("entry_id", pendings.c.id),
        "member_id": balance["member_id"],
        "status": sa.literal("pending"),
        "type": argument("type", pendings.c.type),
        "kind": argument("kind", pendings.c.kind),
        "points": argument("points", pendings.c.points),
        "party": argument("party", pendings.c.party),
        "posts_at": posts_at,
        "expires_at": argument("expires_at", pendings.c.expires_at),
        "created_at": balance["at"],
        **origin_columns(pendings),
    }
    plan.insert("pending", pendings, balance, row)


def _give(plan: Plan, guards: list[Any]) -> None:
    expires_at = argument("expires_at", lots.c.expires_at)
    balance = change_balance(
        plan,
        member_id=argument("member_id", balances.c.member_id),
        points=argument("points", balances.c.posted),
        held=sa.literal(0),
        at=plan.now(),
        guards=guards,
        values=due_by(plan, expires_at),
    )
    giver = argument("giver", postings.c.account_id)
    party = {"party": argument("party", entries.c.party)}
    post_for_member(plan, balance, [against(giver, balance)], party)
    lot = {
        "id": argument("lot_id", lots.c.id),
        "member_id": balance["member_id"],
        "entry_id": argument("entry_id", lots.c.entry_id),
        "points": balance["points"],
        "remaining": balance["points"],
        "expires_at": expires_at,
    }
    plan.record(lots, balance, lot)


POST = Step(_post)
POST_PENDING = Step(_post_pending)
PROMISE = Step(_promise)
