"""What is asked of the transaction report, strictly, and what a row of it tells. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ledger import EarnKind, EntryType, HoldEvent
from panel_app.programme.surfaces.told import MoneyTold
from panel_app.programme.surfaces.wishes import STRICT, Moment, Word

PAGE_ROWS_MAX = 500
FILE_ROWS_MAX = 50_000


class TransactionType(StrEnum):
    """The names in the report: the entry types' own, and what happened to a hold."""

    EARN = EntryType.EARN
    DEBIT_BY_REDEMPTION = EntryType.DEBIT_BY_REDEMPTION
    DEBIT_BY_ON_BEHALF_REDEMPTION = EntryType.DEBIT_BY_ON_BEHALF_REDEMPTION
    REDEMPTION_REVERSAL = EntryType.REDEMPTION_REVERSAL
    GOODWILL_CREDIT = EntryType.GOODWILL_CREDIT
    ADJUSTMENT_DEBIT = EntryType.ADJUSTMENT_DEBIT
    POINTS_EXPIRY = EntryType.POINTS_EXPIRY
    POINTS_TRANSFER = EntryType.POINTS_TRANSFER
    HOLD_PLACED = "Hold Placed"
    HOLD_RELEASED = "Hold Released"
    HOLD_EXPIRED = "Hold Expired"


KIND_OF: dict[TransactionType, EntryType | HoldEvent] = {
    **{TransactionType(entry_type.value): entry_type for entry_type in EntryType},
    TransactionType.HOLD_PLACED: HoldEvent.HELD,
    TransactionType.HOLD_RELEASED: HoldEvent.RELEASED,
    TransactionType.HOLD_EXPIRED: HoldEvent.EXPIRED,
}
TYPE_OF = {kind: name for name, kind in KIND_OF.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionFilter:
    """`from` is in, `to` is out; `member` and `branch` are ids or the names that other systems know them by."""

    __pydantic_config__ = STRICT
    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Annotated[Moment | None, Field(alias="to")] = None
    member: Word | None = None
    type: TransactionType | None = None
    source: Word | None = None
    on_behalf: bool | None = None
    branch: Word | None = None
    operator: Word | None = None
    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,17}-[0-9a-f]{32}$")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionsWish(TransactionFilter):
    """A page; `cursor` is the `next_cursor` of the page before."""

    __pydantic_config__ = STRICT
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionsFileWish(TransactionFilter):
    """A file; `cursor` stands in the link to the next one."""

    __pydantic_config__ = STRICT
    limit: Annotated[int, Field(ge=1, le=FILE_ROWS_MAX)] = FILE_ROWS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionTold:
    """An entry, or what happened to a hold: that moves 0 points, and `concerned` is how many it was about.

    `member` is the number that other systems know; `cash` is negative where it went back.
    """

    id: UUID
    created_at: datetime
    type: TransactionType
    kind: EarnKind | None
    member_id: UUID
    member: str | None
    points: int
    concerned: int
    cash: Sequence[MoneyTold]
    source: str
    branch: str | None
    till: str | None
    operator: str | None
    on_behalf: bool
    booking_id: str | None
    reference: str | None
    reason: str | None
    balance_after: int | None
    hold_id: UUID | None
    reverses: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionsTold:
    items: Sequence[TransactionTold]
    next_cursor: str | None
