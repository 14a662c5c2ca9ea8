"""Members: enrolment, finding, status, and how a member is shown. Codes of members are in member_codes."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

import ledger
from ledger import MemberId, NotFound, Session, new_id
from panel_app.programme import audit, passwords
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Member, Operator
from panel_app.programme.programme_facts import tag_of
from panel_app.programme.refusals import InvalidInput, MemberClosed, MemberSuspended, OwnAccount
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import MemberFace, MemberStatus
from scanner import new_card_code, new_handle

NAME_LENGTH_MAX = 120
EXTERNAL_ID_LENGTH_MAX = 64
CARD = "member card"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    external_id: str
    name: str
    phone: str | None = None
    email: str | None = None
    pin: str | None = None


def enrol(
    session: Session,
    actor: Actor,
    *,
    external_id: str,
    name: str,
    phone: str | None = None,
    email: str | None = None,
    pin: str | None = None,
) -> MemberId:
    """Make a member with an empty account and the code of a printed card."""
    new = NewMember(external_id=external_id, name=name, phone=phone, email=email, pin=pin)
    step = Step(operation="member.enrol", permission=Permission.ADMINISTER)
    return plain(session, actor, step, lambda: add_member(session, actor, new))


def add_member(session: Session, actor: Actor, new: NewMember) -> MemberId:
    """The same within another step."""
    # Nobody minds the capitals of an e-mail address.
    address = None if new.email is None else new.email.lower()
    check_text("external_id", new.external_id, EXTERNAL_ID_LENGTH_MAX)
    check_text("name", new.name, NAME_LENGTH_MAX)
    judge_free(session, external_id=new.external_id, phone=new.phone, email=address)
    member_id = MemberId(new_id())
    card = new_card_code(tag_of(session))
    session.add(
        Member(
            id=member_id,
            external_id=new.external_id,
            handle=_free_handle(session),
            name=new.name,
            phone=new.phone,
            email=address,
            status=MemberStatus.ACTIVE.value,
            pin_hash=None if new.pin is None else passwords.hashed(new.pin),
            card_hash=session.keyring.mac(CARD, card.text),
            card_cipher=session.keyring.encrypt(CARD, card.text.encode()),
            created_at=session.clock.now(),
        )
    )
    flush_free(session)  # the member's row before the account that stands for it
    ledger.open_member(session, member_id)
    audit.record(session, actor, "member.enrolled", member_id=member_id)
    return member_id


def flush_free(session: Session) -> None:
    """Write a member's values; InvalidInput when somebody else took one of them since judge_free() looked."""
    try:
        session.flush()  # here, so that the database's own no is known here
    except IntegrityError:
        raise InvalidInput(field="external_id", rule=Rule.NOT_IN_USE) from None


def judge_free(session: Session, **values: str | None) -> None:
    """Refuse what another member has already: external_id, phone or email (InvalidInput)."""
    for name, value in values.items():
        column = getattr(Member, name)
        if value is not None and session.scalar(sa.select(Member.id).where(column == value)) is not None:
            raise InvalidInput(field=name, rule=Rule.NOT_IN_USE)


def member_by_external_id(session: Session, external_id: str) -> MemberId:
    """The id of a member by the number that the shop's other systems know; NotFound when there is none."""
    found = session.scalar(sa.select(Member.id).where(Member.external_id == external_id))
    if found is None:
        raise NotFound(what="member")
    return MemberId(found)


def member_by_id(session: Session, member_id: UUID) -> Member:
    """The member's row, for use cases; NotFound when there is none."""
    member = session.get(Member, member_id)
    if member is None:
        raise NotFound(what="member")
    return member


def judge_status(member: Member) -> None:
    """Refuse a member who may not spend points: MemberSuspended or MemberClosed."""
    match MemberStatus(member.status):
        case MemberStatus.ACTIVE:
            return
        case MemberStatus.SUSPENDED:
            raise MemberSuspended
        case MemberStatus.CLOSED:
            raise MemberClosed


def judge_own_account(session: Session, actor: Actor, member: Member) -> None:
    """Refuse an operator who would redeem for the own member account (OwnAccount)."""
    if actor.operator_id is None:
        return
    own = session.scalar(sa.select(Operator.member_id).where(Operator.id == actor.operator_id))
    if own == member.id:
        raise OwnAccount


def face_of(session: Session, member: Member) -> MemberFace:
    """The member as the counter sees it, with the balance of this moment."""
    return MemberFace(
        id=member.id,
        external_id=member.external_id,
        shown_name=shown_name(member.name),
        status=MemberStatus(member.status),
        balance=ledger.balance_of(session, MemberId(member.id)),
    )


def shown_name(name: str) -> str:
    """A name by the policy of the counter: the given name, and the first letter of the last one."""
    words = name.split()
    return name if len(words) < 2 else f"{words[0]} {words[-1][0]}."  # noqa: PLR2004 - two words make a pair


def _free_handle(session: Session) -> str:
    # 30 random bits: with a million members one in a thousand is taken, and the next one is tried.
    while True:
        handle = new_handle()
        if session.scalar(sa.select(Member.id).where(Member.handle == handle)) is None:
            return handle


def check_text(field: str, text: str, length_max: int) -> None:
    """Refuse a text that is blank, too long or has a NUL (InvalidInput)."""
    if not text.strip() or len(text) > length_max or "\x00" in text:
        raise InvalidInput(field=field, rule=Rule.LENGTH, low=1, high=length_max)
