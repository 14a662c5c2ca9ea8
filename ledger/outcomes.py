"""What came of a request, by (client, operation, key), so that a retry gets the same answer. Knows no HTTP.

The row is written first: a twin in flight waits there for the first one's commit, at most the lock time-out
of 2 s on PostgreSQL; on SQLite it waits its turn in the queue of writers. Answers are encrypted with a key
outside the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from ledger import last_writes
from ledger.database import Session, sqlstate
from ledger.errors import KeyInUse, KeyReused
from ledger.keyring import Keyring
from ledger.last_writes import LastWrite, given
from ledger.models import outcomes
from ledger.prepared import Prepared
from ledger.terms import MemberId

LOCK_NOT_AVAILABLE = "55P03"


class OutcomeStatus(StrEnum):
    SUCCESS = "success"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What makes a request the same one; `fingerprint` is fingerprint(its canonical body)."""

    client: str
    operation: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOutcome:
    """The answer as it was given, byte for byte."""

    status: OutcomeStatus
    answer: bytes
    member_id: MemberId | None
    created_at: datetime


def fingerprint(keyring: Keyring, body: bytes) -> bytes:
    """What a canonical body is known by; keyed, because it may hold a PIN, and all PINs are soon tried."""
    return keyring.mac("body of a request", body.decode())


def claim_key(session: Session, request: Request) -> StoredOutcome | None:
    """None when the key is now this request's; else the outcome to replay. The first call of a step.

    Raises KeyReused for another body, KeyInUse while a twin is under way.
    """
    if _insert(session, request):
        return None
    row = _row(session, request.client, request.operation, request.key)
    if row["fingerprint"] != request.fingerprint:
        raise KeyReused
    return _stored(session, row)


def remember_success(session: Session, request: Request, answer: bytes, member_id: MemberId | None) -> None:
    """Stores the answer of a claimed key with the commit, which is a RuntimeError when the key was not claimed."""
    _finish(session, request, OutcomeStatus.SUCCESS, answer, member_id)


def remember_refusal(session: Session, request: Request, answer: bytes, member_id: MemberId | None) -> None:
    """The same for a refusal, once the step's effects are undone to their savepoint."""
    _finish(session, request, OutcomeStatus.REFUSAL, answer, member_id)


def by_key(session: Session, client: str, operation: str, key: str) -> StoredOutcome | None:
    """Did it go through? None when nothing with this key was ever finished."""
    row = _row(session, client, operation, key)
    return None if row is None else _stored(session, row)


def _insert(session: Session, request: Request) -> bool:
    """Whether the key was free. An open twin is waited for."""
    row = {
        "client": request.client,
        "operation": request.operation,
        "key": request.key,
        "fingerprint": request.fingerprint,
        "now": session.clock.bound(session.dialect),
    }
    values = {f"new_{name}": value for name, value in row.items()}
    try:
        return bool(_claim(session.dialect).rows(session, values))
    except OperationalError as fault:
        if sqlstate(fault) == LOCK_NOT_AVAILABLE:
            raise KeyInUse from fault
        raise


@cache
def _claim(dialect: str) -> Prepared:
    names = ("client", "operation", "key", "fingerprint")
    row = given(outcomes, names, "new_") | {"status": sa.literal("running")}
    now = sa.bindparam("new_now", type_=outcomes.c.created_at.type)
    # SQLite's trigger refuses an existing key, so it is looked for first: no other writer can come between.
    there = sa.exists().where(*_same(row["client"], row["operation"], row["key"]))
    if dialect == "sqlite":
        claimed = sa.select(*row.values(), now).where(~there)
        return Prepared(
            sa.insert(outcomes).from_select([*row, "created_at"], claimed).returning(outcomes.c.key)
        )
    written = {**row, "created_at": sa.func.coalesce(now, sa.func.clock_timestamp())}
    claiming = postgresql.insert(outcomes).values(written).on_conflict_do_nothing()
    return Prepared(claiming.returning(outcomes.c.key))


def _finish(
    session: Session, request: Request, status: OutcomeStatus, answer: bytes, member_id: MemberId | None
) -> None:
    bound_to = _bound_to(request.client, request.operation, request.key)
    row = {
        "client": request.client,
        "operation": request.operation,
        "key": request.key,
        "fingerprint": request.fingerprint,
        "status": status.value,
        "answer": session.keyring.encrypt("outcome", answer, bound_to=bound_to),
        "member_id": member_id,
    }
    last_writes.note(session, FINISHED, row)


def _finishing(_dialect: str, prefixes: Sequence[str]) -> sa.Update:
    (prefix,) = prefixes  # one key a step
    row = given(outcomes, ("client", "operation", "key", "fingerprint"), prefix)
    unfinished = (outcomes.c.status == "running", outcomes.c.fingerprint == row["fingerprint"])
    return (
        sa.update(outcomes)
        .where(*_same(row["client"], row["operation"], row["key"]), *unfinished)
        .values(given(outcomes, ("status", "answer", "member_id"), prefix))
    )


FINISHED = LastWrite("outcomes", _finishing)


def _row(session: Session, client: str, operation: str, key: str) -> Any:
    found = session.connection().execute(sa.select(outcomes).where(*_same(client, operation, key)))
    return found.mappings().one_or_none()


def _stored(session: Session, row: Any) -> StoredOutcome:
    if row["status"] == "running":
        raise KeyInUse
    return StoredOutcome(
        status=OutcomeStatus(row["status"]),
        answer=_opened(session, row),
        member_id=row["member_id"],
        created_at=row["created_at"],
    )


def _opened(session: Session, row: Any) -> bytes:
    bound_to = _bound_to(row["client"], row["operation"], row["key"])
    try:
        return session.keyring.decrypt("outcome", row["answer"], bound_to=bound_to)
    except InvalidTag:
        # Earlier answers have a key of their own each; a retry of one must still get it.
        return session.keyring.decrypt(f"outcome\x1f{bound_to}", row["answer"])


def _bound_to(client: str, operation: str, key: str) -> str:
    """Binds an answer to its own row: copied to another, it does not open."""
    return f"{client}\x1f{operation}\x1f{key}"


def _same(client: Any, operation: Any, key: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return (outcomes.c.client == client, outcomes.c.operation == operation, outcomes.c.key == key)
