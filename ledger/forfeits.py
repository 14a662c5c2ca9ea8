"""Points of a claim that go back to nobody: claims → expired. Knows no claims and no dates."""

import sqlalchemy as sa

from ledger.accounts import CLAIMS, EXPIRED
from ledger.database import Session
from ledger.errors import NotFound
from ledger.journal import entry_arguments, entry_of, house, points_leg, post_for_house
from ledger.models import balances, entries, postings
from ledger.steps import Plan, Step, argument
from ledger.terms import Entry, EntryType, MemberId, Origin, Points
from ledger.terms import points as whole_points


def forfeit_claim(
    session: Session, origin: Origin, *, member_id: MemberId, points: Points, reason: str
) -> Entry:
    """Type Points Expiry, with 0 points on the member's own account: the charge took them. Raises NotFound."""
    if whole_points(points) <= 0:
        raise ValueError("at least one point is forfeited")
    given = {**entry_arguments(origin, EntryType.POINTS_EXPIRY), "reason": reason}
    answers = _FORFEIT.run(session, member_id=member_id, forfeited=points, **given)
    if answers is None:
        raise NotFound(what="member")
    written = {"id": given["entry_id"], "member_id": member_id, "created_at": answers["member__at"]}
    return entry_of({**given, "points": Points(0), **written})


def _build(plan: Plan) -> None:
    member = sa.select(balances.c.member_id, plan.now().label("at")).where(
        balances.c.member_id == argument("member_id", balances.c.member_id)
    )
    forfeited = argument("forfeited", postings.c.amount)
    legs = [points_leg(house(CLAIMS), -forfeited), points_leg(house(EXPIRED), forfeited)]
    more = {"reason": argument("reason", entries.c.reason)}
    post_for_house(plan, plan.ask("member", member), legs, more)


_FORFEIT = Step(_build)
