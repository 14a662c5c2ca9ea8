"""Redemptions as other surfaces read them: one, or a page of the client's own. Writes nothing.

A key with the scope `reports` reads every client's at its branches, and who the operator was.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import NotFound, Session
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import (
    Branch,
    Operator,
    Redemption,
    RedemptionLine,
    Reward,
    Tender,
    Till,
)
from panel_app.programme.names import names_of
from panel_app.programme.refusals import NotAllowed
from panel_app.programme.surfaces import redemption_pages
from panel_app.programme.surfaces.places import branch_named
from panel_app.programme.surfaces.told import (
    LineTold,
    MoneyTold,
    RedemptionsTold,
    RedemptionTold,
    TenderTold,
)
from panel_app.programme.surfaces.wishes import RedemptionsWish
from panel_app.programme.terms import FulfilmentStatus, RedemptionStatus, TenderType

PAGE_ROWS = 50


def by_booking_id(session: Session, actor: Actor, booking_id: str) -> RedemptionTold:
    """NotFound for what the key may not see, as if it were not there."""
    query = sa.select(Redemption).where(Redemption.booking_id == booking_id, *_seen(actor))
    redemption = session.scalar(query)
    if redemption is None:
        raise NotFound(what="booking")
    return redemption_told(session, actor, redemption)


def page(session: Session, actor: Actor, wish: RedemptionsWish) -> RedemptionsTold:
    """The newest first; `from` is in, `to` is out. Raises NotFound, and NotAllowed for a branch or `on_behalf`."""
    if wish.on_behalf is not None and not _reads_all(actor):
        # Even an empty list would tell which of the client's own are not on behalf.
        raise NotAllowed(permission="reports")
    before = None if wish.cursor is None else _place(session, actor, wish.cursor)
    branch_id = None if wish.branch is None else branch_named(session, actor, wish.branch).id
    chosen = redemption_pages.Chosen(
        branch_ids=actor.reach if branch_id is None else frozenset({branch_id}),
        source=wish.source,
        client=None if _reads_all(actor) else actor.client,
        client_source=actor.source,
        on_behalf=wish.on_behalf,
        since=wish.since,
        until=wish.until,
    )
    ids = redemption_pages.newest(session, chosen, limit=PAGE_ROWS + 1, before=before)
    found = {row.id: row for row in session.scalars(sa.select(Redemption).where(Redemption.id.in_(ids)))}
    rows = [found[each] for each in ids[:PAGE_ROWS]]
    return RedemptionsTold(
        items=_told(session, actor, rows),
        next_cursor=rows[-1].booking_id if len(ids) > PAGE_ROWS else None,
    )


def redemption_told(session: Session, actor: Actor, redemption: Redemption) -> RedemptionTold:
    """The row as this asker is told of it."""
    return _told(session, actor, [redemption])[0]


def _told(session: Session, actor: Actor, redemptions: Sequence[Redemption]) -> list[RedemptionTold]:
    """A page's rows, with one question a table however many they are."""
    # Without their names nobody else is told who they were.
    operators = [_operator_id(one) for one in redemptions] if _reads_all(actor) else []
    names = {
        **names_of(session, Branch.id, Branch.code, (one.branch_id for one in redemptions)),
        **names_of(session, Till.id, Till.code, (one.till_id for one in redemptions)),
        **names_of(session, Operator.id, Operator.username, operators),
    }
    lines, tenders = _lines(session, redemptions), _tenders(session, redemptions)
    balances = _balances(session, redemptions)
    return [
        RedemptionTold(
            booking_id=one.booking_id,
            status=_status(session, one),
            member_id=one.member_id,
            branch=names[one.branch_id],
            till=names[one.till_id],
            source=one.source,
            points_due=one.points_due,
            cash_due=MoneyTold(amount_minor=one.cash_due, currency=one.currency),
            points=one.points_due + one.claim_points,
            lines=lines[one.id],
            tenders=tenders[one.id],
            balance_after=balances.get(one.entry_id),
            operator=names.get(_operator_id(one)),
            on_behalf=one.on_behalf if _reads_all(actor) else None,
            opened_at=one.opened_at,
            expires_at=one.expires_at,
            completed_at=None if one.entry_id is None else one.closed_at,
        )
        for one in redemptions
    ]


def _operator_id(redemption: Redemption) -> UUID | None:
    """Who confirmed it; until then, or when nobody was named there, who opened it."""
    return redemption.confirmed_by or redemption.scanned_by


def _lines(session: Session, redemptions: Sequence[Redemption]) -> dict[UUID, list[LineTold]]:
    found: dict[UUID, list[LineTold]] = {one.id: [] for one in redemptions}
    currency = {one.id: one.currency for one in redemptions}
    rows = session.execute(
        sa.select(RedemptionLine, Reward.name)
        .join(Reward, Reward.id == RedemptionLine.reward_id)
        .where(RedemptionLine.redemption_id.in_(found))
        .order_by(RedemptionLine.number)
    )
    for line, name in rows:
        told = LineTold(
            reward_id=line.reward_id,
            name=name,
            units=line.units,
            points=line.points,
            cash=MoneyTold(amount_minor=line.cash, currency=currency[line.redemption_id]),
            fulfilment=FulfilmentStatus(line.fulfilment),
        )
        found[line.redemption_id].append(told)
    return found


def _tenders(session: Session, redemptions: Sequence[Redemption]) -> dict[UUID, list[TenderTold]]:
    found: dict[UUID, list[TenderTold]] = {one.id: [] for one in redemptions}
    rows = session.scalars(sa.select(Tender).where(Tender.redemption_id.in_(found)).order_by(Tender.number))
    for row in rows:
        amount = MoneyTold(amount_minor=row.amount, currency=row.currency)
        found[row.redemption_id].append(
            TenderTold(type=TenderType(row.type), amount=amount, reference=row.reference)
        )
    return found


def _balances(session: Session, redemptions: Sequence[Redemption]) -> dict[UUID | None, int]:
    """The member's balance after each entry of Confirm."""
    entries = ledger.metadata.tables["entries"].c
    ids = [one.entry_id for one in redemptions if one.entry_id is not None]
    return dict(
        session.execute(sa.select(entries.id, entries.balance_after).where(entries.id.in_(ids))).all()
    )


def _status(session: Session, redemption: Redemption) -> RedemptionStatus:
    """What ran out is over, whether or not the sweeper has been there."""
    status = RedemptionStatus(redemption.status)
    is_over = redemption.expires_at <= session.clock.now()
    return RedemptionStatus.EXPIRED if status is RedemptionStatus.RESERVED and is_over else status


def _reads_all(actor: Actor) -> bool:
    return Permission.VIEW_REDEMPTIONS in actor.permissions


def _seen(actor: Actor) -> list[sa.ColumnElement[bool]]:
    """What the key may see: its client's own, or everybody's with the scope `reports`; at its branches."""
    seen: list[sa.ColumnElement[bool]] = []
    if not _reads_all(actor):
        seen.append(Redemption.client == actor.client)
    if actor.reach:
        seen.append(Redemption.branch_id.in_(actor.reach))
    return seen


def _place(session: Session, actor: Actor, cursor: str) -> tuple[datetime, UUID]:
    last = session.scalar(sa.select(Redemption).where(Redemption.booking_id == cursor, *_seen(actor)))
    if last is None:
        raise NotFound(what="cursor")
    return last.opened_at, last.id
