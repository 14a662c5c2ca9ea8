"""Points that go back: by which rule, and how long they last. Knows no redemption."""

from datetime import timedelta
from enum import StrEnum

GRACE = timedelta(days=30)
"""For points whose own expiry has passed when a reversal, or a claim that ran out, gives them back."""


class OnExpiry(StrEnum):
    """What becomes of the points of a charged claim's unused units when it runs out."""

    RESTORED = "restored"
    FORFEITED = "forfeited"
