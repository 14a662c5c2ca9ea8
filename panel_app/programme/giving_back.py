"""Points that go back: by which rule, and how long they last. Knows no redemption."""

from datetime import timedelta
from enum import StrEnum

GRACE = timedelta(days=30)
"""For points whose own expiry has passed when a reversal, or a claim that ran out, gives them back."""


class ReleaseReason(StrEnum):
    """Why reserved points were released; it stands in the member's log."""

    CANCELLED = "cancelled_at_till"
    STARTED_OVER = "started_over"
    MEMBER_SUSPENDED = "member_suspended"
    RAN_OUT = "ran_out"


class ReversalReason(StrEnum):
    """Why a redemption was reversed. A closed set: what a person typed could name somebody in a sealed record."""

    UNDONE = "undone"  # by the operator, within a minute
    NOT_HANDED_OVER = "not_handed_over"
    WRONG_REWARD = "wrong_reward"
    WRONG_MEMBER = "wrong_member"
    FAULTY_GOODS = "faulty_goods"
    MEMBER_WISH = "member_wish"
    SURFACE_WISH = "surface_wish"  # another surface's own reason, which may name somebody and is not kept


MANAGERS_REASONS = tuple(
    reason for reason in ReversalReason if reason not in {ReversalReason.UNDONE, ReversalReason.SURFACE_WISH}
)


class Goods(StrEnum):
    """Where the goods of a reversed redemption are."""

    RETURNED = "returned"  # on the shelf: counted again
    GONE = "gone"


class OnExpiry(StrEnum):
    """What becomes of the points of a charged claim's unused units when it runs out."""

    RESTORED = "restored"
    FORFEITED = "forfeited"
