"""What the programme refuses, each with its data; the words are in web/messages.py, the status in web/errors.py.

They stand in the order of the list of reasons in ledger/errors.py: codes, claims, the redemption, images, people.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from ledger import Minor, Points, Reason, Refusal
from panel_app.programme.rules import Rule


@dataclass(kw_only=True)
class UnknownCode(Refusal):
    reason: ClassVar[Reason] = Reason.UNKNOWN_CODE


@dataclass(kw_only=True)
class ForeignCode(Refusal):
    reason: ClassVar[Reason] = Reason.FOREIGN_CODE
    kind: str  # what it is: url, ean, text or empty


@dataclass(kw_only=True)
class MistypedCode(Refusal):
    """The check symbol does not fit: misread, mistyped or made up."""

    reason: ClassVar[Reason] = Reason.MISTYPED_CODE


@dataclass(kw_only=True)
class ForgedCode(Refusal):
    """A member code whose digits were never made by that member's device."""

    reason: ClassVar[Reason] = Reason.FORGED_CODE


@dataclass(kw_only=True)
class OtherProgramme(Refusal):
    reason: ClassVar[Reason] = Reason.OTHER_PROGRAMME


@dataclass(kw_only=True)
class StaleMemberCode(Refusal):
    """An old step: a screenshot, or a phone whose clock is behind."""

    reason: ClassVar[Reason] = Reason.STALE_MEMBER_CODE
    seconds_old: int


@dataclass(kw_only=True)
class MemberCodeAhead(Refusal):
    reason: ClassVar[Reason] = Reason.MEMBER_CODE_AHEAD
    seconds_ahead: int  # by which the phone's clock is ahead


@dataclass(kw_only=True)
class ReplayedMemberCode(Refusal):
    reason: ClassVar[Reason] = Reason.REPLAYED_MEMBER_CODE


@dataclass(kw_only=True)
class CodeNotIssuedYet(Refusal):
    reason: ClassVar[Reason] = Reason.CODE_NOT_ISSUED_YET


@dataclass(kw_only=True)
class CodeNotAccepted(Refusal):
    """The one answer for all bad codes to those who may not know more."""

    reason: ClassVar[Reason] = Reason.CODE_NOT_ACCEPTED


@dataclass(kw_only=True)
class ClaimCancelled(Refusal):
    reason: ClassVar[Reason] = Reason.CLAIM_CANCELLED


@dataclass(kw_only=True)
class ClaimReplaced(Refusal):
    reason: ClassVar[Reason] = Reason.CLAIM_REPLACED


@dataclass(kw_only=True)
class AlreadyRedeemed(Refusal):
    reason: ClassVar[Reason] = Reason.ALREADY_REDEEMED
    used_at: datetime
    branch: str
    till: str | None
    booking_id: str


@dataclass(kw_only=True)
class NotYetValid(Refusal):
    reason: ClassVar[Reason] = Reason.NOT_YET_VALID
    valid_from: date


@dataclass(kw_only=True)
class ClaimExpired(Refusal):
    reason: ClassVar[Reason] = Reason.CLAIM_EXPIRED
    valid_until: date


@dataclass(kw_only=True)
class WrongBranch(Refusal):
    reason: ClassVar[Reason] = Reason.WRONG_BRANCH
    branches: tuple[str, ...]


@dataclass(kw_only=True)
class TypeNotAccepted(Refusal):
    reason: ClassVar[Reason] = Reason.TYPE_NOT_ACCEPTED
    accepted: tuple[str, ...]


@dataclass(kw_only=True)
class HeldElsewhere(Refusal):
    reason: ClassVar[Reason] = Reason.HELD_ELSEWHERE
    branch: str
    till: str | None
    seconds_left: int


@dataclass(kw_only=True)
class MemberSuspended(Refusal):
    reason: ClassVar[Reason] = Reason.MEMBER_SUSPENDED


@dataclass(kw_only=True)
class MemberClosed(Refusal):
    reason: ClassVar[Reason] = Reason.MEMBER_CLOSED


@dataclass(kw_only=True)
class OwnAccount(Refusal):
    reason: ClassVar[Reason] = Reason.OWN_ACCOUNT


@dataclass(kw_only=True)
class OutOfStock(Refusal):
    reason: ClassVar[Reason] = Reason.OUT_OF_STOCK
    left: int


@dataclass(kw_only=True)
class LimitReached(Refusal):
    reason: ClassVar[Reason] = Reason.LIMIT_REACHED
    limit: int


