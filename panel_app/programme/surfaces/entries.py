"""Points that other surfaces give, take and give back: one entry each. Knows no HTTP and no hold."""

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import (
    Credit,
    EarnKind,
    Entry,
    EntryId,
    EntryType,
    MemberId,
    NotFound,
    Origin,
    Points,
    Session,
)
from panel_app.programme import audit, members, reservations
from panel_app.programme.access import Actor, Permission
from panel_app.programme.giving_back import GRACE, ReversalReason
from panel_app.programme.models import Branch, Operator
from panel_app.programme.refusals import InvalidInput, MemberClosed, NotAllowed
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Concerned, Keyed, Step, Told, keyed_bytes
from panel_app.programme.surfaces.told import EntryTold
from panel_app.programme.surfaces.wishes import (
    CreditType,
    EntryReversal,
    NewCredit,
    NewDebit,
    NewTransfer,
)
from panel_app.programme.terms import MemberStatus

_WORD = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)
_ON_BEHALF = EntryType.DEBIT_BY_ON_BEHALF_REDEMPTION


def credit(session: Session, actor: Actor, key: str, member_id: UUID, wish: NewCredit) -> Told[EntryTold]:
    """Give points, now or at `posts_at`. Raises NotFound, MemberClosed, InvalidInput."""

    def give(origin: Origin) -> Entry:
        begins = max(wish.posts_at or session.clock.now(), session.clock.now())
        if wish.expires_at is not None and wish.expires_at <= begins:
            raise InvalidInput(field="expires_at", rule=Rule.LATER)
        if members.member_by_id(session, member_id).status == MemberStatus.CLOSED.value:
            raise MemberClosed
        points, owner = Points(wish.points), MemberId(member_id)
        if wish.type is CreditType.GOODWILL:
            return ledger.goodwill(
                session,
                origin,
                member_id=owner,
                points=points,
                posts_at=wish.posts_at,
                expires_at=wish.expires_at,
            )
        given = Credit(
            member_id=owner,
            points=points,
            kind=EarnKind(wish.type.value),
            posts_at=wish.posts_at,
            expires_at=wish.expires_at,
        )
        return ledger.credit(session, origin, given)

    return _once(session, actor, key, "credit", member_id, wish, give)


def debit(session: Session, actor: Actor, key: str, member_id: UUID, wish: NewDebit) -> Told[EntryTold]:
    """Take points at once. Raises NotFound, MemberSuspended, MemberClosed, NotEnoughPoints, PointsNotYetPosted."""

    def take(origin: Origin) -> Entry:
        return ledger.debit(session, origin, member_id=MemberId(member_id), points=Points(wish.points))

    return _once(session, actor, key, "debit", member_id, wish, _spending(session, actor, member_id, take))


def transfer(session: Session, actor: Actor, key: str, member_id: UUID, wish: NewTransfer) -> Told[EntryTold]:
    """Move points to a partner programme. Raises as debit()."""

    def take(origin: Origin) -> Entry:
        points = Points(wish.points)
        return ledger.transfer(
            session, origin, member_id=MemberId(member_id), points=points, partner=wish.partner
        )

    return _once(session, actor, key, "transfer", member_id, wish, _spending(session, actor, member_id, take))


def reverse(session: Session, actor: Actor, key: str, entry_id: UUID, wish: EntryReversal) -> Told[EntryTold]:
    """Undo an entry of the client's own, wholly or in part; what belongs to a booking is reversed through it.

    Raises NotFound, BelongsToBooking, NotReversible, AlreadyReversed.
    """
    concerned = Concerned()

    def run() -> EntryTold:
        entry = own_entry(session, actor, entry_id)
        concerned.member_id = entry.member_id
        reversal = ledger.reverse_entry(
            session,
            actor.origin(),
            entry.id,
            reason=kept_reason(wish.reason),
            grace=GRACE,
            points=None if wish.points is None else Points(wish.points),
        )
        audit.record(
            session, actor, "entry.reversed", member_id=entry.member_id, entry=reversal.id, reverses=entry.id
        )
        return entry_told(session, actor, reversal)

    step = Step(operation="entry.reverse", permission=Permission.REVERSE, concerned=concerned)
    return keyed_bytes(session, actor, step, Keyed(key=key, body=(entry_id, wish)), EntryTold, run)


