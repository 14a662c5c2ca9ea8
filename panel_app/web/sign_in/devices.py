"""The cookie by which a browser is a till's device. What it may do is decided in programme/choosing_place.py."""

from datetime import timedelta

from flask import Response, request

LASTS = timedelta(days=400)  # browsers keep no cookie longer
TOKEN_LENGTH_MAX = 128


def token() -> str | None:
    """The token of this browser, if it is a till's device."""
    return request.cookies.get(_name(), "")[:TOKEN_LENGTH_MAX] or None


def keep(response: Response, new_token: str) -> None:
    """Make this browser the device that the token stands for."""
    response.set_cookie(
        _name(), new_token, max_age=LASTS, secure=request.is_secure, httponly=True, samesite="Strict"
    )


def _name() -> str:
    return "__Host-countermark-till" if request.is_secure else "countermark-till"
