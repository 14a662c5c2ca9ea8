"""The seal key's files: the private half, readable by its owner only, and the public one beside it. Signs nothing."""

import os
from datetime import datetime
from pathlib import Path

import ledger
from ledger import Database, PublicKey, SealKey
from panel_app.config import Settings, SettingsError


def seal_key(settings: Settings, database: Database) -> SealKey:
    """The key that signs this database's seals; made when there is none and nothing was ever sealed.

    SettingsError when the file is gone although there are seals, or is no key.
    """
    file = settings.seal_key_file
    if not file.exists():
        if _has_seals(database):
            raise SettingsError(
                f"{file} is gone, but the database has seals that were signed with it: put it back. "
                "countermark verify needs the public half only"
            )
        _make(file)
    return _read(file)


def public_key(settings: Settings, database: Database) -> PublicKey:
    """What checks the seals here: the public half, or the private one's. SettingsError when both are gone."""
    file = _public(settings.seal_key_file)
    if file.exists():
        try:
            return PublicKey(file.read_bytes())
        except ValueError:
            raise SettingsError(f"{file} holds no Ed25519 public key") from None
    if settings.seal_key_file.exists():
        return _read(settings.seal_key_file).public()
    if _has_seals(database):
        raise SettingsError(f"there are seals, but neither {file} nor {settings.seal_key_file} to check them")
    return SealKey(ledger.new_seal_key()).public()  # nothing is sealed: nothing will be checked with it


def anchors(settings: Settings, database: Database, others: tuple[Path, ...] = ()) -> list[Path]:
    """The anchor files to check; this installation's own counts as soon as something was sealed."""
    own = settings.anchor_file
    return [*([own] if own.exists() or _has_seals(database) else []), *others]


def set_anchor_aside(settings: Settings, now: datetime) -> Path | None:
    """Renames the anchor of a database that is no more, and says to what; None when there is none."""
    own = settings.anchor_file
    if not own.exists():
        return None
    return own.rename(own.with_name(f"{own.name}.until-{now:%Y%m%dT%H%M%SZ}"))


def _read(file: Path) -> SealKey:
    try:
        return SealKey(file.read_bytes())
    except ValueError:
        raise SettingsError(f"{file} holds no Ed25519 private key") from None


def _make(file: Path) -> None:
    """Whole or not at all, and by one process only: the second finds the first one's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(ledger.new_seal_key())
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    _public(file).write_bytes(_read(file).public_pem())


def _public(file: Path) -> Path:
    return file.with_suffix(".pub")


def _has_seals(database: Database) -> bool:
    with database.session() as session, ledger.read(session):
        return ledger.newest_seal(session) is not None
