"""Headers that every answer carries, and the limits on what comes in. Decides no permission."""

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest

from panel_app.web.identity import request_id

BODY_BYTES_MAX = 12 * 1024 * 1024  # a photo; frames and forms have their own, smaller limits
FORM_BYTES_MAX = 64 * 1024

_POLICY = (
    "default-src 'self'; "
    "img-src 'self' data: blob:; "
    "media-src 'self' blob:; "
    "object-src 'none'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; "
)


def init_app(app: Flask) -> None:
    """Put limits on bodies and headers on answers."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    # Werkzeug reads a photo in pieces of 64 KB and counts what is left of the piece before: twice as much fits both.
    app.config["MAX_FORM_MEMORY_SIZE"] = 2 * FORM_BYTES_MAX
    app.config["MAX_FORM_PARTS"] = 100
    app.before_request(_judge)
    app.after_request(_headers)


def _judge() -> None:
    if request.mimetype == "application/x-www-form-urlencoded":
        # MAX_FORM_MEMORY_SIZE counts for the parts of multipart forms only.
        request.max_content_length = FORM_BYTES_MAX
    # PostgreSQL stores no NUL and fails on one; nothing of ours has one in its address.
    if "\x00" in request.path or any("\x00" in value for value in request.args.values()):
        raise BadRequest


def _headers(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = request_id()
    headers["Content-Security-Policy"] = _POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
        # Browsers ignore this one, with a complaint, where the address is not secure.
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        # Pages show members and codes: nothing of them stays in a shared browser.
        headers["Cache-Control"] = "no-store"
    return response
