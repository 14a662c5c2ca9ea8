"""The arithmetic of a sliding price: points for the one part, cash at a rate for the rest. Exact; knows no reward.

A rate is kept as the minor units that a million points are worth, so that 0.8 of a cent a point is 800,000. The cash
part of a line is rounded once, up to the whole minor unit: never one too little, and less than one too much.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from ledger import Minor, Points

PER_MILLION = 1_000_000
# A point is worth less than a thousand minor units: above it the sum of a line could pass what the books count.
RATE_MAX = 1_000 * PER_MILLION
_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """From how many points on a price is offered in a currency, and what each point less costs there."""

    min_points: Points
    per_million: int

    @property
    def rate(self) -> str:
        """Minor units a point, as a decimal number that rate_of() reads."""
        return f"{Decimal(self.per_million) / PER_MILLION:f}"


def rest_in_cash(points: int, per_million: int) -> Minor:
    """What so many points are worth in minor units: points × rate, rounded up."""
    return Minor(-(-points * per_million // PER_MILLION))


def rate_of(text: str) -> int:
    """Minor units for a million points, from a decimal number of minor units a point; else ValueError."""
    if not _RATE.fullmatch(text):
        raise ValueError("a rate is a decimal number with at most six decimals")
    return int(Decimal(text) * PER_MILLION)
