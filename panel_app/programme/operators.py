"""Staff users: set-up, password sign-in with a lock that all processes share, and what each may do where."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import NotFound, Refusal, Session, new_id
from panel_app.programme import attempts, audit, passwords
from panel_app.programme.access import OF_THE_PROGRAMME, Actor, Permission
from panel_app.programme.models import Assignment, Operator, Role, SignInSession
from panel_app.programme.refusals import InvalidInput, LockedOut, SignInFailed
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain

USERNAME_LENGTH_MAX = 64
NAME_LENGTH_MAX = 120
_PASSWORD = "staff password"  # noqa: S105 - names what is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOperator:
    """A staff user to be. `branch_id` None gives the role at every branch; `member_id` is the own account."""

    username: str
    display_name: str
    password: str
    role: str
    branch_ids: tuple[UUID | None, ...]
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a signed-in staff user is called and may do at one branch (or, with None, before choosing one)."""

    operator_id: UUID
    username: str
    display_name: str
    permissions: frozenset[Permission]


def create_role(session: Session, actor: Actor, name: str, permissions: frozenset[Permission]) -> UUID:
    """Set up a named set of permissions."""

    def run() -> UUID:
        return add_role(session, actor, name, permissions)

    return plain(session, actor, Step(operation="role.create", permission=Permission.ADMINISTER), run)


def add_role(session: Session, actor: Actor, name: str, permissions: frozenset[Permission]) -> UUID:
    """The same within another step."""
    role_id = new_id()
    session.add(Role(id=role_id, name=name, permissions=sorted(p.value for p in permissions)))
    audit.record(session, actor, "role.created", role=role_id)
    return role_id


def create_operator(session: Session, actor: Actor, new: NewOperator) -> UUID:
    """Set up a staff user with a role at branches. The password is checked against passwords.check_new."""

    def run() -> UUID:
        username = _username(new.username)
        passwords.check_new(new.password)
        if not new.display_name.strip() or len(new.display_name) > NAME_LENGTH_MAX:
            raise InvalidInput(field="display_name", rule=Rule.LENGTH, low=1, high=NAME_LENGTH_MAX)
        if session.scalar(sa.select(Operator.id).where(Operator.username == username)) is not None:
            raise InvalidInput(field="username", rule=Rule.NOT_IN_USE)
        role_id = session.scalar(sa.select(Role.id).where(Role.name == new.role))
        if role_id is None:
            raise NotFound(what="role")
        operator_id = new_id()
        now = session.clock.now()
        session.add(
            Operator(
                id=operator_id,
                username=username,
                display_name=new.display_name,
                password_hash=passwords.hashed(new.password),
                status="active",
                member_id=new.member_id,
                password_changed_at=now,
                created_at=now,
            )
        )
        session.flush()  # the assignments refer to it
        for branch_id in new.branch_ids:
            session.add(
                Assignment(id=new_id(), operator_id=operator_id, role_id=role_id, branch_id=branch_id)
            )
        audit.record(session, actor, "user.created", user=operator_id)
        return operator_id

    return plain(session, actor, Step(operation="user.create", permission=Permission.ADMINISTER), run)


def disable_operator(session: Session, actor: Actor, username: str) -> None:
    """Disable a staff user and end all the user's sessions."""

    def run() -> None:
        operator = _by_username(session, username)
        operator.status = "disabled"
        _end_sessions(session, operator.id)
        audit.record(session, actor, "user.disabled", user=operator.id)

    plain(session, actor, Step(operation="user.disable", permission=Permission.ADMINISTER), run)


def reset_password(session: Session, actor: Actor, username: str, password: str) -> None:
    """Give a staff user a new password and enable the user again; sessions end, failed attempts are forgotten."""

    def run() -> None:
        operator = _by_username(session, username)
        passwords.check_new(password)
        operator.password_hash = passwords.hashed(password)
        operator.password_changed_at = session.clock.now()
        operator.status = "active"
        attempts.forget(session, _PASSWORD, operator.username)
        _end_sessions(session, operator.id)
        audit.record(session, actor, "user.password_reset", user=operator.id)

    plain(session, actor, Step(operation="user.reset", permission=Permission.ADMINISTER), run)


