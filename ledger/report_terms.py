"""What is asked of the books for a report, and what a line of it says; knows no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.terms import EarnKind, EntryId, EntryType, HoldEvent, HoldId, MemberId, Minor, Points


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """Which lines; what is None or empty asks for nothing. `since` is in, `until` is out."""

    since: datetime | None = None
    until: datetime | None = None
    member_id: MemberId | None = None
    kinds: frozenset[EntryType | HoldEvent] = frozenset()
    source: str | None = None
    on_behalf: bool | None = None
    branch_ids: frozenset[UUID] = frozenset()
    operator_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineKey:
    """The place of a line in the order of time: of an entry or a hold event, by its id."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """An entry, or what happened to a hold, which moves 0 points; `concerned` is how many points it was about.

    `cash` is what the entry moved of each currency, negative where it went back.
    """

    id: UUID
    at: datetime
    what: EntryType | HoldEvent
    kind: EarnKind | None
    member_id: MemberId
    points: Points
    concerned: Points
    cash: Sequence[tuple[str, Minor]]
    balance_after: Points | None
    hold_id: HoldId | None
    reverses_id: EntryId | None
    source: str
    branch_id: UUID | None
    till_id: UUID | None
    operator_id: UUID | None
    on_behalf: bool
    booking_id: str | None
    reference: str | None
    reason: str | None
