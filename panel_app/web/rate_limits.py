"""How often one till or one address may ask, by process: a guard for the server's time. Locks nobody out.

Failed passwords, PINs and typed codes are counted in the database, by attempts.py, for all processes together.
"""

from flask import Flask, request
from flask_limiter import Limiter
from flask_login import current_user

# A camera sends four frames a second; a till that sends more is told to wait.
FRAMES = "10 per second"
# No shop scans faster; whoever guesses a member's eight digits does.
CODES = "120 per minute"
# Each sign-in costs an argon2 hash; a whole shop may stand behind one address.
SIGN_INS = "300 per minute"


def _asker() -> str:
    """The till of a signed-in page, else the address."""
    actor = getattr(current_user, "actor", None)
    return f"{actor.client}" if actor is not None else str(request.remote_addr)


limiter = Limiter(_asker, storage_uri="memory://", headers_enabled=True)


def init_app(app: Flask) -> None:
    """Count in this app's own memory."""
    limiter.init_app(app)
