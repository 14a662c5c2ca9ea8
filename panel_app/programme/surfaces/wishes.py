"""What other surfaces ask for, strictly: no field too many, nothing converted, every text and number bounded."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field
from typing_extensions import TypedDict

from ledger import WHOLE_MAX, EntryType
from panel_app.programme.baskets import LINES_MAX
from panel_app.programme.claiming import QUANTITY_MAX
from panel_app.programme.tenders import REFERENCE_LENGTH_MAX, TENDERS_MAX

STRICT = ConfigDict(strict=True, extra="forbid")
PLAIN = r"^[^\x00-\x1f\x7f]*$"
HOLD_SECONDS_MAX = 86_400
HOLD_SECONDS = 120
# Far more than anybody is given at once, and far enough from 2^53 that no member's balance gets there.
CREDIT_MAX = 1_000_000_000
# The years whose every moment can be told in every zone.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


def _tellable(moment: datetime) -> datetime:
    if not _FIRST <= moment < _LAST:
        raise ValueError("must be between the years 1970 and 9998")
    return moment.astimezone(UTC)


def _visible(name: str) -> str:
    if not any(symbol.isprintable() and not symbol.isspace() for symbol in name):
        raise ValueError("must have a symbol that can be seen")
    return name


Whole = Annotated[int, Field(ge=1, le=WHOLE_MAX)]
Units = Annotated[int, Field(ge=1, le=QUANTITY_MAX)]
Moment = Annotated[AwareDatetime, AfterValidator(_tellable)]
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=PLAIN), AfterValidator(_visible)]
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=PLAIN)]
Number = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$")
]
Reference = Annotated[str, Field(min_length=1, max_length=REFERENCE_LENGTH_MAX, pattern=PLAIN)]
Code = Annotated[str, Field(min_length=1, max_length=256, pattern=PLAIN)]
Why = Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN)]
Email = Annotated[
    str, Field(min_length=3, max_length=254, pattern=r"^[^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+$")
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class CreditType(StrEnum):
    MILESTONE_AWARD = "milestone_award"
    PROGRAMME_RULE = "programme_rule"
    MANUAL_ADJUSTMENT = "manual_adjustment"
    GOODWILL = "goodwill"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    __pydantic_config__ = STRICT
    external_id: Number
    name: Name
    phone: Word | None = None
    email: Email | None = None


class MemberChange(TypedDict, total=False):
    """What is missing stays as it is (RFC 7396); a phone or an e-mail address that is null is erased."""

    __pydantic_config__ = STRICT  # type: ignore[misc]  # pydantic's way to configure a typed dictionary
    name: Name
    phone: Word | None
    email: Email | None
    status: Literal["active", "suspended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredit:
    __pydantic_config__ = STRICT
    points: Annotated[int, Field(ge=1, le=CREDIT_MAX)]
    type: CreditType
    reference: Reference
    posts_at: Moment | None = None
    expires_at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDebit:
    __pydantic_config__ = STRICT
    points: Whole
    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    __pydantic_config__ = STRICT
    points: Whole
    partner: Word
    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    __pydantic_config__ = STRICT
    member_id: UUID
    points: Whole
    reference: Reference
    ttl_seconds: Annotated[int, Field(ge=1, le=HOLD_SECONDS_MAX)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """The hold lasts so long from now on, at most a day after it was placed, and never shorter than before."""

    __pydantic_config__ = STRICT
    ttl_seconds: Annotated[int, Field(ge=1, le=HOLD_SECONDS_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """All of the hold, or a part of it: the rest is released."""

    __pydantic_config__ = STRICT
    points: Whole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """An empty object."""

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReversal:
    """All that is left of the entry, or a part. Of the reason a single word is kept: a sentence may name somebody."""

    __pydantic_config__ = STRICT
    reason: Why
    points: Whole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    __pydantic_config__ = STRICT
    member_id: UUID
    reward_id: UUID
    option: UUID | None = None
    quantity: Units = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A reward code, or a claim's PIN beside the order's member; or a reward, with a member code or that member."""

    __pydantic_config__ = STRICT
    code: Code | None = field(default=None, repr=False)
    reward_id: UUID | None = None
    option: UUID | None = None
    units: Units = 1
    points: Whole | None = None  # of a sliding price, for all units; null is its full price


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteWish(Line):
    """One line, in the body itself or in `lines`. What an order has besides may stand here and is not judged."""

    __pydantic_config__ = STRICT
    branch: Word
    till: Word | None = None
    operator: Word | None = None
    member_id: UUID | None = None
    lines: Annotated[list[Line], Field(max_length=1)] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRedemption(Line):
    """One line in the body itself, or some in `lines`, at a till; `operator` is a username of the branch."""

    __pydantic_config__ = STRICT
    branch: Word
    till: Word
    operator: Word | None = None
    member_id: UUID | None = None
    lines: Annotated[list[Line], Field(max_length=LINES_MAX)] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderWish:
    """`reference` is a card slip's number, or a voucher's code; a voucher is spent whole, whatever it pays."""

    __pydantic_config__ = STRICT
    type: Literal["cash", "card", "voucher"]
    amount_minor: Whole
    currency: Currency
    reference: Reference | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    __pydantic_config__ = STRICT
    operator: Word | None = None
    tenders: Annotated[list[TenderWish], Field(max_length=TENDERS_MAX)] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Of the reason a single word is kept: a sentence may name somebody."""

    __pydantic_config__ = STRICT
    reason: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionReversal:
    __pydantic_config__ = STRICT
    reason: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class ByExternalId:
    __pydantic_config__ = STRICT
    external_id: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesWish:
    """`from` is in, `to` is out; `cursor` is the `next_cursor` of the page before."""

    __pydantic_config__ = STRICT
    type: EntryType | None = None
    source: Word | None = None
    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Annotated[Moment | None, Field(alias="to")] = None
    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,15}$")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionsWish:
    """As for entries; `on_behalf` may only be asked by the scope `reports`."""

    __pydantic_config__ = STRICT
    branch: Word | None = None
    source: Word | None = None
    on_behalf: bool | None = None
    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Annotated[Moment | None, Field(alias="to")] = None
    cursor: Annotated[str | None, Field(max_length=64, pattern=PLAIN)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardsWish:
    __pydantic_config__ = STRICT
    branch: Word
