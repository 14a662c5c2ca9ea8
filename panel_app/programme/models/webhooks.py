"""Tables of webhooks: where events go, and what became of each on its way. A secret is here only encrypted."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row

_PENDING = sa.text("status = 'pending'")


class WebhookEndpoint(Row):
    """An address of an API client, with the types of event it wants.

    It is owed what happens from `listens_from` on. Since `failing_since` no delivery succeeded; at `gone_at` its
    receiver answered that it is gone, which disabled it. One sender at a time has it, until `leased_until`; after a
    failure it rests until `rests_until`. `old_secret_cipher` signs as well until `old_secret_until`.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"))
    url: Mapped[str]
    events: Mapped[list[str]]
    secret_cipher: Mapped[bytes]
    old_secret_cipher: Mapped[bytes | None]
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    listens_from: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
    failures: Mapped[int]  # since the last success
    failing_since: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]


class WebhookDelivery(Row):
    """An event for one endpoint. `answer` is the last HTTP status, `fault` why there was none."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="status"),
        CheckConstraint("(status = 'pending') = (closed_at IS NULL)", name="closed"),
        Index(
            "ix_webhook_deliveries_pending",
            "endpoint_id",
            "event_id",
            postgresql_where=_PENDING,
            sqlite_where=_PENDING,
        ),
        Index("ix_webhook_deliveries_event", "event_id"),
    )

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id"), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("outbox_events.id"), primary_key=True)
    status: Mapped[str]
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    answer: Mapped[int | None]
    fault: Mapped[str | None]
    closed_at: Mapped[datetime | None]
