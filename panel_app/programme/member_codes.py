"""The changing codes of members' phones (RFC 6238), and whom a member code or a card stands for."""

import secrets
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import MemberId, Refusal, Session, new_id
from panel_app.programme import attempts, audit, passwords
from panel_app.programme.access import Actor, Permission
from panel_app.programme.members import CARD, member_by_id
from panel_app.programme.models import Member, MemberDevice
from panel_app.programme.programme_facts import tag_of
from panel_app.programme.refusals import (
    ForgedCode,
    LockedOut,
    MemberCodeAhead,
    ReplayedMemberCode,
    SignInFailed,
    StaleMemberCode,
    UnknownCode,
)
from panel_app.programme.steps import Step, plain
from scanner import (
    STEP_SECONDS,
    MemberCard,
    MemberCode,
    TypedMemberCode,
    Verdict,
    code_at,
    member_code_text,
    step_of,
    verify,
    verify_typed,
)

_SECRET = "member device"  # noqa: S105 - names what the key is for
_PIN = "member PIN"
DEVICES_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCode:
    """What the phone shows now: the QR's text, the digits for typing, and for how long."""

    text: str
    typed: str
    seconds_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSignIn:
    member_id: UUID
    device_id: UUID


def sign_in_phone(session: Session, actor: Actor, identifier: str, pin: str) -> PhoneSignIn:
    """Sign a member in by number, phone or e-mail and PIN; the phone becomes a device with its own secret.

    Raises SignInFailed (one answer for all faults) or LockedOut after five failures in five minutes.
    """
    identifier = identifier.replace("\x00", "\ufffd")  # PostgreSQL stores no NUL, and nobody is called so

    # As in operators.sign_in: no hashing within a transaction.
    with ledger.read(session):
        found = _by_identifier(session, identifier)
        known = None if found is None else found.pin_hash
        locked = attempts.seconds_locked(session, _PIN, _pin_subject(found, identifier))
    fits = not locked and passwords.fits(known, pin)

    def run() -> PhoneSignIn:
        member = _by_identifier(session, identifier)
        subject = _pin_subject(member, identifier)
        seconds = attempts.seconds_locked(session, _PIN, subject)
        if seconds:
            raise LockedOut(seconds_left=seconds)
        if member is None or not fits or member.pin_hash != known:
            raise SignInFailed
        attempts.forget(session, _PIN, subject)
        device_id = add_device(session, MemberId(member.id))
        _forget_oldest(session, MemberId(member.id))
        audit.record(session, actor, "member.signed_in", member_id=MemberId(member.id))
        return PhoneSignIn(member_id=member.id, device_id=device_id)

    def count(refusal: Refusal) -> None:
        if isinstance(refusal, SignInFailed):
            subject = _pin_subject(_by_identifier(session, identifier), identifier)
            attempts.count_failure(session, _PIN, subject)

    step = Step(operation="member.sign_in", permission=Permission.PUBLIC, on_refusal=count)
    return plain(session, actor, step, run)


def _by_identifier(session: Session, identifier: str) -> Member | None:
    return session.scalar(
        sa.select(Member)
        .where(
            sa.or_(
                Member.external_id == identifier,
                Member.phone == identifier,
                Member.email == identifier.lower(),
            )
        )
        .order_by(Member.id)
        .limit(1)
    )


def _pin_subject(member: Member | None, identifier: str) -> str:
    """Whom failures are counted for: the member, whichever of the three names was used; else the text."""
    return identifier.lower() if member is None else str(member.id)


def add_device(session: Session, member_id: MemberId) -> UUID:
    """Give a member's phone the secret of its changing codes (160 bits, RFC 4226 §4 R6)."""
    device_id = new_id()
    session.add(
        MemberDevice(
            id=device_id,
            member_id=member_id,
            secret_cipher=session.keyring.encrypt(_SECRET, secrets.token_bytes(20)),
            burned_step=0,
            created_at=session.clock.now(),
        )
    )
    session.flush()  # callers go on with Core statements that must see the device
    return device_id


def has_device(session: Session, member_id: MemberId, device_id: UUID | None) -> bool:
    """Whether a phone is still one of the member's."""
    known = sa.exists().where(MemberDevice.id == device_id, MemberDevice.member_id == member_id)
    return bool(session.scalar(sa.select(known)))


def _forget_oldest(session: Session, member_id: MemberId) -> None:
    """Keep the newest phones only: a code is looked for among them, and an older one has to sign in again."""
    newest = (
        sa.select(MemberDevice.id)
        .where(MemberDevice.member_id == member_id)
        .order_by(MemberDevice.created_at.desc(), MemberDevice.id.desc())
        .limit(DEVICES_MAX)
    )
    session.execute(
        sa.delete(MemberDevice).where(MemberDevice.member_id == member_id, MemberDevice.id.not_in(newest))
    )


