"""What the programme's use cases take and give back, frozen; rows never leave a use case."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from ledger import Balance, Minor, Points, Reason
from panel_app.programme.sliding import Slide
from panel_app.programme.voucher_terms import HeldVoucher


class EntryMode(StrEnum):
    CAMERA = "camera"
    WEDGE = "wedge"
    PHOTO = "photo"
    TYPED = "typed"
    API = "api"  # another surface named the member


class Proof(StrEnum):
    """What shows that the member, or the claim's holder, is here."""

    MEMBER_CODE = "member_code"  # the changing code, scanned
    TYPED_MEMBER_CODE = "typed_member_code"
    MEMBER_CARD = "member_card"
    REWARD_CODE = "reward_code"
    SHORT_CODE = "short_code"
    EXTERNAL_CODE = "external_code"
    VOUCHED = "vouched"  # another surface, which knows its users, says so


class RedemptionStatus(StrEnum):
    RESERVED = "reserved"
    COMPLETED = "completed"
    PART_REVERSED = "part_reversed"
    REVERSED = "reversed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ClaimStatus(StrEnum):
    ISSUED = "issued"
    PART_REDEEMED = "part_redeemed"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class MemberStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class RedemptionType(StrEnum):
    """The kinds of code that a reward accepts."""

    QR = "qr"
    BAR_CODE = "bar_code"
    EXTERNAL_QR = "external_qr"
    PIN = "pin"


class ChargeAt(StrEnum):
    CLAIM = "claim"
    COUNTER = "counter"


class OptionKind(StrEnum):
    POINTS = "points"
    MIX = "mix"
    SLIDING = "sliding"


class TenderType(StrEnum):
    CASH = "cash"
    CARD = "card"
    VOUCHER = "voucher"


class FulfilmentStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Whole minor units (cents) of an ISO 4217 currency."""

    amount: Minor
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A branch and one of its tills, as people call them."""

    branch_id: UUID
    branch_code: str
    branch_name: str
    till_id: UUID | None
    till_code: str | None
    time_zone: str
    locale: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardFace:
    """A reward as it is shown: `picture` names one of the drawn motifs, never a foreign address."""

    id: UUID
    name: str
    description: str
    terms: str
    picture: str
    ean: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionFace:
    """One price of a reward in the branch's currency. `missing` is 0 when it is within reach.

    A sliding one stands here at its full points; with `slide` its least points may be paid instead, and are missing.
    """

    id: UUID
    kind: OptionKind
    points: Points
    cash: Money
    missing: Points
    slide: Slide | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFace:
    """The member by the policy of names: given name and initial at the counter."""

    id: UUID
    external_id: str
    shown_name: str
    status: MemberStatus
    balance: Balance


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFace:
    """A claim at the counter: what it is for, how long, how many units are left, what one visit costs."""

    id: UUID
    reward: RewardFace
    status: ClaimStatus
    quantity: int
    remaining: int
    valid_from: date | None
    valid_until: date | None
    points_due: Points  # for `remaining` units
    cash_due: Money  # for `remaining` units
    usable: bool
    reason: Reason | None  # when it is not usable here


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFace:
    """A reward that may be redeemed directly here, or the reason why not."""

    reward: RewardFace
    options: tuple[OptionFace, ...]
    stock: int | None  # None: not counted
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAtCounter:
    """State “claim”: a reward code was scanned and is good here."""

    visit_id: UUID
    claim: ClaimFace
    member: MemberFace
    unit_points: tuple[Points, ...]  # points due for 1, 2, … remaining units
    unit_cash: tuple[Money, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAtCounter:
    """State “member”: a member code was scanned; the visit lasts until `expires_at`."""

    visit_id: UUID
    expires_at: datetime
    member: MemberFace
    claims: tuple[ClaimFace, ...]
    offers: tuple[OfferFace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAtCounter:
    """State “price”: one reward and its price options for this member."""

    visit_id: UUID
    member: MemberFace
    offer: OfferFace


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    reward: RewardFace
    units: int
    points: Points
    cash: Money
    status: FulfilmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTender:
    type: TenderType
    amount: Money
    given: Money | None  # cash handed over; the rest is change
    change: Money | None
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:  # points and stock are held until `expires_at`; nothing is handed over yet
    booking_id: str
    status: RedemptionStatus
    member: MemberFace  # its balance is the one after the hold
    lines: tuple[ReceiptLine, ...]
    points_due: Points
    cash_due: Money
    balance_before: Points
    balance_after: Points
    opened_at: datetime
    expires_at: datetime
    tender_types: tuple[TenderType, ...]
    vouchers: tuple[HeldVoucher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A redemption as it is on record. `operator` confirmed it, `scanned_by` read the code."""

    booking_id: str
    status: RedemptionStatus
    place: Place
    member_name: str
    member_external_id: str
    lines: tuple[ReceiptLine, ...]
    tenders: tuple[ReceiptTender, ...]
    points: Points
    cash: Money
    balance_after: Points | None
    source: str
    entry_mode: EntryMode | None
    scanned_by: str | None
    operator: str | None
    shop_receipt: str | None
    opened_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyDone:
    """The same till scanned its own redeemed code again within 30 s: calm, with the receipt."""

    receipt: Receipt
    seconds_ago: int
    next: ClaimAtCounter | None  # the units that are left, when there are any


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingAtCounter:
    """A booking ID was scanned: the booking as it stands, for reprinting."""

    receipt: Receipt


CounterView = ClaimAtCounter | MemberAtCounter | PriceAtCounter | AlreadyDone | BookingAtCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderGiven:
    """One tender as the page or the API names it. For cash, `given` may be more than `amount`."""

    type: TenderType
    amount: Minor
    given: Minor | None = None
    reference: str | None = None
