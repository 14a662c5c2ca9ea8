"""Stock of rewards by branch, as movements with a level kept beside them. A reward without a level is not counted."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from ledger import Session, new_id
from panel_app.programme.models import Redemption, RedemptionLine, StockLevel, StockMovement
from panel_app.programme.refusals import OutOfStock
from panel_app.programme.terms import RedemptionStatus


def available(session: Session, branch_id: UUID, reward_ids: list[UUID]) -> dict[UUID, int]:
    """What is on hand and not reserved, for those of the rewards that are counted at the branch."""
    rows = session.execute(
        sa.select(StockLevel.reward_id, (StockLevel.on_hand - StockLevel.reserved).label("left")).where(
            StockLevel.branch_id == branch_id, StockLevel.reward_id.in_(reward_ids)
        )
    )
    return {row.reward_id: row.left for row in rows}


def in_order(lines: Iterable[RedemptionLine]) -> list[RedemptionLine]:
    """The lines in the order in which the levels that many tills share are locked."""
    return sorted(lines, key=lambda line: line.reward_id)


def receive(session: Session, branch_id: UUID, reward_id: UUID, quantity: int) -> None:
    """Goods arrived; the first time makes the reward a counted one at this branch."""
    updated = session.execute(
        sa.update(StockLevel)
        .where(StockLevel.branch_id == branch_id, StockLevel.reward_id == reward_id)
        .values(on_hand=StockLevel.on_hand + quantity)
        .returning(StockLevel.reward_id)
    ).one_or_none()
    if updated is None:
        # Units of open redemptions lay here uncounted; they are closed against the level from now on.
        under_way = _open_units(session, branch_id, reward_id)
        session.execute(
            sa.insert(StockLevel).values(
                branch_id=branch_id,
                reward_id=reward_id,
                on_hand=quantity + under_way,
                reserved=under_way,
            )
        )
    _move(session, "received", branch_id, reward_id, quantity, None)


def reserve(session: Session, branch_id: UUID, reward_id: UUID, quantity: int, redemption_id: UUID) -> None:
    """Reserve for a redemption; OutOfStock when fewer are left. Takes the shared lock: call it last."""
    reserved = session.execute(
        sa.update(StockLevel)
        .where(
            StockLevel.branch_id == branch_id,
            StockLevel.reward_id == reward_id,
            StockLevel.on_hand - StockLevel.reserved >= quantity,
        )
        .values(reserved=StockLevel.reserved + quantity)
        .returning(StockLevel.reward_id)
    ).one_or_none()
    if reserved is not None:
        _move(session, "reserved", branch_id, reward_id, quantity, redemption_id)
        return
    left = available(session, branch_id, [reward_id]).get(reward_id)
    if left is not None:
        raise OutOfStock(left=left)


def release(session: Session, branch_id: UUID, reward_id: UUID, quantity: int, redemption_id: UUID) -> None:
    """Give back what a redemption had reserved."""
    _close(session, "released", branch_id, reward_id, quantity, redemption_id)


def issue(session: Session, branch_id: UUID, reward_id: UUID, quantity: int, redemption_id: UUID) -> None:
    """Hand over what a redemption had reserved."""
    _close(session, "issued", branch_id, reward_id, quantity, redemption_id)


def take_back(session: Session, branch_id: UUID, reward_id: UUID, quantity: int, redemption_id: UUID) -> None:
    """Goods of a reversed redemption lie on the shelf again; received a second time, from that redemption."""
    returned = session.execute(
        sa.update(StockLevel)
        .where(StockLevel.branch_id == branch_id, StockLevel.reward_id == reward_id)
        .values(on_hand=StockLevel.on_hand + quantity)
        .returning(StockLevel.reward_id)
    ).one_or_none()
    if returned is not None:
        _move(session, "received", branch_id, reward_id, quantity, redemption_id)


def _open_units(session: Session, branch_id: UUID, reward_id: UUID) -> int:
    units = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(RedemptionLine.units), 0))
        .join(Redemption, Redemption.id == RedemptionLine.redemption_id)
        .where(
            Redemption.status == RedemptionStatus.RESERVED.value,
            Redemption.branch_id == branch_id,
            RedemptionLine.reward_id == reward_id,
        )
    )
    return int(units or 0)


def _close(
    session: Session, kind: str, branch_id: UUID, reward_id: UUID, quantity: int, redemption_id: UUID
) -> None:
    out = quantity if kind == "issued" else 0
    closed = session.execute(
        sa.update(StockLevel)
        .where(StockLevel.branch_id == branch_id, StockLevel.reward_id == reward_id)
        .values(reserved=StockLevel.reserved - quantity, on_hand=StockLevel.on_hand - out)
        .returning(StockLevel.reward_id)
    ).one_or_none()
    if closed is not None:
        _move(session, kind, branch_id, reward_id, quantity, redemption_id)


def _move(
    session: Session,
    kind: str,
    branch_id: UUID,
    reward_id: UUID,
    quantity: int,
    redemption_id: UUID | None,
) -> None:
    session.execute(
        sa.insert(StockMovement).values(
            id=new_id(),
            branch_id=branch_id,
            reward_id=reward_id,
            redemption_id=redemption_id,
            kind=kind,
            quantity=quantity,
            created_at=session.clock.now(),
        )
    )
