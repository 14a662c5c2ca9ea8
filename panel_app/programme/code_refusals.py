"""What the programme refuses of imported codes, of claim PINs and of vouchers that pay; the others: refusals.py."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from ledger import Reason, Refusal


@dataclass(kw_only=True)
class NoCodeLeft(Refusal):
    """The imported list of the reward has no free code to give the claim."""

    reason: ClassVar[Reason] = Reason.NO_CODE_LEFT


@dataclass(kw_only=True)
class PinNeeded(Refusal):
    """The reward is opened by its claim's PIN alone."""

    reason: ClassVar[Reason] = Reason.PIN_NEEDED


@dataclass(kw_only=True)
class VoucherUnknown(Refusal):
    reason: ClassVar[Reason] = Reason.VOUCHER_UNKNOWN


@dataclass(kw_only=True)
class VoucherUsed(Refusal):
    reason: ClassVar[Reason] = Reason.VOUCHER_USED
    used_at: datetime
    branch: str


@dataclass(kw_only=True)
class VoucherExpired(Refusal):
    reason: ClassVar[Reason] = Reason.VOUCHER_EXPIRED
    last_day: date


@dataclass(kw_only=True)
class VoucherOtherCurrency(Refusal):
    reason: ClassVar[Reason] = Reason.VOUCHER_OTHER_CURRENCY
    currency: str  # the voucher's


@dataclass(kw_only=True)
class VoucherNotNeeded(Refusal):
    """Vouchers pay all that is due already."""

    reason: ClassVar[Reason] = Reason.VOUCHER_NOT_NEEDED


@dataclass(kw_only=True)
class TooManyWrongScans(Refusal):
    """More different wrong texts within a minute than a shop meets; scanning goes on in so many seconds."""

    reason: ClassVar[Reason] = Reason.TOO_MANY_WRONG_SCANS
    seconds_left: int
