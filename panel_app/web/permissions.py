"""Every route says which permission it needs; a request is let through only with it. Knows no use case."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import Unauthorized

from panel_app.programme.access import Permission
from panel_app.web import identity
from panel_app.web.locked import TillLost

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "needed_permission"
# Flask's own route for files that everybody may read.
_STATIC = "static"


def needs(permission: Permission) -> Callable[[View], View]:
    """Declare the permission of a route, directly above its function."""

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, permission)
        return view

    return declare


def permission_of(view: Callable[..., Any]) -> Permission | None:
    """The declared permission of a view; None when it declares none, which a test refuses."""
    found: Permission | None = getattr(view, _ATTRIBUTE, None)
    return found


def init_app(app: Flask) -> None:
    """Judge every request before its view: undeclared routes answer nobody."""
    app.before_request(_judge)


def _judge() -> Any:
    if request.endpoint is None or request.endpoint == _STATIC:
        return None
    permission = permission_of(current_app.view_functions[request.endpoint])
    if permission is None:
        raise LookupError(f"the route {request.endpoint} declares no permission")
    if permission in {Permission.PUBLIC, Permission.API_CLIENT}:
        return None  # a program's key and its scopes are judged by the API itself
    if not current_user.is_authenticated:
        if _is_page():
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        raise Unauthorized
    person = identity.signed_in()
    if permission not in person.actor.permissions and person.has_no_place:
        if _is_page():
            return redirect(url_for("sign_in.place"))
        raise TillLost
    person.actor.require(permission)
    return None


def _is_page() -> bool:
    """Whether a person asks by the address bar or a link, who can be sent elsewhere; a script can't."""
    is_script = "Countermark-Fragment" in request.headers
    return request.method == "GET" and request.accept_mimetypes.accept_html and not is_script
