"""Sessions in the database: the cookie holds a random token, the table its hash and the data.

Flask's own cookie session would survive a sign-out when it was copied. Flask-Login and Flask-WTF work on top of
this unchanged. Knows no permission.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin

import ledger
from ledger import Database
from panel_app.programme.models import SignInSession

ANONYMOUS_LASTS = timedelta(hours=1)
TOKEN_LENGTH_MAX = 128
RENEW = "renew the token"


class TableSession(dict[str, Any], SessionMixin):
    """A session's data; remembers whether anything was changed."""

    def __init__(self, data: dict[str, Any], token: str | None) -> None:
        super().__init__(data)
        self.token = token
        self.modified = False

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self.modified = True

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self.modified = True

    def pop(self, name: str, *default: Any) -> Any:
        self.modified = True
        return super().pop(name, *default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def clear(self) -> None:
        super().clear()
        self.modified = True


class TableSessionInterface(SessionInterface):
    """Reads a session at the start of a request and writes it at the end, only when it changed."""

    def __init__(self, database: Database, lasts: timedelta) -> None:
        self._database = database
        self._lasts = lasts

    def get_cookie_name(self, app: Flask) -> str:
        """`__Host-` where the browser accepts it: on https. Plain http is loopback in demo mode only."""
        del app  # one name for every app
        return "__Host-countermark" if request.is_secure else "countermark"

    def open_session(self, app: Flask, request: Request) -> TableSession:
        token = request.cookies.get(self.get_cookie_name(app), "")[:TOKEN_LENGTH_MAX]
        if not token:
            return TableSession({}, None)
        with self._database.session() as session, ledger.read(session):
            row = session.execute(
                sa.select(SignInSession.data).where(
                    SignInSession.token_hash == _hash(token),
                    SignInSession.expires_at > session.clock.now(),
                )
            ).one_or_none()
        return TableSession({}, None) if row is None else TableSession(row.data, token)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, TableSession):
            raise TypeError("this interface saves its own sessions only")
        response.vary.add("Cookie")
        if not session.modified:
            return
        old, new = session.token, session.token
        # A token planted before sign-in must be worth nothing after it.
        if session.pop(RENEW, None) or new is None:
            new = secrets.token_urlsafe(32)
        self._write(session, old, new if session else None)
        self._set_cookie(app, response, new if session else None)

    def _write(self, session: TableSession, old: str | None, new: str | None) -> None:
        with self._database.session() as books:
            now = books.clock.now()
            operator_id, member_id = _owner(session)
            signed_in = operator_id is not None or member_id is not None

            values = {
                "data": dict(session),
                "operator_id": operator_id,
                "member_id": member_id,
                "expires_at": now + (self._lasts if signed_in else ANONYMOUS_LASTS),
            }

            def run() -> None:
                if new is not None and new == old:
                    # An update finds no row when the session was ended meanwhile, and so never brings it back.
                    same = SignInSession.token_hash == _hash(new)
                    books.execute(sa.update(SignInSession).where(same).values(values))
                    return
                if old is not None:
                    books.execute(sa.delete(SignInSession).where(SignInSession.token_hash == _hash(old)))
                if new is not None:
                    books.execute(
                        sa.insert(SignInSession).values(token_hash=_hash(new), created_at=now, **values)
                    )

            ledger.transact(books, run)

    def _set_cookie(self, app: Flask, response: Response, token: str | None) -> None:
        name = self.get_cookie_name(app)
        if token is None:
            response.delete_cookie(name, secure=request.is_secure, httponly=True, samesite="Lax")
            return
        response.set_cookie(name, token, secure=request.is_secure, httponly=True, samesite="Lax")


def forget_expired(database: Database) -> None:
    """Delete sessions that have run out."""
    with database.session() as session:
        now = session.clock.now()
        ledger.transact(
            session, lambda: session.execute(sa.delete(SignInSession).where(SignInSession.expires_at <= now))
        )


def _owner(session: TableSession) -> tuple[UUID | None, UUID | None]:
    """Whose session it is: Flask-Login keeps “operator:ID” or “member:ID” in it."""
    kind, _, identity = str(session.get("_user_id", "")).partition(":")
    if not identity:
        return None, None
    return (UUID(identity), None) if kind == "operator" else (None, UUID(identity))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
