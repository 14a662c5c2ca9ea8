"""Vouchers that pay: found by their code, held by one open redemption, spent whole, given back. Takes no money.

A voucher is locked by the redemption that holds it for as long as that is open, and by nothing else: when it is
cancelled or has run out, the next one may take the voucher, and nobody has to give it back first.
"""

from uuid import UUID

import sqlalchemy as sa

from ledger import Instant, Minor, Session
from panel_app.programme import branches
from panel_app.programme.code_refusals import (
    VoucherExpired,
    VoucherOtherCurrency,
    VoucherUnknown,
    VoucherUsed,
)
from panel_app.programme.models import Branch, Redemption, Till, Voucher
from panel_app.programme.refusals import CodeNotIssuedYet, HeldElsewhere
from panel_app.programme.terms import RedemptionStatus, TenderGiven, TenderType
from panel_app.programme.voucher_terms import HeldVoucher

_CODE = "voucher code"
NUMBER_DIGITS = 8


def sealed(session: Session, text: str) -> dict[str, bytes]:
    """A code as it is stored: a keyed hash for look-up, and encrypted for whoever may have to show it."""
    return {
        "code_hash": session.keyring.mac(_CODE, text),
        "code_cipher": session.keyring.encrypt(_CODE, text.encode()),
    }


def code_of(session: Session, voucher: Voucher) -> str:
    """The code itself, for its owner's eyes."""
    return session.keyring.decrypt(_CODE, voucher.code_cipher).decode()


def by_code(session: Session, text: str) -> Voucher:
    """The voucher of a code; VoucherUnknown when there is none, CodeNotIssuedYet while it waits in a list."""
    code_hash = session.keyring.mac(_CODE, text.strip())
    voucher = session.scalar(
        sa.select(Voucher).where(Voucher.code_hash == code_hash).execution_options(populate_existing=True)
    )
    if voucher is None:
        raise VoucherUnknown
    if voucher.reward_id is not None and voucher.conversion_id is None:
        raise CodeNotIssuedYet
    return voucher


def judge(session: Session, voucher: Voucher, redemption: Redemption, branch: Branch) -> None:
    """Refuse a voucher that may not pay here now: used → held elsewhere → expired → another currency."""
    if voucher.spent_at is not None:
        used = session.get_one(Redemption, voucher.held_by)
        raise VoucherUsed(used_at=voucher.spent_at, branch=session.get_one(Branch, used.branch_id).name)
    _judge_not_held(session, voucher, redemption)
    if branches.today_at(session, branch) > voucher.last_day:
        raise VoucherExpired(last_day=voucher.last_day)
    if voucher.currency != redemption.currency:
        raise VoucherOtherCurrency(currency=voucher.currency)


def held_by(session: Session, redemption_id: UUID) -> tuple[HeldVoucher, ...]:
    """The vouchers that a redemption holds, unspent."""
    rows = session.scalars(
        sa.select(Voucher)
        .where(Voucher.held_by == redemption_id, Voucher.spent_at.is_(None))
        .order_by(Voucher.id)
        .execution_options(populate_existing=True)
    )
    return tuple(
        HeldVoucher(
            id=row.id, number=number_of(row.id), amount=Minor(row.amount), taken=Minor(row.taken or 0)
        )
        for row in rows
    )


def take(session: Session, voucher: Voucher, redemption_id: UUID, taken: int) -> bool:
    """Hold a voucher for a redemption whose row is locked. False when it has moved on since it was judged.

    The guard compares the row with what was judged, and asks no other table: PostgreSQL, once it waited for a row,
    looks again at that row alone, and would not see that the redemption which has the voucher now is open.
    """
    held = session.execute(
        sa.update(Voucher)
        .where(
            Voucher.id == voucher.id,
            Voucher.spent_at.is_(None),
            Voucher.held_by.is_not_distinct_from(voucher.held_by),
        )
        .values(held_by=redemption_id, taken=taken)
        .returning(Voucher.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return held is not None


def pay_more(session: Session, voucher_id: UUID, redemption_id: UUID, taken: int) -> None:
    """Let a voucher that the redemption holds pay this much instead."""
    session.execute(
        sa.update(Voucher)
        .where(Voucher.id == voucher_id, Voucher.held_by == redemption_id, Voucher.spent_at.is_(None))
        .values(taken=taken)
        .execution_options(synchronize_session=False)
    )


def let_go(session: Session, voucher_id: UUID, redemption_id: UUID) -> None:
    """Take a voucher off a redemption that is open."""
    session.execute(
        sa.update(Voucher)
        .where(Voucher.id == voucher_id, Voucher.held_by == redemption_id, Voucher.spent_at.is_(None))
        .values(held_by=None, taken=None)
        .execution_options(synchronize_session=False)
    )


def spend(session: Session, redemption: Redemption) -> list[TenderGiven]:
    """Spend what the redemption holds, and give a tender for each; what was taken away meanwhile is not among them.

    The tender's reference names voucher and booking: after a reversal the same voucher may pay again.
    """
    spent = session.execute(
        sa.update(Voucher)
        .where(Voucher.held_by == redemption.id, Voucher.spent_at.is_(None))
        .values(spent_at=sa.literal(session.clock.now(), Instant()))
        .returning(Voucher.id, Voucher.taken)
        .execution_options(synchronize_session=False)
    ).all()
    return [
        TenderGiven(
            type=TenderType.VOUCHER,
            amount=Minor(row.taken),
            reference=f"{number_of(row.id)} {redemption.booking_id}",
        )
        for row in sorted(spent, key=lambda row: row.id)
    ]


def restore(session: Session, redemption_id: UUID) -> None:
    """A reversal gives whole vouchers back, to be used up to their last day."""
    session.execute(
        sa.update(Voucher)
        .where(Voucher.held_by == redemption_id)
        .values(held_by=None, taken=None, spent_at=None)
        .execution_options(synchronize_session=False)
    )


def number_of(voucher_id: UUID) -> str:
    """What a receipt and the books call a voucher: a code stands in neither."""
    return voucher_id.hex[-NUMBER_DIGITS:].upper()


def _judge_not_held(session: Session, voucher: Voucher, redemption: Redemption) -> None:
    if voucher.held_by in (None, redemption.id):
        return
    row = session.execute(
        sa.select(Redemption.status, Redemption.expires_at, Branch.name, Till.code)
        .join(Branch, Branch.id == Redemption.branch_id)
        .outerjoin(Till, Till.id == Redemption.till_id)
        .where(Redemption.id == voucher.held_by)
    ).one()
    seconds_left = (row.expires_at - session.clock.now()).total_seconds()
    if row.status == RedemptionStatus.RESERVED.value and seconds_left > 0:
        raise HeldElsewhere(branch=row.name, till=row.code, seconds_left=max(1, round(seconds_left)))
