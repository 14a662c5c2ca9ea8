"""The settings, read from the environment and judged at start; knows no Flask and opens no database.

docs/operating.md describes each of them, and a test compares.
"""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_LENGTH_MIN = 32
SECRET_SYMBOLS_MIN = 8
TOKEN_LENGTH_MIN = 32
PLACEHOLDERS = ("change", "secret", "password", "default", "example", "your-key", "your_key")

MAKE_ONE = (
    'Make one with: python3 -c "import secrets; print(secrets.token_hex(32))" '
    "and put it into COUNTERMARK_SECRET, or into a file that COUNTERMARK_SECRET_FILE names."
)


class SettingsError(Exception):
    """The environment does not say what is needed; the text says what to do."""


class DatabaseAddress(BaseSettings):
    """All that a migration needs: it works without the secret."""

    model_config = SettingsConfigDict(
        env_prefix="COUNTERMARK_",
        env_ignore_empty=True,
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    database_url: str = Field(default="sqlite:///var/countermark.db", validation_alias="DATABASE_URL")


class Settings(DatabaseAddress):
    """One attribute for each setting; the environment's names are in upper case with COUNTERMARK_ before.

    Hosting platforms hand out DATABASE_URL and PORT, so those two go without.
    """

    port: int = Field(default=8000, ge=1, le=65535, validation_alias=AliasChoices("COUNTERMARK_PORT", "PORT"))
    host: str = "127.0.0.1"
    threads: int = Field(default=16, ge=1, le=256)
    decode_workers: int = Field(default=1, ge=1, le=64)
    trusted_proxy: str | None = None
    session_hours: int = Field(default=12, ge=1, le=168)
    secret: SecretStr | None = None
    secret_file: Path = Path("var/secret")
    seal_key_file: Path = Path("var/seal.key")
    anchor_file: Path = Path("var/anchors.jsonl")
    webhooks_to_loopback: bool = False
    metrics_token: SecretStr | None = Field(default=None, min_length=TOKEN_LENGTH_MIN)
    api_calls_per_minute: int = Field(default=1200, ge=1)

    @model_validator(mode="after")
    def _secret_is_a_secret(self) -> "Settings":
        _judge_secret(self._given_secret())
        return self

    def secret_bytes(self) -> bytes:
        """The secret that every key of the product is derived from."""
        return self._given_secret().encode()

    def _given_secret(self) -> str:
        if self.secret is not None:
            return self.secret.get_secret_value().strip()
        try:
            return self.secret_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise ValueError(f"there is no secret. {MAKE_ONE}") from None
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"{self.secret_file} can not be read as text. {MAKE_ONE}") from None


def load_database_url() -> str:
    """Where the database is, without asking for the rest."""
    return DatabaseAddress().database_url


def load_settings() -> Settings:
    """The settings of this environment; SettingsError names each one that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        # Without the values: one of them may be the secret.
        faults = error.errors(include_input=False, include_url=False)
        raise SettingsError("\n".join(_in_words(fault["loc"], fault["msg"]) for fault in faults)) from None


def _in_words(place: tuple[int | str, ...], message: str) -> str:
    name = str(place[0]) if place else "secret"
    if name in Settings.model_fields:
        name = f"COUNTERMARK_{name.upper()}"
    return f"{name}: {message.removeprefix('Value error, ')}"


def _judge_secret(secret: str) -> None:
    if any(word in secret.lower() for word in PLACEHOLDERS):
        raise ValueError(f"the secret is a placeholder that others know too. {MAKE_ONE}")
    if len(secret) < SECRET_LENGTH_MIN or len(set(secret)) < SECRET_SYMBOLS_MIN:
        raise ValueError(
            f"the secret is too easy to guess: at least {SECRET_LENGTH_MIN} characters, "
            f"{SECRET_SYMBOLS_MIN} of them different. {MAKE_ONE}"
        )
