"""Tables of staff users, their roles by branch, sessions and counted attempts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from panel_app.programme.models.declarative import Row


class Operator(Row):
    """A staff user. `member_id` is the own member account, which the user never redeems for."""

    __tablename__ = "operators"
    __table_args__ = (CheckConstraint("status IN ('active', 'disabled')", name="status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str]
    status: Mapped[str]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    password_changed_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Role(Row):
    """A named set of permissions."""

    __tablename__ = "roles"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    permissions: Mapped[list[str]]


class Assignment(Row):
    """A staff user has a role at one branch; `branch_id` None means at every branch."""

    __tablename__ = "assignments"
    __table_args__ = (UniqueConstraint("operator_id", "role_id", "branch_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"))
    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("branches.id"))


class SignInSession(Row):
    """A browser's session: the cookie holds a random token, the table its hash and the data."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_operator", "operator_id"), Index("ix_sessions_member", "member_id"))

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    data: Mapped[dict[str, Any]]
    operator_id: Mapped[UUID | None] = mapped_column(ForeignKey("operators.id"))
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AttemptCount(Row):
    """Failed attempts of one kind by one subject, counted in the database so that all processes share them."""

    __tablename__ = "attempt_counts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    window_ends_at: Mapped[datetime]
    locks: Mapped[int]  # how often these failures locked the subject, each time for longer
