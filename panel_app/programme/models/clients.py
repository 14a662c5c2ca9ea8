"""Tables of API clients and their keys. A key's secret is nowhere: only its keyed hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row


class ApiClient(Row):
    """A program that uses the API: another surface, under the source name that stands on its entries."""

    __tablename__ = "api_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]
    created_at: Mapped[datetime]


class ApiKey(Row):
    """One key of a client. `prefix` finds it and is no secret; no branches means every branch."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_client", "client_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"))
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes]
    scopes: Mapped[list[str]]
    branch_ids: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]  # kept to the minute
