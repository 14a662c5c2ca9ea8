"""API clients and their keys: issued once, found by a prefix, rotated with an overlap, revoked. Knows no HTTP.

A key is 256 random bits, so a keyed hash keeps it as well as a slow one would; argon2 would cost each call 50 ms.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Session, new_id
from panel_app.programme import audit
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import ApiClient, ApiKey
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.scopes import Scope, permissions_of
from panel_app.programme.steps import Step, plain

MARK = "cmk"
KEY_LENGTH_MAX = 128
NAME_LENGTH_MAX = 64
OWN_SOURCES = frozenset({"in-store", "member-app", "desk", "system"})
USE_IS_NOTED_EVERY = timedelta(minutes=1)
_SECRET = "api key"  # noqa: S105 - names the purpose of its hash


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """Who gets a key: a new client, or one that is there under the same source. `lasts` None: no expiry."""

    client: str
    source: str
    scopes: frozenset[Scope]
    branch_ids: Sequence[UUID] = ()
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """The key itself, which is told here once and never again."""

    prefix: str
    text: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFace:
    """A key as a list shows it."""

    prefix: str
    client: str
    source: str
    scopes: Sequence[Scope]
    branch_ids: Sequence[UUID]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


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


def issue_key(session: Session, actor: Actor, new: NewKey) -> IssuedKey:
    """Give a client a key; InvalidInput for a name, a source or scopes that can't be."""

    def run() -> IssuedKey:
        client_id = _client(session, new)
        expires_at = None if new.lasts is None else session.clock.now() + new.lasts
        issued = _issue(session, client_id, new.scopes, new.branch_ids, expires_at)
        audit.record(
            session,
            actor,
            "api_key.issued",
            api_client=client_id,
            prefix=issued.prefix,
            scopes=sorted(new.scopes),
        )
        return issued

    return plain(session, actor, Step(operation="api_key.issue", permission=Permission.ADMINISTER), run)


def rotate_key(session: Session, actor: Actor, prefix: str, overlap: timedelta) -> IssuedKey:
    """A new key that may do the same; the old one goes on for `overlap`. NotFound unless the old one is good."""

    def run() -> IssuedKey:
        old, now = _good_key(session, prefix), session.clock.now()
        lasts = None if old.expires_at is None else old.expires_at - old.created_at
        issued = _issue(
            session,
            old.client_id,
            [Scope(scope) for scope in old.scopes],
            [UUID(branch_id) for branch_id in old.branch_ids],
            None if lasts is None else now + lasts,
        )
        ends = now + overlap
        old.expires_at = ends if old.expires_at is None else min(old.expires_at, ends)
        audit.record(session, actor, "api_key.rotated", prefix=prefix, by=issued.prefix)
        return issued

    return plain(session, actor, Step(operation="api_key.rotate", permission=Permission.ADMINISTER), run)


def revoke_key(session: Session, actor: Actor, prefix: str) -> None:
    """The key is worth nothing from now on. NotFound unless it was good."""

    def run() -> None:
        _good_key(session, prefix).revoked_at = session.clock.now()
        audit.record(session, actor, "api_key.revoked", prefix=prefix)

    plain(session, actor, Step(operation="api_key.revoke", permission=Permission.ADMINISTER), run)


def keys(session: Session) -> list[KeyFace]:
    """Every key with its client, the newest first."""
    rows = session.execute(
        sa.select(ApiKey, ApiClient)
        .join(ApiClient, ApiClient.id == ApiKey.client_id)
        .order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    )
    return [
        KeyFace(
            prefix=key.prefix,
            client=client.name,
            source=client.source,
            scopes=[Scope(scope) for scope in key.scopes],
            branch_ids=[UUID(branch_id) for branch_id in key.branch_ids],
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
        )
        for key, client in rows
    ]


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
    shown = session.keyring.mac(_SECRET, text)
    # Compared also when there is none: an unknown prefix takes as long as a wrong secret.
    fits = hmac.compare_digest(shown, bytes(32) if row is None else row.ApiKey.secret_hash)
    if row is None or not fits or not _is_good(session, row.ApiKey):
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


def _client(session: Session, new: NewKey) -> UUID:
    for field, text in (("client", new.client), ("source", new.source)):
        if not text.strip() or len(text) > NAME_LENGTH_MAX or not text.isprintable():
            raise InvalidInput(field=field, rule=Rule.LENGTH, low=1, high=NAME_LENGTH_MAX)
    if not new.scopes:
        raise InvalidInput(field="scope", rule=Rule.REQUIRED)
    client = session.scalar(sa.select(ApiClient).where(ApiClient.name == new.client))
    # What the product's own surfaces are called must not stand on another's entries.
    if new.source in OWN_SOURCES or (client is not None and client.source != new.source):
        raise InvalidInput(field="source", rule=Rule.NOT_IN_USE)
    if client is not None:
        return client.id
    client_id = new_id()
    session.add(ApiClient(id=client_id, name=new.client, source=new.source, created_at=session.clock.now()))
    session.flush()  # the key refers to it
    return client_id


def _issue(
    session: Session,
    client_id: UUID,
    scopes: Sequence[Scope] | frozenset[Scope],
    branch_ids: Sequence[UUID],
    expires_at: datetime | None,
) -> IssuedKey:
    prefix = secrets.token_hex(6)
    text = f"{MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    session.add(
        ApiKey(
            id=new_id(),
            client_id=client_id,
            prefix=prefix,
            secret_hash=session.keyring.mac(_SECRET, text),
            scopes=sorted(scope.value for scope in scopes),
            branch_ids=sorted(str(branch_id) for branch_id in branch_ids),
            created_at=session.clock.now(),
            expires_at=expires_at,
        )
    )
    return IssuedKey(prefix=prefix, text=text, expires_at=expires_at)


def _good_key(session: Session, prefix: str) -> ApiKey:
    key = session.scalar(sa.select(ApiKey).where(ApiKey.prefix == prefix).with_for_update())
    if key is None or not _is_good(session, key):
        raise NotFound(what="api key")
    return key


def _is_good(session: Session, key: ApiKey) -> bool:
    in_time = key.expires_at is None or session.clock.now() < key.expires_at
    return key.revoked_at is None and in_time
