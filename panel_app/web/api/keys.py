"""Who asks: the key in the header, how often it may ask, and what it may ask for. Cookies count for nothing here."""

import time
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, g, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import TooManyRequests, Unauthorized

import ledger
from panel_app.programme import audit, callers
from panel_app.programme.access import Actor
from panel_app.programme.callers import Caller
from panel_app.programme.refusals import CodeNotAccepted, NotAllowed
from panel_app.programme.scopes import Scope, spelled_out
from panel_app.web.api.operations import Operation
from panel_app.web.database import books
from panel_app.web.identity import request_id

# 256 random bits are not guessed; this spares the server what a stranger's flood would cost.
STRANGERS = RateLimitItemPerMinute(120)
_EXTENSION = "countermark-api-limits"
_CALLS = "countermark-api-calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How much of this minute's share is left, for the RateLimit headers."""

    limit: int
    remaining: int
    seconds: int


def init_app(extensions: dict[str, object], calls_per_minute: int) -> None:
    """Count in this app's own memory, as rate_limits.py does; so many calls are one client's."""
    extensions[_EXTENSION] = FixedWindowRateLimiter(MemoryStorage())
    extensions[_CALLS] = RateLimitItemPerMinute(calls_per_minute)


def admit(operation: Operation) -> Actor:
    """The client behind this request. Raises Unauthorized, TooManyRequests, NotAllowed or CodeNotAccepted."""
    caller = _caller()
    g.api_caller = caller
    g.api_actor = actor = caller.actor(request_id())
    _count(current_app.extensions[_CALLS], str(caller.client_id))
    if not operation.scopes & spelled_out(caller.scopes):
        if operation.name == "quote":
            # Whoever may not know about codes hears the same of a good one as of a bad one, in the same time.
            raise CodeNotAccepted
        raise NotAllowed(permission=" or ".join(sorted(operation.scopes)))
    return actor


def record_call(name: str, **details: Any) -> None:
    """Put the call into the audit trail unless its use case did, and keep when the key was used."""
    caller: Caller | None = g.get("api_caller")
    if caller is None:
        return
    session = books()
    is_recorded = bool(session.info.pop(audit.RECORDED, False))
    now = session.clock.now()
    is_noted = caller.noted_at is not None and now - caller.noted_at < callers.USE_IS_NOTED_EVERY
    if is_recorded and is_noted:
        return

    def run() -> None:
        callers.note_use(session, caller)
        if not is_recorded:
            audit.record(session, g.api_actor, f"api.{name}", **details)

    ledger.transact(session, run)


def window() -> Window | None:
    """This key's window; None before the key was accepted."""
    found: Window | None = g.get("api_window")
    return found


def _caller() -> Caller:
    header = request.headers.get("Authorization", "")
    scheme, _, text = header.partition(" ")
    caller = None
    if scheme.lower() == "bearer" and text:
        with ledger.read(books()):
            caller = callers.caller_of(books(), text.strip())
    if caller is None:
        _count(STRANGERS, f"stranger {request.remote_addr}")
        raise Unauthorized(
            "Send a good key: Authorization: Bearer …", www_authenticate=WWWAuthenticate("bearer")
        )
    return caller


def _count(item: RateLimitItemPerMinute, who: str) -> None:
    limiter: FixedWindowRateLimiter = current_app.extensions[_EXTENSION]
    is_within = limiter.hit(item, who)
    stats = limiter.get_window_stats(item, who)
    seconds = max(1, round(stats.reset_time - time.time()))
    g.api_window = Window(limit=item.amount, remaining=max(0, stats.remaining), seconds=seconds)
    if not is_within:
        raise TooManyRequests("Wait until the window ends.", retry_after=seconds)


def put_window(response: Response) -> None:
    """The RateLimit headers of an answer."""
    found = window()
    if found is not None:
        response.headers["RateLimit-Limit"] = str(found.limit)
        response.headers["RateLimit-Remaining"] = str(found.remaining)
        response.headers["RateLimit-Reset"] = str(found.seconds)


def scopes_of(operation: Operation) -> list[Scope]:
    """For the document: the scopes of which one is needed."""
    return sorted(operation.scopes - {Scope.ADMIN})
