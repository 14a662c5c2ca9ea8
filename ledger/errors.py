"""Why the books, the scanner's codes or the programme said no; knows no words and no HTTP.

    Refusal                      an expected "no": a Reason, and data as fields
    ├── (ledger)                 NotEnoughPoints, PointsNotYetPosted, NotFound, HoldClosed, HoldExpired,
    │                            MoreThanHold, AlreadyReversed, NotReversible, BelongsToBooking,
    │                            KeyReused, KeyInUse
    └── (panel_app/programme/refusals.py)  what the programme refuses

Anything that is not a Refusal is a fault: an incident, never a half-done step.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from ledger.terms import Points


class Reason(StrEnum):
    """The closed list of refusals of the whole product; each has a status, words and a heading in docs."""

    # The books.
    NOT_ENOUGH_POINTS = "not_enough_points"
    POINTS_NOT_YET_POSTED = "points_not_yet_posted"
    NOT_FOUND = "not_found"
    MORE_THAN_HOLD = "more_than_hold"
    HOLD_CLOSED = "hold_closed"
    HOLD_EXPIRED = "hold_expired"
    ALREADY_REVERSED = "already_reversed"
    NOT_REVERSIBLE = "not_reversible"
    BELONGS_TO_BOOKING = "belongs_to_booking"
    KEY_REUSED = "key_reused"
    KEY_IN_USE = "key_in_use"
    # Codes.
    UNKNOWN_CODE = "unknown_code"
    FOREIGN_CODE = "foreign_code"
    MISTYPED_CODE = "mistyped_code"
    FORGED_CODE = "forged_code"
    OTHER_PROGRAMME = "other_programme"
    STALE_MEMBER_CODE = "stale_member_code"
    MEMBER_CODE_AHEAD = "member_code_ahead"
    REPLAYED_MEMBER_CODE = "replayed_member_code"
    CODE_NOT_ISSUED_YET = "code_not_issued_yet"
    CODE_NOT_ACCEPTED = "code_not_accepted"
    NO_CODE_LEFT = "no_code_left"
    TOO_MANY_WRONG_SCANS = "too_many_wrong_scans"
    # Claims.
    CLAIM_CANCELLED = "claim_cancelled"
    CLAIM_REPLACED = "claim_replaced"
    ALREADY_REDEEMED = "already_redeemed"
    NOT_YET_VALID = "not_yet_valid"
    CLAIM_EXPIRED = "claim_expired"
    WRONG_BRANCH = "wrong_branch"
    TYPE_NOT_ACCEPTED = "type_not_accepted"
    PIN_NEEDED = "pin_needed"
    CLAIM_NEEDED = "claim_needed"
    HELD_ELSEWHERE = "held_elsewhere"
    MEMBER_SUSPENDED = "member_suspended"
    MEMBER_CLOSED = "member_closed"
    OWN_ACCOUNT = "own_account"
    OUT_OF_STOCK = "out_of_stock"
    LIMIT_REACHED = "limit_reached"
    REWARD_WITHDRAWN = "reward_withdrawn"
    # The redemption.
    VISIT_OVER = "visit_over"
    SEVERAL_MEMBERS = "several_members"
    PROOF_TOO_WEAK = "proof_too_weak"
    DIRECT_REDEMPTION_OFF = "direct_redemption_off"
    PRICE_NOT_OFFERED = "price_not_offered"
    REDEMPTION_CLOSED = "redemption_closed"
    REDEMPTION_EXPIRED = "redemption_expired"
    UNDO_OVER = "undo_over"
    TENDERS_DO_NOT_ADD_UP = "tenders_do_not_add_up"
    TENDER_NOT_ACCEPTED = "tender_not_accepted"
    TENDER_REFERENCE_NEEDED = "tender_reference_needed"
    TENDER_REFERENCE_USED = "tender_reference_used"
    VOUCHER_UNKNOWN = "voucher_unknown"
    VOUCHER_USED = "voucher_used"
    VOUCHER_EXPIRED = "voucher_expired"
    VOUCHER_OTHER_CURRENCY = "voucher_other_currency"
    VOUCHER_NOT_NEEDED = "voucher_not_needed"
    CONVERSION_CLOSED = "conversion_closed"
    INVALID_INPUT = "invalid_input"
    # Images.
    IMAGE_NOT_ACCEPTED = "image_not_accepted"
    NO_CODE_IN_IMAGE = "no_code_in_image"
    SEVERAL_CODES = "several_codes"
    READER_BUSY = "reader_busy"
    # People.
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED_OUT = "locked_out"
    WRONG_PIN = "wrong_pin"
    NOT_ALLOWED = "not_allowed"
    TILL_NOT_ENROLLED = "till_not_enrolled"
    TOO_MANY_ATTEMPTS = "too_many_attempts"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """An expected no. Subclasses are dataclasses: one Reason, its data as fields, no prose, no HTTP.

    `part` is which part of what was asked it is about, where that had several.
    """

    reason: ClassVar[Reason]
    part: str | None = None

    def data(self) -> dict[str, Any]:
        """The fields by name, as they were given."""
        itself: Any = self
        if not dataclasses.is_dataclass(itself):
            return {}
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(itself)}

    def __str__(self) -> str:
        return self.reason.value


@dataclass(kw_only=True)
class NotEnoughPoints(Refusal):
    """The available balance is `missing` points short."""

    reason: ClassVar[Reason] = Reason.NOT_ENOUGH_POINTS
    missing: Points
    available: Points


@dataclass(kw_only=True)
class PointsNotYetPosted(Refusal):
    """Enough is earned, but part of it is pending until `posts_at`."""

    reason: ClassVar[Reason] = Reason.POINTS_NOT_YET_POSTED
    missing: Points
    posts_at: datetime


@dataclass(kw_only=True)
class NotFound(Refusal):
    """Nothing of that kind under that id, for this asker."""

    reason: ClassVar[Reason] = Reason.NOT_FOUND
    what: str


@dataclass(kw_only=True)
class MoreThanHold(Refusal):
    reason: ClassVar[Reason] = Reason.MORE_THAN_HOLD
    held: Points


@dataclass(kw_only=True)
class HoldClosed(Refusal):
    """The hold was already captured or released; each is final."""

    reason: ClassVar[Reason] = Reason.HOLD_CLOSED
    status: str


@dataclass(kw_only=True)
class HoldExpired(Refusal):
    reason: ClassVar[Reason] = Reason.HOLD_EXPIRED
    expired_at: datetime


@dataclass(kw_only=True)
class AlreadyReversed(Refusal):
    """Of the entry only `left` points may still be reversed: 0 when all of it is."""

    reason: ClassVar[Reason] = Reason.ALREADY_REVERSED
    left: Points


@dataclass(kw_only=True)
class NotReversible(Refusal):
    """A reversal or an expiry is final; what was wrong is put right by another entry."""

    reason: ClassVar[Reason] = Reason.NOT_REVERSIBLE
    type: str


@dataclass(kw_only=True)
class BelongsToBooking(Refusal):
    """The entry is part of a redemption and is reversed only through it."""

    reason: ClassVar[Reason] = Reason.BELONGS_TO_BOOKING
    booking_id: str


@dataclass(kw_only=True)
class KeyReused(Refusal):
    """The same idempotency key came with another body; nothing was written."""

    reason: ClassVar[Reason] = Reason.KEY_REUSED


@dataclass(kw_only=True)
class KeyInUse(Refusal):
    """A twin of this request is still under way."""

    reason: ClassVar[Reason] = Reason.KEY_IN_USE
