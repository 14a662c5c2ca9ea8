"""Accounts by what they stand for; their ids follow from it, so nobody looks one up. Knows no amounts."""

from collections.abc import Sequence
from uuid import UUID, uuid5

import sqlalchemy as sa

from ledger.database import Session
from ledger.models import accounts, balances
from ledger.terms import POINTS_ASSET, AccountKind, CashLeg, MemberId

HOUSE = UUID(int=0)
_NAMES = UUID("6f0c5a3e-9a4e-5d0b-8c55-1a7e0d6b2f11")


def account_id(kind: AccountKind, asset: str, owner_id: UUID = HOUSE, tender: str = "") -> UUID:
    """The id of the one account for (kind, asset, owner, tender)."""
    return uuid5(_NAMES, f"{kind}|{asset}|{owner_id}|{tender}")


ISSUED = account_id(AccountKind.ISSUED, POINTS_ASSET)
CLAIMS = account_id(AccountKind.CLAIMS, POINTS_ASSET)
REDEEMED = account_id(AccountKind.REDEEMED, POINTS_ASSET)
EXPIRED = account_id(AccountKind.EXPIRED, POINTS_ASSET)
UNRECOVERED = account_id(AccountKind.UNRECOVERED, POINTS_ASSET)


def member_account_id(member_id: MemberId) -> UUID:
    return account_id(AccountKind.MEMBER, POINTS_ASSET, member_id)


def partner_id(partner: str) -> UUID:
    """A partner is known to the books by its name alone."""
    return uuid5(_NAMES, f"partner|{partner}")


def open_house(session: Session) -> None:
    """The accounts that belong to nobody else; a second time changes nothing."""
    house = (
        AccountKind.ISSUED,
        AccountKind.CLAIMS,
        AccountKind.REDEEMED,
        AccountKind.EXPIRED,
        AccountKind.UNRECOVERED,
    )
    _open(session, [_row(kind, POINTS_ASSET, HOUSE) for kind in house])


def open_partner(session: Session, partner: str) -> UUID:
    """The points account of a partner, opened by its first transfer or grant."""
    _open_missing(session, [_row(AccountKind.PARTNER, POINTS_ASSET, partner_id(partner))])
    return account_id(AccountKind.PARTNER, POINTS_ASSET, partner_id(partner))


def open_branch(session: Session, branch_id: UUID, currency: str) -> None:
    """The other side of a branch's cash. Its cash accounts are opened by the first leg of each tender."""
    _open(session, [_row(AccountKind.TAKINGS, currency, branch_id)])


def open_member(session: Session, member_id: MemberId) -> None:
    """A member's account with a balance of 0."""
    row = _row(AccountKind.MEMBER, POINTS_ASSET, member_id)
    _open(session, [row])
    session.execute(
        sa.insert(balances),
        [{"member_id": member_id, "account_id": row["id"], "posted": 0, "held": 0, "entries": 0}],
    )


def open_for_cash(session: Session, cash: Sequence[CashLeg]) -> None:
    """The accounts that these legs post to, where they are missing."""
    if not cash:
        return
    rows = [_row(AccountKind.CASH, leg.currency, leg.branch_id, leg.tender) for leg in cash]
    rows += [_row(AccountKind.TAKINGS, leg.currency, leg.branch_id) for leg in cash]
    _open_missing(session, rows)


def _open_missing(session: Session, rows: list[dict[str, object]]) -> None:
    wanted = {row["id"]: row for row in rows}
    there = set(session.scalars(sa.select(accounts.c.id).where(accounts.c.id.in_(list(wanted)))))
    _open(session, [row for key, row in wanted.items() if key not in there])


def _row(kind: AccountKind, asset: str, owner_id: UUID, tender: str = "") -> dict[str, object]:
    return {
        "id": account_id(kind, asset, owner_id, tender),
        "kind": kind.value,
        "asset": asset,
        "owner_id": owner_id,
        "tender": tender,
    }


def _open(session: Session, rows: list[dict[str, object]]) -> None:
    """Two tills may open the same account at the same time: one of them does, the other waits and goes on."""
    for row in sorted(rows, key=lambda row: str(row["id"])):  # one order, so that two openers can't deadlock
        if session.dialect == "postgresql":
            from sqlalchemy.dialects.postgresql import insert

            session.execute(insert(accounts).values(row).on_conflict_do_nothing())
        else:
            from sqlalchemy.dialects.sqlite import insert as insert_or_leave

            session.execute(insert_or_leave(accounts).values(row).on_conflict_do_nothing())
