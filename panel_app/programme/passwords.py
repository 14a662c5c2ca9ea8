"""Passwords and PINs: argon2id, and what a new password must be. Nothing here is ever logged or stored plain."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule

LENGTH_MIN = 15  # NIST SP 800-63B-4: a password that stands alone, without a second factor
LENGTH_MAX = 128
_COMMON = ("password", "passwort", "qwerty", "123456", "letmein", "countermark", "iloveyou", "welcome")

_hasher = PasswordHasher()
# Verified when there is no such user, so that the answer takes the same time.
_NOBODY = _hasher.hash("nobody has this password")


def check_new(password: str) -> None:
    """Raise InvalidInput unless the password is long enough, not huge, and not built on a common one."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise InvalidInput(field="password", rule=Rule.LENGTH, low=LENGTH_MIN, high=LENGTH_MAX)
    if any(password.lower().startswith(word) and len(password) < len(word) + 8 for word in _COMMON):
        raise InvalidInput(field="password", rule=Rule.NOT_COMMON)


def hashed(secret: str) -> str:
    """The argon2id hash to store."""
    return _hasher.hash(secret)


def fits(stored: str | None, secret: str) -> bool:
    """Whether the secret is the stored one; takes as long when nothing is stored."""
    if len(secret) > LENGTH_MAX:
        return False
    try:
        _hasher.verify(stored or _NOBODY, secret)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return stored is not None
