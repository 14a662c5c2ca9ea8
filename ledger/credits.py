"""Points given to a member; each credit makes a lot. Knows nothing of why the programme gives them."""

import sqlalchemy as sa

from ledger.accounts import ISSUED
from ledger.database import Session
from ledger.errors import NotFound
from ledger.ids import new_id
from ledger.journal import change_balance, entry_arguments, entry_from, post_for_member
from ledger.models import balances, lots
from ledger.steps import Plan, Step, argument
from ledger.terms import Credit, Entry, EntryType, Origin, points


def credit(session: Session, origin: Origin, credit: Credit) -> Entry:
    """Type Earn. Raises NotFound for a member without an account, ValueError for less than one point."""
    if points(credit.points) <= 0:
        raise ValueError("a credit gives at least one point")
    given = entry_arguments(origin, EntryType.EARN, credit.kind)
    lot = {"lot_id": new_id(), "expires_at": credit.expires_at}
    answers = _CREDIT.run(session, member_id=credit.member_id, points=credit.points, **lot, **given)
    if answers is None:
        raise NotFound(what="member")
    return entry_from(given, answers)


def _build(plan: Plan) -> None:
    member_id = argument("member_id", balances.c.member_id)
    given = argument("points", balances.c.posted)
    balance = change_balance(plan, member_id=member_id, points=given, held=sa.literal(0), at=plan.now())
    post_for_member(plan, balance, ISSUED)
    lot = {
        "id": argument("lot_id", lots.c.id),
        "member_id": balance["member_id"],
        "entry_id": argument("entry_id", lots.c.entry_id),
        "points": balance["points"],
        "remaining": balance["points"],
        "expires_at": argument("expires_at", lots.c.expires_at),
    }
    plan.insert("lot", lots, balance, lot)


_CREDIT = Step(_build)
