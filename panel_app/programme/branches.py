"""Branches and their tills: set-up, enrolment of a till's browser, and how a place is called."""

import secrets
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import ledger
from ledger import NotFound, Session, new_id
from panel_app.programme import audit
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Branch, Till
from panel_app.programme.programme_facts import check_zone
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import Place, TenderType

_DEVICE = "till device"


def create_branch(
    session: Session,
    actor: Actor,
    *,
    code: str,
    name: str,
    city: str,
    currency: str,
    time_zone: str,
    locale: str,
) -> UUID:
    """Set up a branch: cash only and no direct redemption until configured."""

    def run() -> UUID:
        check_zone(time_zone)
        if session.scalar(sa.select(Branch.id).where(Branch.code == code)) is not None:
            raise InvalidInput(field="code", rule=Rule.NOT_IN_USE)
        branch_id = new_id()
        session.add(
            Branch(
                id=branch_id,
                code=code,
                name=name,
                city=city,
                currency=currency,
                time_zone=time_zone,
                locale=locale,
                direct_redemption=False,
                tender_types=[TenderType.CASH.value],
            )
        )
        session.flush()  # the ledger's accounts of the branch follow in the same transaction
        ledger.open_branch(session, branch_id, currency)
        audit.record(session, actor, "branch.created", branch=branch_id)
        return branch_id

    step = Step(operation="branch.create", permission=Permission.ADMINISTER)
    return plain(session, actor, step, run)


def configure_branch(
    session: Session,
    actor: Actor,
    branch_id: UUID,
    *,
    direct_redemption: bool,
    tender_types: list[TenderType],
) -> None:
    """Say what the branch may do beyond claims and cash."""

    def run() -> None:
        branch = branch_by_id(session, branch_id)
        branch.direct_redemption = direct_redemption
        branch.tender_types = [tender.value for tender in tender_types]
        audit.record(
            session,
            actor,
            "branch.configured",
            branch=branch_id,
            direct_redemption=direct_redemption,
            tender_types=branch.tender_types,
        )

    step = Step(operation="branch.configure", permission=Permission.ADMINISTER)
    plain(session, actor, step, run)


def create_till(session: Session, actor: Actor, *, branch_id: UUID, code: str, name: str) -> UUID:
    """Set up a till; it is used once a browser is enrolled as it."""

    def run() -> UUID:
        branch_by_id(session, branch_id)
        taken = sa.select(Till.id).where(Till.branch_id == branch_id, Till.code == code)
        if session.scalar(taken) is not None:
            raise InvalidInput(field="code", rule=Rule.NOT_IN_USE)
        till_id = new_id()
        session.add(Till(id=till_id, branch_id=branch_id, code=code, name=name))
        audit.record(session, actor, "till.created", till=till_id)
        return till_id

    step = Step(operation="till.create", permission=Permission.ADMINISTER)
    return plain(session, actor, step, run)


def enrol_till(session: Session, actor: Actor, till_id: UUID) -> str:
    """Make the browser that asks the device of a till, in place of any other; gives the cookie's token."""
    token = secrets.token_urlsafe(32)

    def run() -> str:
        updated = session.execute(
            sa.update(Till)
            .where(Till.id == till_id)
            .values(device_hash=session.keyring.mac(_DEVICE, token), enrolled_at=session.clock.now())
            .returning(Till.branch_id)
        ).one_or_none()
        if updated is None:
            raise NotFound(what="till")
        audit.record(session, actor, "till.enrolled", till=till_id)
        return token

    # In demo mode the first choice of a till enrols it, so the permission is that of whoever may choose one.
    step = Step(operation="till.enrol", permission=Permission.SIGNED_IN)
    return plain(session, actor, step, run)


def revoke_till(session: Session, actor: Actor, till_id: UUID) -> None:
    """No browser is this till's device any more; who works there chooses a place again.

    NotFound for a till without a device, and for another branch's than the actor's.
    """

    def run() -> None:
        within = [] if actor.branch_id is None else [Till.branch_id == actor.branch_id]
        revoked = session.execute(
            sa.update(Till)
            .where(Till.id == till_id, Till.device_hash.is_not(None), *within)
            .values(device_hash=None, enrolled_at=None)
            .returning(Till.id)
        ).one_or_none()
        if revoked is None:
            raise NotFound(what="enrolled till")
        audit.record(session, actor, "till.revoked", till=till_id)

    plain(session, actor, Step(operation="till.revoke", permission=Permission.ENROL_TILL), run)


def till_of_device(session: Session, token: str) -> UUID | None:
    """The till whose device holds this token."""
    return session.scalar(sa.select(Till.id).where(Till.device_hash == session.keyring.mac(_DEVICE, token)))


def is_enrolled(session: Session, till_id: UUID) -> bool:
    """Whether some browser is the device of this till."""
    return session.scalar(sa.select(Till.device_hash).where(Till.id == till_id)) is not None


def branch_by_id(session: Session, branch_id: UUID) -> Branch:
    """The branch's row, for use cases; NotFound when there is none."""
    branch = session.get(Branch, branch_id)
    if branch is None:
        raise NotFound(what="branch")
    return branch


def branch_by_code(session: Session, code: str) -> UUID:
    """The id of the branch with this code; NotFound when there is none."""
    branch_id = session.scalar(sa.select(Branch.id).where(Branch.code == code))
    if branch_id is None:
        raise NotFound(what="branch")
    return branch_id


def today_at(session: Session, branch: Branch) -> date:
    """The date it is at the branch now: a validity that is a date ends at the branch's own midnight."""
    return session.clock.now().astimezone(ZoneInfo(branch.time_zone)).date()


def branch_names(session: Session) -> dict[UUID, str]:
    """How every branch is called, in the order of their codes."""
    rows = session.execute(sa.select(Branch.id, Branch.name).order_by(Branch.code))
    return {row.id: row.name for row in rows}


def place_of(session: Session, branch_id: UUID, till_id: UUID | None) -> Place:
    """How a branch and a till are called."""
    branch = branch_by_id(session, branch_id)
    till_code = None if till_id is None else session.scalar(sa.select(Till.code).where(Till.id == till_id))
    return _place(branch, till_id, till_code)


def places(session: Session, branch_ids: frozenset[UUID] | None) -> list[Place]:
    """All tills of these branches (None: of every branch), in the order of their codes."""
    query = sa.select(Branch, Till).join(Till, Till.branch_id == Branch.id).order_by(Branch.code, Till.code)
    if branch_ids is not None:
        query = query.where(Branch.id.in_(branch_ids))
    return [_place(branch, till.id, till.code) for branch, till in session.execute(query)]


def _place(branch: Branch, till_id: UUID | None, till_code: str | None) -> Place:
    return Place(
        branch_id=branch.id,
        branch_code=branch.code,
        branch_name=branch.name,
        till_id=till_id,
        till_code=till_code,
        time_zone=branch.time_zone,
        locale=branch.locale,
        currency=branch.currency,
    )
