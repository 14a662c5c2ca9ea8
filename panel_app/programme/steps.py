"""One step of the programme is one database transaction: the key's outcome, the effects, the audit record.

Nobody below a use case commits. A refusal is a result like any other: its effects are rolled back to the
savepoint, it is recorded, the transaction commits, and only then it is raised (architecture, rule 4).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

import ledger
from ledger import MemberId, Reason, Refusal, Request, Session, StoredOutcome
from panel_app.programme import audit
from panel_app.programme.access import Actor, Permission
from panel_app.programme.tallies import TALLY, StepTally

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Concerned:
    """The member that a step is about, for its outcome and its refusal; set as soon as the step knows whom."""

    member_id: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is asked: the operation, the permission it needs, and what a record of its refusal may name.

    `on_refusal` writes what must stay although the step's effects are rolled back, such as a failure's count.
    """

    operation: str
    permission: Permission
    concerned: Concerned = field(default_factory=Concerned)
    booking_id: str | None = None
    on_refusal: Callable[[Refusal], None] | None = None


@dataclass(frozen=True, slots=True)
class _Refused:
    refusal: Refusal
    is_told_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """An idempotency key with the body it came with: another body under the same key is refused."""

    key: str
    body: object  # a frozen dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[T]):
    """An answer as it is stored, byte for byte; `value` is None when it was given before and is given again."""

    body: bytes
    value: T | None


def keyed_bytes(
    session: Session, actor: Actor, step: Step, once: Keyed, answer: type[T], run: Callable[[], T]
) -> Told[T]:
    """As keyed(), for whoever passes the stored bytes on."""
    _judge_permission(session, actor, step)
    request = Request(
        client=actor.client,
        operation=step.operation,
        key=once.key,
        fingerprint=ledger.fingerprint(session.keyring, canonical(type(once.body), once.body)),
    )

    def attempt() -> Told[T] | _Refused:
        stored = ledger.claim_key(session, request)
        if stored is not None:
            return _replayed(stored)
        result = _effects(session, actor, step, run)
        if isinstance(result, _Refused):
            ledger.remember_refusal(
                session, request, _refusal_bytes(result.refusal), step.concerned.member_id
            )
            return result
        body = canonical(answer, result)
        ledger.remember_success(session, request, body, step.concerned.member_id)
        return Told(body=body, value=result)

    told = _raised(session, ledger.transact(session, attempt))
    if told.value is not None:
        _count_done(session, actor, step)
    return told


def keyed(
    session: Session, actor: Actor, step: Step, once: Keyed, answer: type[T], run: Callable[[], T]
) -> T:
    """Run a step once for its idempotency key; the same key gives the same answer again.

    Raises what the step refuses, now or when it was first asked; KeyReused or KeyInUse, writing nothing.
    """
    told = keyed_bytes(session, actor, step, once, answer, run)
    result: T = _adapter(answer).validate_json(told.body) if told.value is None else told.value
    return result


def plain(session: Session, actor: Actor, step: Step, run: Callable[[], T]) -> T:
    """Run a step that needs no key, because doing it twice does no harm; its refusal is recorded as well."""
    _judge_permission(session, actor, step)
    result = _raised(session, ledger.transact(session, lambda: _effects(session, actor, step, run)))
    _count_done(session, actor, step)
    return result


def outcome_of(session: Session, actor: Actor, step: Step, key: str, answer: type[T]) -> T | None:
    """What became of a key ("did it go through?"); None when it is unknown. Raises its refusal."""
    actor.require(step.permission)
    with ledger.read(session):
        stored = ledger.by_key(session, client=actor.client, operation=step.operation, key=key)
    if stored is None:
        return None
    told: Told[T] = _raised(session, _replayed(stored))
    result: T = _adapter(answer).validate_json(told.body)
    return result


