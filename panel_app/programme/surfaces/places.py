"""Where another surface acts: a branch and a till by id or code, and who is named as the operator. Writes nothing."""

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from ledger import NotFound, Session
from panel_app.programme import operators
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Branch, Operator, Till
from panel_app.programme.refusals import NotAllowed


def branch_named(session: Session, actor: Actor, text: str) -> Branch:
    """The branch of this id or code; NotAllowed outside the key's branches, whether it exists or not."""
    named = _id_or_code(text, Branch.id, Branch.code)
    branch = session.scalar(sa.select(Branch).where(named))
    if actor.reach and (branch is None or branch.id not in actor.reach):
        raise NotAllowed(permission="this branch")
    if branch is None:
        raise NotFound(what="branch")
    return branch


def at_branch(session: Session, actor: Actor, branch: str) -> Actor:
    """The actor at a branch, at no till."""
    return replace(actor, branch_id=branch_named(session, actor, branch).id, till_id=None)


def at_till(session: Session, actor: Actor, branch: str, till: str, operator: str | None) -> Actor:
    """The actor at a till, with the operator that is named; NotFound for an unknown one of either."""
    placed = at_branch(session, actor, branch)
    till_id = session.scalar(
        sa.select(Till.id).where(Till.branch_id == placed.branch(), _id_or_code(till, Till.id, Till.code))
    )
    if till_id is None:
        raise NotFound(what="till")
    return with_operator(session, replace(placed, till_id=till_id), operator)


def with_operator(session: Session, actor: Actor, username: str | None) -> Actor:
    """The actor with an operator who may redeem at its branch; NotFound for any other name."""
    if username is None:
        return actor
    operator_id = session.scalar(sa.select(Operator.id).where(Operator.username == username.lower()))
    duty = None if operator_id is None else operators.duty_of(session, operator_id, actor.branch())
    if duty is None or Permission.REDEEM not in duty.permissions:
        raise NotFound(what="operator")
    return replace(actor, operator_id=operator_id)


def _id_or_code(
    text: str, by_id: InstrumentedAttribute[UUID], by_code: InstrumentedAttribute[str]
) -> sa.ColumnElement[bool]:
    try:
        return by_id == UUID(text)
    except ValueError:
        return by_code == text
