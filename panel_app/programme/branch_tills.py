"""The tills of a branch as its manager sees them: since when each has its browser, and when it was last used."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Session
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import AuditRecord, Till


@dataclass(frozen=True, slots=True, kw_only=True)
class TillFace:
    """`enrolled_at` is None for a till that no browser is; `last_used_at` is the last thing on record there."""

    id: UUID
    code: str
    name: str
    enrolled_at: datetime | None
    last_used_at: datetime | None
    is_own: bool  # the till that the actor sits at


def tills(session: Session, actor: Actor) -> list[TillFace]:
    """The tills of the actor's branch, in the order of their codes."""
    actor.require(Permission.ENROL_TILL)
    last_used_at = (
        sa.select(sa.func.max(AuditRecord.at)).where(AuditRecord.till_id == Till.id).scalar_subquery()
    )
    rows = session.execute(
        sa.select(Till, last_used_at).where(Till.branch_id == actor.branch()).order_by(Till.code)
    )
    return [
        TillFace(
            id=till.id,
            code=till.code,
            name=till.name,
            enrolled_at=till.enrolled_at,
            last_used_at=used_at,
            is_own=till.id == actor.till_id,
        )
        for till, used_at in rows
    ]


def enrolled_till(session: Session, actor: Actor, till_id: UUID) -> TillFace:
    """One till of the branch that has its browser; NotFound otherwise."""
    for till in tills(session, actor):
        if till.id == till_id and till.enrolled_at is not None:
            return till
    raise NotFound(what="enrolled till")
