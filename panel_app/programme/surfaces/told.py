"""What other surfaces are told, frozen: the very shapes of the API's JSON. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ledger import EarnKind, EntryType, HoldStatus
from panel_app.programme.terms import (
    ClaimStatus,
    FulfilmentStatus,
    MemberStatus,
    OptionKind,
    RedemptionStatus,
    RedemptionType,
    TenderType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTold:
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTold:
    id: UUID
    external_id: str
    status: MemberStatus
    name: str
    phone: str | None
    email: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringTold:
    points: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceTold:
    available: int
    held: int
    pending: int
    expiring: Sequence[ExpiringTold]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTold:
    """`points` on the member's account, signed. Operator and on-behalf are told to the scope `reports` only.

    A credit that is still pending has no `balance_after`.
    """

    id: UUID
    type: EntryType
    kind: EarnKind | None
    member_id: UUID
    points: int
    source: str
    branch: str | None
    operator: str | None
    booking_id: str | None
    reference: str | None
    partner: str | None
    on_behalf: bool | None
    reverses: UUID | None
    created_at: datetime
    balance_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesTold:
    items: Sequence[EntryTold]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTold:
    """`closing_entry` is the id of the entry that a capture made, `captured` how many points it took."""

    id: UUID
    status: HoldStatus
    member_id: UUID
    points: int
    reference: str | None
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    closing_entry: UUID | None
    captured: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TillTold:
    id: UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTold:
    id: UUID
    code: str
    name: str
    time_zone: str
    currency: str
    tills: Sequence[TillTold]


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchesTold:
    items: Sequence[BranchTold]
    next_cursor: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTold:
    """A sliding one is told at its full points; `rate` is what a point less costs, in minor units of the currency."""

    id: UUID
    kind: OptionKind
    points: int
    cash: MoneyTold
    min_points: int | None = None
    rate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardTold:
    """`stock` at the branch; null when it is not counted there.

    With `voucher` it is no goods: points are converted into a voucher of that worth, and `stock` are those left.
    """

    id: UUID
    name: str
    description: str
    redemption_types: Sequence[RedemptionType]
    price_options: Sequence[OptionTold]
    stock: int | None
    voucher: MoneyTold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardsTold:
    items: Sequence[RewardTold]
    next_cursor: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTold:
    """The codes are the member's; whoever shows one redeems it."""

    id: UUID
    code: str
    short_code: str
    status: ClaimStatus
    member_id: UUID
    reward_id: UUID
    quantity: int
    remaining: int
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTold:
    """What one option costs for the units asked for; `missing` points are not there.

    Of a sliding one `min_points` may be paid at least, for all units, and the rest at `rate` minor units a point.
    """

    option: UUID
    kind: OptionKind
    points_due: int
    cash_due: MoneyTold
    missing: int
    min_points: int | None = None
    rate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTold:
    """What is due, by option. It holds nothing. A claim has one option: the one it was made at."""

    member_id: UUID
    reward_id: UUID
    claim_id: UUID | None
    units: int
    remaining: int | None
    valid_until: date | None
    options: Sequence[DueTold]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTold:
    reward_id: UUID
    name: str
    units: int
    points: int
    cash: MoneyTold
    fulfilment: FulfilmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderTold:
    type: TenderType
    amount: MoneyTold
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionTold:
    """An order as it is on record: `points_due` at the counter, `points` with what was charged at the claim.

    Operator and on-behalf are told to the scope `reports` only.
    """

    booking_id: str
    status: RedemptionStatus
    member_id: UUID
    branch: str
    till: str
    source: str
    points_due: int
    cash_due: MoneyTold
    points: int
    lines: Sequence[LineTold]
    tenders: Sequence[TenderTold]
    balance_after: int | None
    operator: str | None
    on_behalf: bool | None
    opened_at: datetime
    expires_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionsTold:
    items: Sequence[RedemptionTold]
    next_cursor: str | None
