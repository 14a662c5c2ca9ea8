"""API clients and their keys as lists and pages show them; a key itself is never among it. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Session
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import ApiClient, ApiKey
from panel_app.programme.scopes import Scope

ENDS_SOON = timedelta(days=14)


class KeyState(StrEnum):
    GOOD = "good"
    ENDING = "ending"  # good, but not for two weeks more
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFace:
    name: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFace:
    """A key by its prefix. No branches: every branch."""

    prefix: str
    client: str
    source: str
    state: KeyState
    scopes: Sequence[Scope]
    branch_ids: Sequence[UUID]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None  # kept to the minute

    @property
    def is_good(self) -> bool:
        return self.state in {KeyState.GOOD, KeyState.ENDING}

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it is good."""
        return None if self.is_good else self.revoked_at or self.expires_at


def keys(session: Session, actor: Actor) -> list[KeyFace]:
    """Every key with its client, the newest first."""
    actor.require(Permission.ADMINISTER)
    rows = session.execute(_keys().order_by(ApiKey.created_at.desc(), ApiKey.id.desc()))
    return [_face(session, key, client) for key, client in rows]


def key_by_prefix(session: Session, actor: Actor, prefix: str) -> KeyFace:
    """NotFound when there is none."""
    actor.require(Permission.ADMINISTER)
    row = session.execute(_keys().where(ApiKey.prefix == prefix)).one_or_none()
    if row is None:
        raise NotFound(what="api key")
    return _face(session, row.ApiKey, row.ApiClient)


def clients(session: Session, actor: Actor) -> list[ClientFace]:
    """Every client, by name."""
    actor.require(Permission.ADMINISTER)
    rows = session.execute(sa.select(ApiClient.name, ApiClient.source).order_by(ApiClient.name))
    return [ClientFace(name=row.name, source=row.source) for row in rows]


def _keys() -> sa.Select[ApiKey, ApiClient]:
    return sa.select(ApiKey, ApiClient).join(ApiClient, ApiClient.id == ApiKey.client_id)


def _face(session: Session, key: ApiKey, client: ApiClient) -> KeyFace:
    return KeyFace(
        prefix=key.prefix,
        client=client.name,
        source=client.source,
        state=_state(key, session.clock.now()),
        scopes=[Scope(scope) for scope in key.scopes],
        branch_ids=[UUID(branch_id) for branch_id in key.branch_ids],
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )


def _state(key: ApiKey, now: datetime) -> KeyState:
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if key.expires_at is None or now + ENDS_SOON < key.expires_at:
        return KeyState.GOOD
    return KeyState.ENDING if now < key.expires_at else KeyState.EXPIRED
