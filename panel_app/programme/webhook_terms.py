"""The words of webhooks: the closed list of event types, and the states of a delivery. Decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import ledger


class EventType(StrEnum):
    """Everything that an endpoint may ask for; docs/webhooks.md says what each holds."""

    ENTRY_POSTED = ledger.BookEvent.ENTRY_POSTED.value
    HOLD_PLACED = ledger.BookEvent.HOLD_PLACED.value
    HOLD_CAPTURED = ledger.BookEvent.HOLD_CAPTURED.value
    HOLD_RELEASED = ledger.BookEvent.HOLD_RELEASED.value
    HOLD_EXPIRED = ledger.BookEvent.HOLD_EXPIRED.value
    REDEMPTION_COMPLETED = "redemption.completed"
    REDEMPTION_REVERSED = "redemption.reversed"
    CLAIM_ISSUED = "claim.issued"
    CLAIM_EXPIRED = "claim.expired"
    CONVERSION_FULFILLED = "conversion.fulfilled"
    CONVERSION_FAILED = "conversion.failed"


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # tried as often as it is tried; only a replay begins again


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an endpoint's deliveries go while one sender has it. The newest secret is the first."""

    endpoint_id: UUID
    url: str
    secrets: tuple[str, ...]
    lease: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint, and how often that was tried already."""

    endpoint_id: UUID
    event_id: UUID
    type: str
    member_id: UUID | None
    payload: dict[str, Any]
    created_at: datetime
    attempts: int
