"""Redemptions as other surfaces read them: one, or a page of the client's own. Writes nothing.

A key with the scope `reports` reads every client's at its branches, and who the operator was.
"""

import sqlalchemy as sa

import ledger
from ledger import EntryId, NotFound, Session
from panel_app.programme import receipts
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Branch, Operator, Redemption, Till
from panel_app.programme.surfaces.places import branch_named
from panel_app.programme.surfaces.shelves import money
from panel_app.programme.surfaces.told import (
    LineTold,
    MoneyTold,
    RedemptionsTold,
    RedemptionTold,
    TenderTold,
)
from panel_app.programme.surfaces.wishes import RedemptionsWish
from panel_app.programme.tenders import tenders_of
from panel_app.programme.terms import RedemptionStatus

PAGE_ROWS = 50


def by_booking_id(session: Session, actor: Actor, booking_id: str) -> RedemptionTold:
    """NotFound for what the key may not see, as if it were not there."""
    query = sa.select(Redemption).where(Redemption.booking_id == booking_id, *_seen(actor))
    redemption = session.scalar(query)
    if redemption is None:
        raise NotFound(what="booking")
    return redemption_told(session, actor, redemption)


def page(session: Session, actor: Actor, wish: RedemptionsWish) -> RedemptionsTold:
    """The newest first; `from` is in, `to` is out. Raises NotFound, and NotAllowed for a branch."""
    conditions = _seen(actor)
    if wish.branch is not None:
        conditions.append(Redemption.branch_id == branch_named(session, actor, wish.branch).id)
    if wish.source is not None:
        conditions.append(Redemption.source == wish.source)
    if wish.since is not None:
        conditions.append(Redemption.opened_at >= wish.since)
    if wish.until is not None:
        conditions.append(Redemption.opened_at < wish.until)
    if wish.cursor is not None:
        conditions.append(_before(session, actor, wish.cursor))
    found = session.scalars(
        sa.select(Redemption)
        .where(*conditions)
        .order_by(Redemption.opened_at.desc(), Redemption.id.desc())
        .limit(PAGE_ROWS + 1)
    ).all()
    rows = found[:PAGE_ROWS]
    return RedemptionsTold(
        items=[redemption_told(session, actor, row) for row in rows],
        next_cursor=rows[-1].booking_id if len(found) > PAGE_ROWS else None,
    )


def redemption_told(session: Session, actor: Actor, redemption: Redemption) -> RedemptionTold:
    """The row as this asker is told of it."""
    is_reader = Permission.VIEW_REDEMPTIONS in actor.permissions
    # Who confirmed it; until then, or when nobody was named there, who opened it.
    operator_id = redemption.confirmed_by or redemption.scanned_by
    operator = None if operator_id is None else session.get(Operator, operator_id)
    entry = None if redemption.entry_id is None else ledger.entry_by_id(session, EntryId(redemption.entry_id))
    return RedemptionTold(
        booking_id=redemption.booking_id,
        status=_status(session, redemption),
        member_id=redemption.member_id,
        branch=session.get_one(Branch, redemption.branch_id).code,
        till=session.get_one(Till, redemption.till_id).code,
        source=redemption.source,
        points_due=redemption.points_due,
        cash_due=MoneyTold(amount_minor=redemption.cash_due, currency=redemption.currency),
        points=redemption.points_due + redemption.claim_points,
        lines=[
            LineTold(
                reward_id=line.reward.id,
                name=line.reward.name,
                units=line.units,
                points=line.points,
                cash=money(line.cash),
                fulfilment=line.status,
            )
            for line in receipts.lines_of(session, redemption)
        ],
        tenders=[
            TenderTold(type=tender.type, amount=money(tender.amount), reference=tender.reference)
            for tender in tenders_of(session, redemption.id)
        ],
        balance_after=None if entry is None else entry.balance_after,
        operator=operator.username if operator is not None and is_reader else None,
        opened_at=redemption.opened_at,
        expires_at=redemption.expires_at,
        completed_at=None if redemption.entry_id is None else redemption.closed_at,
    )


def _status(session: Session, redemption: Redemption) -> RedemptionStatus:
    """What ran out is over, whether or not the sweeper has been there."""
    status = RedemptionStatus(redemption.status)
    is_over = redemption.expires_at <= session.clock.now()
    return RedemptionStatus.EXPIRED if status is RedemptionStatus.RESERVED and is_over else status


def _seen(actor: Actor) -> list[sa.ColumnElement[bool]]:
    """What the key may see: its client's own, or everybody's with the scope `reports`; at its branches."""
    seen: list[sa.ColumnElement[bool]] = []
    if Permission.VIEW_REDEMPTIONS not in actor.permissions:
        seen.append(Redemption.client == actor.client)
    if actor.reach:
        seen.append(Redemption.branch_id.in_(actor.reach))
    return seen


def _before(session: Session, actor: Actor, cursor: str) -> sa.ColumnElement[bool]:
    last = session.scalar(sa.select(Redemption).where(Redemption.booking_id == cursor, *_seen(actor)))
    if last is None:
        raise NotFound(what="cursor")
    key = sa.tuple_(Redemption.opened_at, Redemption.id)
    return key < sa.tuple_(sa.literal(last.opened_at, ledger.Instant()), sa.literal(last.id, ledger.Key()))
