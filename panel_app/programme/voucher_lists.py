"""Vouchers that wait in a reward's list: counted, drawn one a conversion, shown to its owner. Takes no points."""

from uuid import UUID

import sqlalchemy as sa

from ledger import Minor, Session
from panel_app.programme.conversion_terms import IssuedVoucher
from panel_app.programme.models import Voucher
from panel_app.programme.programme_facts import today
from panel_app.programme.terms import Money
from panel_app.programme.vouchers import code_of


def left(session: Session, reward_id: UUID) -> int:
    """How many may still be drawn."""
    return session.scalar(sa.select(sa.func.count()).where(*_free(session, reward_id))) or 0


def draw(session: Session, reward_id: UUID, conversion_id: UUID) -> bool:
    """Give a conversion the one that is over first; False when there is none. Many share a list: call it last."""
    free = (
        sa.select(Voucher.id)
        .where(*_free(session, reward_id))
        .order_by(Voucher.last_day, Voucher.id)
        .limit(1)
        # PostgreSQL: two conversions at once take two vouchers and don't wait for each other. SQLite has one writer.
        .with_for_update(skip_locked=True)
    )
    drawn = session.execute(
        sa.update(Voucher)
        .where(Voucher.id == free.scalar_subquery(), Voucher.conversion_id.is_(None))
        .values(conversion_id=conversion_id)
        .returning(Voucher.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return drawn is not None


def drawn_by(session: Session, conversion_id: UUID) -> IssuedVoucher | None:
    """What a conversion has drawn; None when nothing."""
    voucher = session.scalar(
        sa.select(Voucher)
        .where(Voucher.conversion_id == conversion_id)
        .execution_options(populate_existing=True)
    )
    if voucher is None:
        return None
    worth = Money(amount=Minor(voucher.amount), currency=voucher.currency)
    return IssuedVoucher(code=code_of(session, voucher), amount=worth, last_day=voucher.last_day)


def _free(session: Session, reward_id: UUID) -> list[sa.ColumnElement[bool]]:
    return [
        Voucher.reward_id == reward_id,
        Voucher.conversion_id.is_(None),
        Voucher.last_day >= today(session),
    ]
