"""Keys derived from the one secret outside the database; knows no files and no settings."""

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES_MIN = 32
NONCE_BYTES = 12


class Keyring:
    """One purpose, one key: HKDF-SHA256 (RFC 5869) keeps a leak of one from opening the others."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES_MIN:
            raise ValueError(f"the secret needs at least {SECRET_BYTES_MIN} bytes")

        @lru_cache(maxsize=64)
        def derived(info: bytes) -> bytes:
            return HKDF(SHA256(), 32, salt=None, info=info).derive(secret)

        self._derived = derived

    def mac(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA256, 32 bytes."""
        return hmac.digest(self._key("mac", purpose), text.encode(), hashlib.sha256)

    def encrypt(self, purpose: str, plain: bytes, *, bound_to: str = "") -> bytes:
        """AES-256-GCM: a random nonce of 12 bytes, then the sealed text.

        The purpose has its own key; it and the row that the text is bound to are authenticated.
        """
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(purpose).encrypt(nonce, plain, _context(purpose, bound_to))

    def decrypt(self, purpose: str, sealed: bytes, *, bound_to: str = "") -> bytes:
        """Raises cryptography.exceptions.InvalidTag for another key, purpose or row, or altered bytes."""
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return self._cipher(purpose).decrypt(nonce, text, _context(purpose, bound_to))

    def check_value(self) -> str:
        """A mark of the secret that may stand in the database: a wrong secret is seen at start."""
        return self.mac("check-value", "countermark").hex()[:16]

    def _cipher(self, purpose: str) -> AESGCM:
        return AESGCM(self._key("encrypt", purpose))

    def _key(self, use: str, purpose: str) -> bytes:
        return self._derived(f"countermark/{use}/{purpose}".encode())


def _context(purpose: str, bound_to: str) -> bytes:
    return f"{purpose}\x1f{bound_to}".encode() if bound_to else purpose.encode()
