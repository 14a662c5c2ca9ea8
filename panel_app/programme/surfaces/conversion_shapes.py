"""What other surfaces ask of conversions and are told of them, frozen. Decides nothing."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from panel_app.programme.conversion_terms import ConversionFailure, ConversionKind, ConversionStatus
from panel_app.programme.surfaces.told import MoneyTold
from panel_app.programme.surfaces.wishes import STRICT, Reference, Whole, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConversion:
    """Into a voucher: a `reward_id`, at its price. To a partner programme: `partner` and `points`."""

    __pydantic_config__ = STRICT
    reference: Reference
    reward_id: UUID | None = None
    partner: Word | None = None
    points: Whole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherTold:
    """The code is the member's; whoever has it may pay with it."""

    code: str
    amount: MoneyTold
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionTold:
    """`failure` says why a failed one gave the points back; an open one does so by itself at `expires_at`."""

    booking_id: str
    kind: ConversionKind
    status: ConversionStatus
    member_id: UUID
    points: int
    reward_id: UUID | None
    partner: str | None
    reference: str
    voucher: VoucherTold | None
    failure: ConversionFailure | None
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None