def own_entry(session: Session, actor: Actor, entry_id: UUID) -> Entry:
    """An entry that this client made, at a branch of its key; NotFound for any other."""
    entries = ledger.metadata.tables["entries"].c
    row = session.execute(
        sa.select(entries.client, entries.branch_id).where(entries.id == entry_id)
    ).one_or_none()
    elsewhere = bool(
        row is not None and actor.reach and row.branch_id is not None and row.branch_id not in actor.reach
    )
    if row is None or row.client != actor.client or elsewhere:
        raise NotFound(what="entry")
    return ledger.entry_by_id(session, EntryId(entry_id))


def kept_reason(text: str) -> str:
    """A word is kept; a sentence may name somebody, and an entry is sealed for good."""
    return text if _WORD.fullmatch(text) else ReversalReason.SURFACE_WISH.value


def types_asked(actor: Actor, wanted: EntryType) -> tuple[EntryType, ...]:
    """The types behind a filter, as this asker is told of them: a filter must not tell what an answer does not.

    Raises NotAllowed for the type that only the scope `reports` knows.
    """
    if Permission.VIEW_REDEMPTIONS in actor.permissions:
        return (wanted,)
    if wanted is _ON_BEHALF:
        raise NotAllowed(permission="reports")
    return (wanted, _ON_BEHALF) if wanted is EntryType.DEBIT_BY_REDEMPTION else (wanted,)


def entry_told(session: Session, actor: Actor, entry: Entry) -> EntryTold:
    """An entry for this asker: only the scope `reports` is told what an agent did on a member's behalf."""
    is_reader = Permission.VIEW_REDEMPTIONS in actor.permissions
    is_masked = entry.type is _ON_BEHALF and not is_reader
    branch = None if entry.branch_id is None else session.get(Branch, entry.branch_id)
    operator = None if entry.operator_id is None else session.get(Operator, entry.operator_id)
    return EntryTold(
        id=entry.id,
        type=EntryType.DEBIT_BY_REDEMPTION if is_masked else entry.type,
        kind=entry.kind,
        member_id=entry.member_id,
        points=entry.points,
        source=entry.source,
        branch=None if branch is None else branch.code,
        operator=operator.username if operator is not None and is_reader else None,
        booking_id=entry.booking_id,
        reference=entry.reference,
        partner=entry.party,
        on_behalf=entry.on_behalf if is_reader else None,
        reverses=entry.reverses_id,
        created_at=entry.created_at,
        balance_after=entry.balance_after,
    )


def _spending(
    session: Session, actor: Actor, member_id: UUID, take: Callable[[Origin], Entry]
) -> Callable[[Origin], Entry]:
    """Only an active member spends; what ran out of the member's own gives way first."""

    def spend(origin: Origin) -> Entry:
        members.judge_status(members.member_by_id(session, member_id))
        return reservations.with_overdue_closed(session, actor, MemberId(member_id), lambda: take(origin))

    return spend


def _once(
    session: Session,
    actor: Actor,
    key: str,
    what: str,
    member_id: UUID,
    wish: NewCredit | NewDebit | NewTransfer,
    make: Callable[[Origin], Entry],
) -> Told[EntryTold]:
    owner = MemberId(member_id)

    def run() -> EntryTold:
        entry = make(actor.origin(reference=wish.reference))
        audit.record(session, actor, f"points.{what}", member_id=owner, entry=entry.id, points=wish.points)
        return entry_told(session, actor, replace(entry, reference=wish.reference))

    step = Step(
        operation=f"points.{what}", permission=Permission.MOVE_POINTS, concerned=Concerned(member_id=owner)
    )
    return keyed_bytes(session, actor, step, Keyed(key=key, body=(member_id, wish)), EntryTold, run)
