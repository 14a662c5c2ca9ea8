"""A conversion's words: its kinds and states, why one failed, what is refused once it is over. Decides nothing."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from ledger import Reason, Refusal
from panel_app.programme.terms import Money


class ConversionKind(StrEnum):
    VOUCHER = "voucher"
    TRANSFER = "transfer"


class ConversionStatus(StrEnum):
    RESERVED = "reserved"  # the points are held
    DEDUCTED = "deducted"  # they are taken, and nothing was given for them yet
    FULFILLED = "fulfilled"
    FAILED = "failed"  # the points are back


class ConversionFailure(StrEnum):
    """Why the points went back; it stands in the member's log and on the administrators' page."""

    NO_VOUCHER_LEFT = "no_voucher_left"
    PARTNER_REFUSED = "partner_refused"
    TIMED_OUT = "timed_out"
    MEMBER_SUSPENDED = "member_suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedVoucher:
    """A voucher that a conversion drew, with its code, for its owner's eyes."""

    code: str
    amount: Money
    last_day: date


@dataclass(kw_only=True)
class ConversionClosed(Refusal):
    """The state of the conversion forbids it: it waits for no answer of a partner."""

    reason: ClassVar[Reason] = Reason.CONVERSION_CLOSED
    booking_id: str
    status: str
