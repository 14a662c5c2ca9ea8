"""Members as other surfaces keep them: enrol, find, correct, suspend; and what a member has. Knows no HTTP."""

from uuid import UUID

import ledger
from ledger import MemberId, Session
from panel_app.programme import audit, members
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Member
from panel_app.programme.refusals import MemberClosed
from panel_app.programme.steps import Concerned, Keyed, Step, Told, keyed_bytes, plain
from panel_app.programme.surfaces.entries import entry_told, types_asked
from panel_app.programme.surfaces.told import BalanceTold, EntriesTold, ExpiringTold, MemberTold
from panel_app.programme.surfaces.wishes import EntriesWish, MemberChange, NewMember
from panel_app.programme.suspension import suspend_and_release
from panel_app.programme.terms import MemberStatus

PAGE_ROWS = 50


def enrol(session: Session, actor: Actor, key: str, wish: NewMember) -> Told[MemberTold]:
    """Make a member with an empty account. Raises InvalidInput for what another one has already."""
    concerned = Concerned()

    def run() -> MemberTold:
        new = members.NewMember(
            external_id=wish.external_id, name=wish.name, phone=wish.phone, email=wish.email
        )
        concerned.member_id = members.add_member(session, actor, new)
        return _told(session, concerned.member_id)

    step = Step(operation="member.enrol", permission=Permission.KEEP_MEMBERS, concerned=concerned)
    return keyed_bytes(session, actor, step, Keyed(key=key, body=wish), MemberTold, run)


def change(session: Session, actor: Actor, member_id: UUID, wish: MemberChange) -> MemberTold:
    """Correct a member, suspend or take up again. Asking twice does no more. Raises NotFound, MemberClosed."""
    concerned = Concerned(member_id=MemberId(member_id))

    def run() -> MemberTold:
        member = members.member_by_id(session, member_id)
        if member.status == MemberStatus.CLOSED.value:
            raise MemberClosed
        _correct(session, actor, member, wish)
        status = wish.get("status", member.status)
        if status != member.status:
            _move(session, actor, member, MemberStatus(status))
        return _told(session, MemberId(member_id))

    step = Step(operation="member.change", permission=Permission.KEEP_MEMBERS, concerned=concerned)
    return plain(session, actor, step, run)


def by_id(session: Session, actor: Actor, member_id: UUID) -> MemberTold:
    """NotFound when there is none."""
    actor.require(Permission.KEEP_MEMBERS)
    return _told(session, MemberId(member_id))


def by_external_id(session: Session, actor: Actor, external_id: str) -> MemberTold:
    """NotFound when there is none."""
    actor.require(Permission.KEEP_MEMBERS)
    return _told(session, members.member_by_external_id(session, external_id))


def balance(session: Session, member_id: UUID) -> BalanceTold:
    """NotFound when there is no such member."""
    found = ledger.balance_at_once(session, MemberId(member_id))
    return BalanceTold(
        available=found.available,
        held=found.held,
        pending=found.pending,
        expiring=[ExpiringTold(points=one.points, expires_at=one.expires_at) for one in found.expiring],
    )


def entries(session: Session, actor: Actor, member_id: UUID, wish: EntriesWish) -> EntriesTold:
    """A page of a member's entries, newest first; what is pending has no entry yet. Raises NotFound, NotAllowed."""
    members.member_by_id(session, member_id)
    found = ledger.entries_of(
        session,
        MemberId(member_id),
        before=None if wish.cursor is None else int(wish.cursor),
        limit=PAGE_ROWS + 1,
        types=() if wish.type is None else types_asked(actor, wish.type),
        source=wish.source,
        since=wish.since,
        until=wish.until,
    )
    page = found[:PAGE_ROWS]
    return EntriesTold(
        items=[entry_told(session, actor, entry) for entry in page],
        next_cursor=str(page[-1].number) if len(found) > PAGE_ROWS else None,
    )


def _correct(session: Session, actor: Actor, member: Member, wish: MemberChange) -> None:
    wanted: dict[str, str | None] = {}
    if "name" in wish:
        wanted["name"] = wish["name"]
    if "phone" in wish:
        wanted["phone"] = wish["phone"]
    if "email" in wish:
        wanted["email"] = None if wish["email"] is None else wish["email"].lower()
    changed = {name: value for name, value in wanted.items() if value != getattr(member, name)}
    if not changed:
        return
    if "name" in wish:
        members.check_text("name", wish["name"], members.NAME_LENGTH_MAX)
    members.judge_free(session, **{name: value for name, value in changed.items() if name != "name"})
    for name, value in changed.items():
        setattr(member, name, value)
    members.flush_free(session)
    audit.record(session, actor, "member.corrected", member_id=MemberId(member.id), fields=sorted(changed))


def _move(session: Session, actor: Actor, member: Member, status: MemberStatus) -> None:
    if status is MemberStatus.SUSPENDED:
        suspend_and_release(session, actor, MemberId(member.id))
        return
    member.status = status.value
    audit.record(session, actor, "member.taken_up_again", member_id=MemberId(member.id))


def _told(session: Session, member_id: MemberId) -> MemberTold:
    # Afresh: a suspension is written beside the loaded row.
    session.flush()
    session.expire_all()
    member = members.member_by_id(session, member_id)
    return MemberTold(
        id=member.id,
        external_id=member.external_id,
        status=MemberStatus(member.status),
        name=member.name,
        phone=member.phone,
        email=member.email,
        created_at=member.created_at,
    )
