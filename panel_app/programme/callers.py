"""Who calls the API: the client behind a key that was shown, and when the key was last used. Makes no key."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from ledger import Session
from panel_app.programme.access import Actor
from panel_app.programme.api_clients import HASHED_FOR, MARK, is_good
from panel_app.programme.models import ApiClient, ApiKey
from panel_app.programme.scopes import Scope, permissions_of

KEY_LENGTH_MAX = 128
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose key was shown: the client, and what this key of it may do. No branches: every branch."""

    key_id: UUID
    client_id: UUID
    source: str
    scopes: frozenset[Scope]
    branch_ids: frozenset[UUID]
    noted_at: datetime | None

    def actor(self, request_id: str) -> Actor:
        """The client as use cases know it; a rotated key keeps it, and with it a retry's key."""
        only_branch = next(iter(self.branch_ids)) if len(self.branch_ids) == 1 else None
        return Actor(
            client=f"api:{self.client_id}",
            source=self.source,
            permissions=permissions_of(self.scopes),
            branch_id=only_branch,
            request_id=request_id,
            reach=self.branch_ids,
        )


def caller_of(session: Session, text: str) -> Caller | None:
    """Whose key this is; None for any text that is no good key, however it fails."""
    mark, _, rest = text[:KEY_LENGTH_MAX].partition("_")
    prefix = rest.partition("_")[0]
    prefix = prefix if mark == MARK and prefix.isalnum() else ""  # PostgreSQL is asked for no NUL
    row = session.execute(
        sa.select(ApiKey, ApiClient.source)
        .join(ApiClient, ApiClient.id == ApiKey.client_id)
        .where(ApiKey.prefix == prefix)
    ).one_or_none()
    shown = session.keyring.mac(HASHED_FOR, text)
    # Compared also when there is none: an unknown prefix takes as long as a wrong secret.
    fits = hmac.compare_digest(shown, bytes(32) if row is None else row.ApiKey.secret_hash)
    if row is None or not fits or not is_good(session, row.ApiKey):
        return None
    key = row.ApiKey
    return Caller(
        key_id=key.id,
        client_id=key.client_id,
        source=row.source,
        scopes=frozenset(Scope(scope) for scope in key.scopes),
        branch_ids=frozenset(UUID(branch_id) for branch_id in key.branch_ids),
        noted_at=key.last_used_at,
    )


def note_use(session: Session, caller: Caller) -> None:
    """Keep when the key was last used, at most once a minute; within a step."""
    now = session.clock.now()
    if caller.noted_at is None or now - caller.noted_at >= USE_IS_NOTED_EVERY:
        session.execute(sa.update(ApiKey).where(ApiKey.id == caller.key_id).values(last_used_at=now))