def shown_code(session: Session, member_id: MemberId, device_id: UUID) -> ShownCode:
    """The code that this phone shows at this moment; UnknownCode when the phone is not the member's."""
    device = session.get(MemberDevice, device_id)
    if device is None or device.member_id != member_id:
        raise UnknownCode
    member = member_by_id(session, member_id)
    now = session.clock.now()
    step_seconds, digits = code_at(session.keyring.decrypt(_SECRET, device.secret_cipher), now)
    return ShownCode(
        text=member_code_text(
            tag=tag_of(session), handle=member.handle, step_seconds=step_seconds, digits=digits
        ),
        typed=f"{member.handle} {digits}",
        seconds_left=step_seconds + STEP_SECONDS - int(now.timestamp()),
    )


def identify(session: Session, code: MemberCode | TypedMemberCode | MemberCard) -> Member:
    """The member whom a code stands for; a changing code is burned by this, atomically.

    Raises UnknownCode, ForgedCode, StaleMemberCode, MemberCodeAhead or ReplayedMemberCode.
    """
    if isinstance(code, MemberCard):
        member = session.scalar(
            sa.select(Member).where(Member.card_hash == session.keyring.mac(CARD, code.text))
        )
        if member is None:
            raise UnknownCode
        return member
    member = session.scalar(sa.select(Member).where(Member.handle == code.handle))
    if member is None:
        raise UnknownCode
    device, step_seconds = _device_of(session, member, code)
    _burn(session, device, step_seconds)
    return member


def is_given_out(session: Session, code: MemberCode | MemberCard) -> bool:
    """Whether some member has this card or this handle."""
    if isinstance(code, MemberCard):
        known = sa.exists().where(Member.card_hash == session.keyring.mac(CARD, code.text))
    else:
        known = sa.exists().where(Member.handle == code.handle)
    return bool(session.scalar(sa.select(known)))


def names(session: Session, code: object, member: Member) -> bool:
    """Whether a scanned code names this member, whoever shows it: proves nothing and burns nothing."""
    match code:
        case MemberCode() | TypedMemberCode():
            return code.handle == member.handle
        case MemberCard():
            return session.keyring.mac(CARD, code.text) == member.card_hash
        case _:
            return False


def _device_of(
    session: Session, member: Member, code: MemberCode | TypedMemberCode
) -> tuple[MemberDevice, int]:
    devices = session.scalars(
        sa.select(MemberDevice)
        .where(MemberDevice.member_id == member.id)
        .order_by(MemberDevice.created_at.desc())
        .limit(DEVICES_MAX)
    ).all()
    # Of several phones the first that knows the digits decides; FORGED stays when none does.
    judged = Verdict.FORGED, 0
    for device in devices:
        judged = _judge(session, device, code)
        if judged[0] is Verdict.GOOD:
            return device, judged[1]
        if judged[0] is not Verdict.FORGED:
            break
    raise _refusal(session, *judged)


def _judge(session: Session, device: MemberDevice, code: MemberCode | TypedMemberCode) -> tuple[Verdict, int]:
    secret = session.keyring.decrypt(_SECRET, device.secret_cipher)
    now = session.clock.now()
    if isinstance(code, MemberCode):
        step_seconds = step_of(code.seconds)
        verdict = verify(
            secret=secret,
            step_seconds=step_seconds,
            digits=code.digits,
            now=now,
            last_step_burned=device.burned_step,
        )
        return verdict, step_seconds
    typed = verify_typed(secret=secret, digits=code.digits, now=now, last_step_burned=device.burned_step)
    return typed.verdict, typed.step_seconds or 0


def _refusal(session: Session, verdict: Verdict, step_seconds: int) -> Refusal:
    now = int(session.clock.now().timestamp())
    match verdict:
        case Verdict.STALE:
            return StaleMemberCode(seconds_old=now - step_seconds)
        case Verdict.AHEAD:
            return MemberCodeAhead(seconds_ahead=step_seconds - now)
        case Verdict.REPLAYED:
            return ReplayedMemberCode()
        case _:
            return ForgedCode()


def _burn(session: Session, device: MemberDevice, step_seconds: int) -> None:
    burned = session.execute(
        sa.update(MemberDevice)
        .where(MemberDevice.id == device.id, MemberDevice.burned_step < step_seconds)
        .values(burned_step=step_seconds)
        .returning(MemberDevice.id)
    ).one_or_none()
    if burned is None:  # a second till was faster with the same code
        raise ReplayedMemberCode
