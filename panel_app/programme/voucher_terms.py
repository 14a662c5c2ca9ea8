"""A voucher as an open redemption holds it, frozen. Knows no row."""

from dataclasses import dataclass
from uuid import UUID

from ledger import Minor


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVoucher:
    """Worth `amount`, of which `taken` pays; the rest is lost. Minor units of the redemption's currency."""

    id: UUID
    number: str  # by which people name it; the code is a secret
    amount: Minor
    taken: Minor
