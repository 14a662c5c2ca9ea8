"""The nouns of the books, frozen; knows no database and no web."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

Points = NewType("Points", int)
Minor = NewType("Minor", int)
MemberId = NewType("MemberId", UUID)
EntryId = NewType("EntryId", UUID)
HoldId = NewType("HoldId", UUID)

WHOLE_MAX = 2**53 - 1
"""The largest whole number that every client, JSON included, keeps exactly."""


def points(value: object) -> Points:
    """Whole points; TypeError for a bool or a float, ValueError outside ±(2^53 − 1)."""
    return Points(_whole(value))


def minor(value: object) -> Minor:
    """Whole minor units of a currency (cents); the same errors as points()."""
    return Minor(_whole(value))


def _whole(value: object) -> int:
    # PostgreSQL stores 1.5 in a BIGINT without a word, and True is an int in Python: both stop here.
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number is needed, not {type(value).__name__}")
    if abs(value) > WHOLE_MAX:
        raise ValueError("outside ±(2^53 − 1)")
    return value


class EntryType(StrEnum):
    """Entry types by the names that stand in reports (product.md §2)."""

    EARN = "Earn"
    DEBIT_BY_REDEMPTION = "Debit By Redemption"
    DEBIT_BY_ON_BEHALF_REDEMPTION = "Debit By On Behalf Redemption"
    REDEMPTION_REVERSAL = "Redemption Reversal"
    GOODWILL_CREDIT = "Goodwill Credit"
    ADJUSTMENT_DEBIT = "Adjustment Debit"
    POINTS_EXPIRY = "Points Expiry"
    POINTS_TRANSFER = "Points Transfer"


class EarnKind(StrEnum):
    MILESTONE_AWARD = "milestone_award"
    PROGRAMME_RULE = "programme_rule"
    MANUAL_ADJUSTMENT = "manual_adjustment"


class HoldStatus(StrEnum):
    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


class HoldEvent(StrEnum):
    HELD = "held"
    EXTENDED = "extended"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


class AccountKind(StrEnum):
    """What an account stands for; one account for each (kind, asset, owner)."""

    MEMBER = "member"  # owner: the member; what the programme owes them
    ISSUED = "issued"  # where earned points come from
    CLAIMS = "claims"  # charged at the claim, not yet handed over
    REDEEMED = "redeemed"  # handed over
    EXPIRED = "expired"  # ran out before they were spent
    UNRECOVERED = "unrecovered"  # reversed earnings that were already spent
    PARTNER = "partner"  # owner: the partner, by its name; transferred to it, or granted by it
    CASH = "cash"  # owner: the branch; taken at the counter, by tender
    TAKINGS = "takings"  # owner: the branch; the other side of the cash legs


POINTS_ASSET = "PTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who and where an entry or hold comes from; it is recorded with it and never changes."""

    client: str
    source: str
    branch_id: UUID | None = None
    till_id: UUID | None = None
    operator_id: UUID | None = None
    on_behalf: bool = False
    booking_id: str | None = None
    reference: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Points for a member. A lot is made with them; `expires_at` None never expires.

    Until `posts_at` they are pending: counted, and not to be spent.
    """

    member_id: MemberId
    points: Points
    kind: EarnKind
    expires_at: datetime | None = None
    posts_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashLeg:
    """Money taken by one tender, in minor units; posted with the points of the same redemption."""

    branch_id: UUID
    tender: str
    amount: Minor
    currency: str
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    id: HoldId
    member_id: MemberId
    points: Points
    status: HoldStatus
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    closing_entry_id: EntryId | None
    booking_id: str | None
    branch_id: UUID | None
    till_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A balanced, immutable record. `points` is its leg on the member's own account (0 when none).

    Points without a number are pending: the entry is written, under this id, when they post. `party` granted
    the goodwill or received the transfer. A reversal says what it `reverses`, and how many of the points it
    could not take back.
    """

    id: EntryId
    type: EntryType
    kind: EarnKind | None
    member_id: MemberId
    points: Points
    number: int | None
    balance_after: Points | None
    source: str
    branch_id: UUID | None
    till_id: UUID | None
    operator_id: UUID | None
    on_behalf: bool
    booking_id: str | None
    reference: str | None
    hold_id: HoldId | None
    created_at: datetime
    party: str | None = None
    reverses_id: EntryId | None = None
    reason: str | None = None
    unrecovered: Points | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """So many of a claim's points were taken from the member by this entry."""

    entry_id: EntryId
    points: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line of a log: an entry, or what happened to a hold, which moves 0 points.

    `what` is an entry's type or a hold's event; `concerned` is how many points it was about.
    """

    id: UUID
    member_id: MemberId
    at: datetime
    what: EntryType | HoldEvent
    points: Points
    concerned: Points
    entry_id: EntryId | None
    hold_id: HoldId | None
    balance_after: Points | None
    source: str
    branch_id: UUID | None
    till_id: UUID | None
    operator_id: UUID | None
    on_behalf: bool
    booking_id: str | None
    reference: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    points: Points
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A member's points: `available` may be spent now; `held` is reserved by open holds."""

    available: Points
    held: Points
    pending: Points
    expiring: tuple[Expiring, ...]
