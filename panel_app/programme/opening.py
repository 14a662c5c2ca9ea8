"""How a redemption begins: its proofs, the way cleared for it, its first row and its lines. Holds nothing itself."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import MemberId, Points, Session, new_id
from panel_app.programme import audit, branches, claims, reservations, visits
from panel_app.programme.access import Actor
from panel_app.programme.baskets import Basket, Order, basket_of
from panel_app.programme.giving_back import ReleaseReason
from panel_app.programme.line_refusals import SeveralMembers, about_line
from panel_app.programme.models import Branch, Claim, Redemption, RedemptionLine, Visit
from panel_app.programme.programme_facts import tag_of
from panel_app.programme.reservations import HOLD_LASTS
from panel_app.programme.terms import FulfilmentStatus, RedemptionStatus
from scanner import new_booking_id


def visits_of(session: Session, actor: Actor, order: Order) -> dict[UUID, Visit]:
    """The visits that prove the lines, by id. Raises VisitOver, and SeveralMembers unless all are of one member."""
    found: dict[UUID, Visit] = {}
    for number, line in enumerate(order.lines):
        with about_line(number, of=len(order.lines)):
            if line.visit_id not in found:
                found[line.visit_id] = visits.current(session, actor, line.visit_id)
            if found[line.visit_id].member_id != found[order.lines[0].visit_id].member_id:
                raise SeveralMembers
    return found


def member_of(proven_by: Mapping[UUID, Visit]) -> MemberId:
    """Whose order it is."""
    return MemberId(next(iter(proven_by.values())).member_id)


def open_redemption(
    session: Session, actor: Actor, proven_by: Mapping[UUID, Visit], order: Order
) -> tuple[Redemption, Points]:
    """Write the redemption with its lines and hold everything it needs; also gives the balance before."""
    branch = branches.branch_by_id(session, actor.branch())
    first = proven_by[order.lines[0].visit_id]
    member_id = MemberId(first.member_id)
    claim_ids = [line.claim_id for line in order.lines if line.claim_id is not None]
    _clear_way(session, actor, claim_ids)
    if len(order.lines) > 1:
        # A line beside them may lock the member, and claims come before the member, in the order of their ids.
        claims.lock(session, claim_ids)
    basket = basket_of(session, actor, proven_by, branch, order)
    before = ledger.balance_of(session, member_id).available
    redemption = _write(session, actor, first, branch, basket)
    reservations.hold_everything(session, actor, redemption)
    audit.record(
        session,
        actor,
        "redemption.reserved",
        member_id=member_id,
        booking_id=redemption.booking_id,
        points=redemption.points_due,
        cash=redemption.cash_due,
    )
    return redemption, before


def _clear_way(session: Session, actor: Actor, claim_ids: list[UUID]) -> None:
    """Close earlier reservations of the same claims that this asker left open here, or that ran out unswept."""
    if not claim_ids:
        return
    held_by = sa.select(Claim.held_by).where(Claim.id.in_(claim_ids))
    earlier = session.scalars(
        sa.select(Redemption)
        .where(Redemption.id.in_(held_by), Redemption.status == RedemptionStatus.RESERVED.value)
        .order_by(Redemption.id)
        .with_for_update()
    ).all()
    for redemption in earlier:
        if redemption.expires_at <= session.clock.now():
            reservations.expire(session, actor, redemption)
        elif (redemption.till_id, redemption.client) == (actor.till_id, actor.client):
            reservations.cancel(session, actor, redemption, ReleaseReason.STARTED_OVER)


def _write(session: Session, actor: Actor, first: Visit, branch: Branch, basket: Basket) -> Redemption:
    """The rows. What there is once a redemption, its proof and entry mode, is that of the first line."""
    now = session.clock.now()
    redemption = Redemption(
        id=new_id(),
        booking_id=new_booking_id(tag_of(session)).text,
        status=RedemptionStatus.RESERVED.value,
        member_id=first.member_id,
        branch_id=branch.id,
        till_id=actor.till(),
        visit_id=first.id,
        source=actor.source,
        client=actor.client,
        on_behalf=actor.on_behalf_of is not None,
        entry_mode=first.entry_mode,
        scanned_by=first.operator_id,
        points_due=basket.points_due,
        claim_points=basket.claim_points,
        cash_due=basket.cash_due,
        currency=branch.currency,
        opened_at=now,
        expires_at=now + HOLD_LASTS,
    )
    session.add(redemption)
    session.flush()  # lines, claim and stock refer to it
    for number, line in enumerate(basket.lines, start=1):
        session.add(
            RedemptionLine(
                redemption_id=redemption.id,
                number=number,
                visit_id=line.visit_id,
                reward_id=line.reward_id,
                claim_id=line.claim_id,
                option_id=line.option_id,
                units=line.units,
                points=line.points,
                cash=line.cash.amount,
                fulfilment=FulfilmentStatus.PENDING.value,
            )
        )
    session.flush()  # what is held next is read from the lines
    return redemption
