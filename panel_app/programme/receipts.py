"""A redemption as it is on record: its lines, tenders, places and people, read for a receipt. Writes nothing."""

from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import EntryId, Minor, NotFound, Points, Session
from panel_app.programme import branches, catalogue, tenders
from panel_app.programme.members import shown_name
from panel_app.programme.models import Member, Operator, Redemption, RedemptionLine, Reward
from panel_app.programme.terms import (
    EntryMode,
    FulfilmentStatus,
    Money,
    Receipt,
    ReceiptLine,
    RedemptionStatus,
)


def receipt_of(session: Session, redemption: Redemption) -> Receipt:
    """Everything a receipt shows; frozen, so that it may leave the use case."""
    member = session.get_one(Member, redemption.member_id)
    return Receipt(
        booking_id=redemption.booking_id,
        status=RedemptionStatus(redemption.status),
        place=branches.place_of(session, redemption.branch_id, redemption.till_id),
        member_name=shown_name(member.name),
        member_external_id=member.external_id,
        lines=lines_of(session, redemption),
        tenders=tuple(tenders.tenders_of(session, redemption.id)),
        points=Points(redemption.points_due + redemption.claim_points),
        cash=Money(amount=Minor(redemption.cash_due), currency=redemption.currency),
        balance_after=_balance_after(session, redemption),
        source=redemption.source,
        entry_mode=EntryMode(redemption.entry_mode),
        scanned_by=_name(session, redemption.scanned_by),
        operator=_name(session, redemption.confirmed_by),
        shop_receipt=redemption.shop_receipt,
        opened_at=redemption.opened_at,
        completed_at=None if redemption.entry_id is None else redemption.closed_at,
    )


def lines_of(session: Session, redemption: Redemption) -> tuple[ReceiptLine, ...]:
    """The lines with their rewards; points include what was charged at the claim."""
    rows = session.execute(
        sa.select(RedemptionLine, Reward)
        .join(Reward, Reward.id == RedemptionLine.reward_id)
        .where(RedemptionLine.redemption_id == redemption.id)
        .order_by(RedemptionLine.number)
    )
    return tuple(
        ReceiptLine(
            reward=catalogue.face_of(reward),
            units=line.units,
            points=Points(line.points),
            cash=Money(amount=Minor(line.cash), currency=redemption.currency),
            status=FulfilmentStatus(line.fulfilment),
        )
        for line, reward in rows
    )


def by_booking_id(session: Session, booking_id: str, branch_id: UUID) -> Redemption:
    """The redemption of a booking ID within a branch; NotFound elsewhere, as if it did not exist."""
    redemption = session.scalar(
        sa.select(Redemption).where(Redemption.booking_id == booking_id, Redemption.branch_id == branch_id)
    )
    if redemption is None:
        raise NotFound(what="booking")
    return redemption


def is_given_out(session: Session, booking_id: str) -> bool:
    """Whether some booking of any branch has this ID."""
    return bool(session.scalar(sa.select(sa.exists().where(Redemption.booking_id == booking_id))))


def _balance_after(session: Session, redemption: Redemption) -> Points | None:
    if redemption.entry_id is None:
        return None
    return ledger.entry_by_id(session, EntryId(redemption.entry_id)).balance_after


def _name(session: Session, operator_id: UUID | None) -> str | None:
    if operator_id is None:
        return None
    return session.scalar(sa.select(Operator.display_name).where(Operator.id == operator_id))
