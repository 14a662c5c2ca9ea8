"""Points given to a member, at once or later; each credit makes a lot. Knows nothing of why they are given."""

from datetime import datetime

from ledger.accounts import ISSUED, open_partner
from ledger.database import Session
from ledger.due import run_settled
from ledger.earning import POST, PROMISE
from ledger.errors import NotFound
from ledger.ids import new_id
from ledger.journal import entry_arguments, entry_from, entry_of
from ledger.terms import Credit, EarnKind, Entry, EntryType, MemberId, Origin, Points, points


def credit(session: Session, origin: Origin, credit: Credit) -> Entry:
    """Type Earn. Raises NotFound for a member without an account, ValueError for less than one point."""
    return _give(session, origin, credit, EntryType.EARN, credit.kind)


def goodwill(
    session: Session,
    origin: Origin,
    *,
    member_id: MemberId,
    points: Points,
    granted_by: str | None = None,
    expires_at: datetime | None = None,
    posts_at: datetime | None = None,
) -> Entry:
    """Type Goodwill Credit, granted by the programme or by the partner of this name. Raises NotFound."""
    given = Credit(
        member_id=member_id,
        points=points,
        kind=EarnKind.MANUAL_ADJUSTMENT,
        expires_at=expires_at,
        posts_at=posts_at,
    )
    return _give(session, origin, given, EntryType.GOODWILL_CREDIT, None, granted_by)


def _give(
    session: Session,
    origin: Origin,
    credit: Credit,
    entry_type: EntryType,
    kind: EarnKind | None,
    party: str | None = None,
) -> Entry:
    if points(credit.points) <= 0:
        raise ValueError("a credit gives at least one point")
    given = {
        **entry_arguments(origin, entry_type, kind),
        "member_id": credit.member_id,
        "points": credit.points,
        "expires_at": credit.expires_at,
        "party": party,
    }
    if credit.posts_at is not None and credit.posts_at > session.clock.now():
        return _promise(session, given, credit.posts_at)
    giver = ISSUED if party is None else open_partner(session, party)
    answers = run_settled(
        session,
        origin,
        credit.member_id,
        lambda: POST.run(session, lot_id=new_id(), giver=giver, **given),
    )
    if answers is None:
        raise AssertionError("a credit to a member with nothing due is posted")
    return entry_from(given, answers)


def _promise(session: Session, given: dict[str, object], posts_at: datetime) -> Entry:
    answers = PROMISE.run(session, posts_at=posts_at, **given)
    if answers is None:
        raise NotFound(what="member")
    unnumbered = {"id": given["entry_id"], "created_at": answers["balance__at"]}
    return entry_of({**given, **unnumbered})
