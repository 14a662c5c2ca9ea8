"""Tables of branches and tills."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row


class Branch(Row):
    """A shop with one currency, one time zone and one locale. Everything beyond cash is off until configured."""

    __tablename__ = "branches"
    __table_args__ = (CheckConstraint("length(currency) = 3", name="currency"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    city: Mapped[str]
    currency: Mapped[str]
    time_zone: Mapped[str]
    locale: Mapped[str]
    direct_redemption: Mapped[bool]
    tender_types: Mapped[list[str]]


class Till(Row):
    """A browser that was enrolled once: its device cookie is stored hashed; one device a till."""

    __tablename__ = "tills"
    __table_args__ = (UniqueConstraint("branch_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"))
    code: Mapped[str]
    name: Mapped[str]
    device_hash: Mapped[bytes | None] = mapped_column(unique=True)
    enrolled_at: Mapped[datetime | None]
