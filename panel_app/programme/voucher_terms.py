"""A voucher as Confirm names it, and as an open redemption holds it, frozen. Knows no row."""

from dataclasses import dataclass, field
from uuid import UUID

from ledger import Minor


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherGiven:
    """A voucher by its code, with what it is to pay of what it is worth."""

    code: str = field(repr=False)
    amount: Minor


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVoucher:
    """Worth `amount`, of which `taken` pays; the rest is lost. Minor units of the redemption's currency."""

    id: UUID
    number: str  # by which people name it; the code is a secret
    amount: Minor
    taken: Minor