@dataclass(kw_only=True)
class RewardWithdrawn(Refusal):
    reason: ClassVar[Reason] = Reason.REWARD_WITHDRAWN


@dataclass(kw_only=True)
class VisitOver(Refusal):
    """No fresh proof of the member at this till: the visit ran out, or was another till's."""

    reason: ClassVar[Reason] = Reason.VISIT_OVER


@dataclass(kw_only=True)
class ProofTooWeak(Refusal):
    reason: ClassVar[Reason] = Reason.PROOF_TOO_WEAK
    limit: Points  # for a typed or printed code; above it the changing one is needed


@dataclass(kw_only=True)
class DirectRedemptionOff(Refusal):
    reason: ClassVar[Reason] = Reason.DIRECT_REDEMPTION_OFF


@dataclass(kw_only=True)
class PriceNotOffered(Refusal):
    reason: ClassVar[Reason] = Reason.PRICE_NOT_OFFERED


@dataclass(kw_only=True)
class RedemptionClosed(Refusal):
    """The state of the booking forbids it: already confirmed, cancelled or reversed."""

    reason: ClassVar[Reason] = Reason.REDEMPTION_CLOSED
    booking_id: str
    status: str


@dataclass(kw_only=True)
class RedemptionExpired(Refusal):
    reason: ClassVar[Reason] = Reason.REDEMPTION_EXPIRED
    booking_id: str


@dataclass(kw_only=True)
class UndoOver(Refusal):
    reason: ClassVar[Reason] = Reason.UNDO_OVER
    seconds: int


@dataclass(kw_only=True)
class TendersDoNotAddUp(Refusal):
    reason: ClassVar[Reason] = Reason.TENDERS_DO_NOT_ADD_UP
    due: Minor
    given: Minor
    currency: str


@dataclass(kw_only=True)
class TenderNotAccepted(Refusal):
    reason: ClassVar[Reason] = Reason.TENDER_NOT_ACCEPTED
    tender: str


@dataclass(kw_only=True)
class TenderReferenceNeeded(Refusal):
    reason: ClassVar[Reason] = Reason.TENDER_REFERENCE_NEEDED
    tender: str


@dataclass(kw_only=True)
class TenderReferenceUsed(Refusal):
    reason: ClassVar[Reason] = Reason.TENDER_REFERENCE_USED
    tender: str


@dataclass(kw_only=True)
class InvalidInput(Refusal):
    """A field that broke a rule; `low` and `high` are the rule's numbers, `example` shows what fits."""

    reason: ClassVar[Reason] = Reason.INVALID_INPUT
    field: str
    rule: Rule
    low: int | None = None
    high: int | None = None
    example: str | None = None

    def data(self) -> dict[str, Any]:
        return {name: value for name, value in super().data().items() if value is not None}


@dataclass(kw_only=True)
class ImageNotAccepted(Refusal):
    reason: ClassVar[Reason] = Reason.IMAGE_NOT_ACCEPTED
    why: str


@dataclass(kw_only=True)
class NoCodeInImage(Refusal):
    reason: ClassVar[Reason] = Reason.NO_CODE_IN_IMAGE


@dataclass(kw_only=True)
class SeveralCodes(Refusal):
    """More than one good code in view; none is taken silently."""

    reason: ClassVar[Reason] = Reason.SEVERAL_CODES
    count: int


@dataclass(kw_only=True)
class ReaderBusy(Refusal):
    reason: ClassVar[Reason] = Reason.READER_BUSY


@dataclass(kw_only=True)
class SignInFailed(Refusal):
    """One answer for an unknown name, a wrong password and a disabled user."""

    reason: ClassVar[Reason] = Reason.SIGN_IN_FAILED


@dataclass(kw_only=True)
class LockedOut(Refusal):
    reason: ClassVar[Reason] = Reason.LOCKED_OUT
    seconds_left: int


@dataclass(kw_only=True)
class WrongPin(Refusal):
    reason: ClassVar[Reason] = Reason.WRONG_PIN


@dataclass(kw_only=True)
class NotAllowed(Refusal):
    reason: ClassVar[Reason] = Reason.NOT_ALLOWED
    permission: str


@dataclass(kw_only=True)
class TillNotEnrolled(Refusal):
    reason: ClassVar[Reason] = Reason.TILL_NOT_ENROLLED


@dataclass(kw_only=True)
class TooManyAttempts(Refusal):
    reason: ClassVar[Reason] = Reason.TOO_MANY_ATTEMPTS
    seconds_left: int