def sign_in(session: Session, actor: Actor, username: str, password: str) -> UUID:
    """The user with this name and password. Raises SignInFailed (one answer for all faults) or LockedOut.

    A locked name is refused before the password is hashed, whether such a user exists or not.
    """
    # PostgreSQL stores no NUL, and nobody is called so.
    subject = username.replace("\x00", "\ufffd").strip().lower()[:USERNAME_LENGTH_MAX]

    # Hashing takes long: within the transaction it would keep every other writer of a SQLite file waiting.
    stored = sa.select(Operator.password_hash).where(Operator.username == subject)
    with ledger.read(session):
        locked = attempts.seconds_locked(session, _PASSWORD, subject)
        known = session.scalar(stored)
    fits = not locked and passwords.fits(known, password)

    def run() -> UUID:
        seconds = attempts.seconds_locked(session, _PASSWORD, subject)
        if seconds:
            raise LockedOut(seconds_left=seconds)
        operator = session.scalar(sa.select(Operator).where(Operator.username == subject))
        if operator is None or not fits or operator.password_hash != known or operator.status != "active":
            raise SignInFailed
        attempts.forget(session, _PASSWORD, subject)
        audit.record(session, actor, "user.signed_in", user=operator.id)
        return operator.id

    def count(refusal: Refusal) -> None:
        if isinstance(refusal, SignInFailed):
            attempts.count_failure(session, _PASSWORD, subject)

    step = Step(operation="user.sign_in", permission=Permission.PUBLIC, on_refusal=count)
    return plain(session, actor, step, run)


def duty_of(session: Session, operator_id: UUID, branch_id: UUID | None) -> Duty | None:
    """What an active staff user may do at a branch; None for anybody else. Read afresh for each request."""
    operator = session.get(Operator, operator_id)
    if operator is None or operator.status != "active":
        return None
    rows = session.execute(
        sa.select(Role.permissions, Assignment.branch_id)
        .join(Assignment, Assignment.role_id == Role.id)
        .where(Assignment.operator_id == operator_id)
    ).all()
    everywhere = {Permission(name) for row in rows if row.branch_id is None for name in row.permissions}
    somewhere = {Permission(name) for row in rows for name in row.permissions}
    if branch_id is None:
        # Before a branch is chosen only what belongs to no branch can be done; head office needs no till for it.
        held = (somewhere & {Permission.SIGNED_IN}) | (
            everywhere & {Permission.SIGNED_IN, Permission.ADMINISTER}
        )
    else:
        here = {Permission(name) for row in rows if row.branch_id == branch_id for name in row.permissions}
        held = everywhere | (here - OF_THE_PROGRAMME)
    return Duty(
        operator_id=operator.id,
        username=operator.username,
        display_name=operator.display_name,
        permissions=frozenset(held),
    )


def branches_of(session: Session, operator_id: UUID) -> frozenset[UUID] | None:
    """The branches at which a staff user has a role; None means every branch."""
    rows = session.scalars(sa.select(Assignment.branch_id).where(Assignment.operator_id == operator_id)).all()
    ids = frozenset(branch_id for branch_id in rows if branch_id is not None)
    return None if len(ids) < len(set(rows)) else ids


def _by_username(session: Session, username: str) -> Operator:
    operator = session.scalar(sa.select(Operator).where(Operator.username == username.strip().lower()))
    if operator is None:
        raise NotFound(what="user")
    return operator


def _end_sessions(session: Session, operator_id: UUID) -> None:
    session.execute(sa.delete(SignInSession).where(SignInSession.operator_id == operator_id))


def _username(text: str) -> str:
    username = text.strip().lower()
    if not username or len(username) > USERNAME_LENGTH_MAX or not username.isprintable() or " " in username:
        raise InvalidInput(field="username", rule=Rule.LENGTH_WITHOUT_SPACES, low=1, high=USERNAME_LENGTH_MAX)
    return username
