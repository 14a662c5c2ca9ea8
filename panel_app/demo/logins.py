"""Who may sign in to the demo, and the file that says so. The logins are public; the file is not for everybody."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path("var/demo.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLogin:
    username: str
    password: str
    roles: tuple[str, ...]
    branches: tuple[str, ...]
    pin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneLogin:
    identifier: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLogin:
    external_id: str
    login: PhoneLogin


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogins:
    staff: tuple[StaffLogin, ...]
    members: tuple[MemberLogin, ...]


def write_logins(path: Path, logins: DemoLogins) -> None:
    """Write the file anew, readable by its owner alone from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(logins), file, indent=1, ensure_ascii=False)
        file.write("\n")