def _judge_permission(session: Session, actor: Actor, step: Step) -> None:
    """Refuse an actor without the permission; the attempt is recorded, the key is not used up."""
    try:
        actor.require(step.permission)
    except Refusal as refusal:
        ledger.transact(session, partial(_record_refusal, session, actor, step, refusal))
        _count_refused(session, refusal)
        raise


def _record_refusal(session: Session, actor: Actor, step: Step, refusal: Refusal) -> None:
    audit.record_refusal(
        session,
        actor,
        step.operation,
        refusal,
        member_id=step.concerned.member_id,
        booking_id=step.booking_id,
    )


def _effects(session: Session, actor: Actor, step: Step, run: Callable[[], T]) -> T | _Refused:
    savepoint = ledger.Savepoint(session)
    try:
        result = run()
    except Refusal as refusal:
        savepoint.undo()
        if step.on_refusal is not None:
            step.on_refusal(refusal)
        _record_refusal(session, actor, step, refusal)
        return _Refused(refusal)
    session.flush()  # a refusal by a constraint belongs to the step
    return result


def _raised(session: Session, result: T | _Refused) -> T:
    """After the commit: raise a refusal, and count it unless it is an old one that is told again."""
    if isinstance(result, _Refused):
        if not result.is_told_again:
            _count_refused(session, result.refusal)
        raise result.refusal
    return result


def _count_refused(session: Session, refusal: Refusal) -> None:
    tally: StepTally | None = session.info.get(TALLY)
    if tally is not None:
        tally.add_refused(refusal.reason)


def _count_done(session: Session, actor: Actor, step: Step) -> None:
    tally: StepTally | None = session.info.get(TALLY)
    if tally is not None:
        tally.add_done(step.operation, actor.source)


def canonical(kind: Any, value: object) -> bytes:
    """The canonical JSON of a frozen dataclass: sorted keys, no spaces, UTF-8."""
    plain_value = _adapter(kind).dump_python(value, mode="json")
    return json.dumps(plain_value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _replayed(stored: StoredOutcome) -> Told[Any] | _Refused:
    if stored.status == "success":
        return Told(body=stored.answer, value=None)
    record = json.loads(stored.answer)
    refusal = refusal_from(Reason(record["reason"]), record["data"])
    refusal.part = record.get("part")
    return _Refused(refusal, is_told_again=True)


def _refusal_bytes(refusal: Refusal) -> bytes:
    record: dict[str, Any] = {"reason": refusal.reason.value, "data": refusal_data(refusal)}
    if refusal.part is not None:
        record["part"] = refusal.part
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def refusal_data(refusal: Refusal) -> dict[str, Any]:
    """A refusal's fields as JSON values."""
    data: dict[str, Any] = _adapter(dict[str, Any]).dump_python(refusal.data(), mode="json")
    return data


def refusal_from(reason: Reason, data: dict[str, Any]) -> Refusal:
    """The refusal again, from its reason and its fields as JSON values."""
    kind = _kinds_of_refusal()[reason]
    types = {name: hint for name, hint in _fields(kind).items() if name in data}
    values = {name: _adapter(hint).validate_python(data[name], strict=False) for name, hint in types.items()}
    return kind(**values)


def _adapter(kind: Any) -> TypeAdapter[Any]:
    return _adapters(kind)


@cache
def _adapters(kind: Any) -> TypeAdapter[Any]:
    """Built once a type: building one costs more than a whole step."""
    return TypeAdapter(kind)


def _fields(kind: type[Refusal]) -> dict[str, Any]:
    return {
        name: field.type
        for name, field in getattr(kind, "__dataclass_fields__", {}).items()
        if name != "reason"
    }


@cache
def _kinds_of_refusal() -> dict[Reason, type[Refusal]]:
    # Asked late: by then every module that refuses has been imported.
    return _kinds(Refusal)


def _kinds(kind: type[Refusal]) -> dict[Reason, type[Refusal]]:
    found = {kind.reason: kind} if "reason" in kind.__dict__ else {}
    for child in kind.__subclasses__():
        found |= _kinds(child)
    return found
