"""Who asks: Flask-Login's user over the session table, and the Actor that the use cases are given.

Permissions are read afresh for every request, so that a disabled user or a changed role counts at once.
"""

import uuid
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, Response, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.exceptions import Unauthorized

import ledger
from ledger import MemberId
from panel_app.programme import branches, member_codes, operators
from panel_app.programme.access import MEMBER, Actor, Permission
from panel_app.programme.models import Member
from panel_app.programme.terms import Place
from panel_app.web.database import books
from panel_app.web.sign_in import devices
from panel_app.web.table_sessions import RENEW

IN_STORE = "in-store"
MEMBER_APP = "member-app"


@dataclass(frozen=True, kw_only=True)
class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """A signed-in person of this request: staff at a place, or a member on a phone."""

    id: str
    name: str
    actor: Actor
    place: Place | None = None
    has_lost_till: bool = False
    device_id: UUID | None = None

    @property
    def has_no_place(self) -> bool:
        """Staff who have not chosen where they are today, or must choose again."""
        return self.actor.operator_id is not None and self.place is None


def init_app(app: Flask) -> None:
    """Set Flask-Login up; every session of it ends in the table, not in a cookie."""
    login = LoginManager(app)
    login.session_protection = None  # the session's token is renewed at sign-in and lives in the database
    login.user_loader(load)
    login.unauthorized_handler(_to_sign_in)


def begin(user_id: str, **data: str) -> None:
    """Start a signed-in session under a new token, with what it is to remember."""
    session.clear()
    session[RENEW] = True
    session.update(data)
    person = load(user_id)
    if person is not None:
        login_user(person)


def end() -> None:
    """End the session; a copied cookie is worth nothing from now on."""
    logout_user()
    session.clear()


def actor() -> Actor:
    """The actor of this request; the public one when nobody is signed in."""
    if current_user.is_authenticated:
        signed_in: SignedIn = current_user._get_current_object()  # noqa: SLF001 - werkzeug's documented way
        return signed_in.actor
    return public_actor()


def signed_in() -> SignedIn:
    """The signed-in person; Unauthorized when there is none."""
    if not current_user.is_authenticated:
        raise Unauthorized
    person: SignedIn = current_user._get_current_object()  # noqa: SLF001 - werkzeug's documented way
    return person


def place() -> Place:
    """The branch and till in use; Unauthorized before one is chosen."""
    chosen = signed_in().place
    if chosen is None:
        raise Unauthorized
    return chosen


def public_actor() -> Actor:
    """Somebody who has not signed in: may do what is public, and is named by nothing."""
    return Actor(client="public", source=IN_STORE, permissions=frozenset(), request_id=request_id())


def request_id() -> str:
    """This request's own id, for its answer, its log lines and its audit records."""
    if "request_id" not in g:
        g.request_id = uuid.uuid4().hex
    return str(g.request_id)


def load(identity: str) -> SignedIn | None:
    """The person of an id as it stands in a session; None when there is no such active person."""
    kind, _sep, number = identity.partition(":")
    with ledger.read(books()):
        if kind == "operator":
            return _operator(UUID(number))
        return _member(UUID(number))


def _operator(operator_id: UUID) -> SignedIn | None:
    branch_id, till_id = _uuid(session.get("branch_id")), _uuid(session.get("till_id"))
    has_lost_till = till_id is not None and not _is_device_of(till_id)
    if has_lost_till:
        # Another browser has become this till, or the till's device was revoked: choose a place again.
        branch_id = till_id = None
    duty = operators.duty_of(books(), operator_id, branch_id)
    if duty is None:
        return None
    where = None if branch_id is None else branches.place_of(books(), branch_id, till_id)
    return SignedIn(
        id=f"operator:{operator_id}",
        name=duty.display_name,
        place=where,
        has_lost_till=has_lost_till,
        actor=Actor(
            client="desk" if till_id is None else f"till:{till_id}",
            source=IN_STORE,
            permissions=duty.permissions,
            operator_id=operator_id,
            branch_id=branch_id,
            till_id=till_id,
            request_id=request_id(),
        ),
    )


def _is_device_of(till_id: UUID) -> bool:
    token = devices.token()
    return token is not None and branches.till_of_device(books(), token) == till_id


def _member(member_id: UUID) -> SignedIn | None:
    member = books().get(Member, member_id)
    device_id = _uuid(session.get("device_id"))
    if member is None or member.status == "closed":
        return None
    if not member_codes.has_device(books(), MemberId(member_id), device_id):
        return None
    return SignedIn(
        id=f"member:{member_id}",
        name=member.name,
        device_id=device_id,
        actor=Actor(
            client=f"member:{member_id}",
            source=MEMBER_APP,
            permissions=MEMBER,
            member_id=MemberId(member_id),
            request_id=request_id(),
        ),
    )


def _to_sign_in() -> Response:
    page = "member.sign_in_form" if request.blueprint == "member" else "sign_in.form"
    return redirect(url_for(page))  # type: ignore[return-value]


def may(permission: str) -> bool:
    """Whether the person on this page has a permission; for templates."""
    return Permission(permission) in actor().permissions


def _uuid(text: object) -> UUID | None:
    return UUID(text) if isinstance(text, str) else None
