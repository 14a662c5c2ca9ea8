"""API clients and their keys: issued once, rotated with an overlap, revoked, listed. Knows no HTTP.

A key is 256 random bits, so a keyed hash keeps it as well as a slow one would; argon2 would cost each call 50 ms.
What the console asks for is told as it is made; what a page asks for is told once for its idempotency key.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Session, new_id
from panel_app.programme import audit, branches
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import ApiClient, ApiKey
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.scopes import Scope
from panel_app.programme.steps import Keyed, Step, plain
from panel_app.programme.told_once import Secret, told_once

MARK = "cmk"
HASHED_FOR = "api key"
NAME_LENGTH_MAX = 64
LASTS_MAX = timedelta(days=3660)
OWN_SOURCES = frozenset({"in-store", "member-app", "desk", "system"})
_ISSUE = Step(operation="api_key.issue", permission=Permission.ADMINISTER)
_ROTATE = Step(operation="api_key.rotate", permission=Permission.ADMINISTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """Who gets a key: a new client, or one that is there under the same source. `expires_at` None: no expiry."""

    client: str
    source: str
    scopes: frozenset[Scope]
    branch_ids: Sequence[UUID] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """The key itself, which is told here once and never again."""

    prefix: str
    text: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A new key as its wish's fingerprint wants it: sets have no order."""

    client: str
    source: str
    scopes: tuple[str, ...]
    branch_ids: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rotation:
    prefix: str
    overlap: timedelta


def issue_key(session: Session, actor: Actor, new: NewKey) -> IssuedKey:
    """Give a client a key. InvalidInput for a name, source, scopes or expiry that can't be; NotFound for a branch."""
    return plain(session, actor, _ISSUE, lambda: _issued(session, actor, new))


def issue_key_once(session: Session, actor: Actor, wish: str, new: NewKey) -> Secret:
    """As issue_key(), once for the wish."""

    def run() -> tuple[str, str]:
        issued = _issued(session, actor, new)
        return issued.prefix, issued.text

    asked = _Asked(
        client=new.client,
        source=new.source,
        scopes=tuple(sorted(new.scopes)),
        branch_ids=tuple(sorted(map(str, new.branch_ids))),
        expires_at=new.expires_at,
    )
    return told_once(session, actor, _ISSUE, Keyed(key=wish, body=asked), run)


def rotate_key(session: Session, actor: Actor, prefix: str, overlap: timedelta) -> IssuedKey:
    """A new key that may do the same; the old one goes on for `overlap`. NotFound unless the old one is good."""
    return plain(session, actor, _ROTATE, lambda: _rotated(session, actor, prefix, overlap))


def rotate_key_once(session: Session, actor: Actor, wish: str, prefix: str, overlap: timedelta) -> Secret:
    """As rotate_key(), once for the wish."""

    def run() -> tuple[str, str]:
        issued = _rotated(session, actor, prefix, overlap)
        return issued.prefix, issued.text

    once = Keyed(key=wish, body=_Rotation(prefix=prefix, overlap=overlap))
    return told_once(session, actor, _ROTATE, once, run)


def revoke_key(session: Session, actor: Actor, prefix: str) -> None:
    """The key is worth nothing from now on. NotFound unless it was good."""

    def run() -> None:
        _good_key(session, prefix).revoked_at = session.clock.now()
        audit.record(session, actor, "api_key.revoked", prefix=prefix)

    plain(session, actor, Step(operation="api_key.revoke", permission=Permission.ADMINISTER), run)


def is_good(session: Session, key: ApiKey) -> bool:
    """Whether the key was neither revoked nor ran out."""
    in_time = key.expires_at is None or session.clock.now() < key.expires_at
    return key.revoked_at is None and in_time


def _issued(session: Session, actor: Actor, new: NewKey) -> IssuedKey:
    client_id, now = _client(session, new), session.clock.now()
    for branch_id in new.branch_ids:
        branches.branch_by_id(session, branch_id)
    if new.expires_at is not None and not now < new.expires_at <= now + LASTS_MAX:
        raise InvalidInput(field="expires_on", rule=Rule.COMING_DATE)
    issued = _issue(session, client_id, new.scopes, new.branch_ids, new.expires_at)
    audit.record(
        session,
        actor,
        "api_key.issued",
        api_client=client_id,
        prefix=issued.prefix,
        scopes=sorted(new.scopes),
    )
    return issued


def _rotated(session: Session, actor: Actor, prefix: str, overlap: timedelta) -> IssuedKey:
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
            secret_hash=session.keyring.mac(HASHED_FOR, text),
            scopes=sorted(scope.value for scope in scopes),
            branch_ids=sorted(str(branch_id) for branch_id in branch_ids),
            created_at=session.clock.now(),
            expires_at=expires_at,
        )
    )
    return IssuedKey(prefix=prefix, text=text, expires_at=expires_at)


def _good_key(session: Session, prefix: str) -> ApiKey:
    key = session.scalar(sa.select(ApiKey).where(ApiKey.prefix == prefix).with_for_update())
    if key is None or not is_good(session, key):
        raise NotFound(what="api key")
    return key
