"""Whether a server works on the same SQLite file as a command that writes, and what to say then. Opens nothing."""

import os
import sqlite3
from pathlib import Path

from ledger import has_wal_reset_bug


def risk_beside_server(
    file: Path, version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]
) -> str | None:
    """The line of warning; None when no server is running, or this SQLite lets two processes write safely."""
    process = _server_of(file)
    if process is None or not has_wal_reset_bug(version):
        return None
    return (
        f"Warning: process {process} serves {file}, and SQLite {'.'.join(map(str, version))} may very rarely spoil a "
        "file that two processes write. Stop the server for this, or install SQLite 3.51.3 or newer."
    )


def _server_of(file: Path) -> int | None:
    """The process in the server's lock file, if it is alive. Trying the lock could turn a starting server away."""
    try:
        process = int(Path(f"{file}.lock").read_text(encoding="ascii"))
        os.kill(process, 0)
    except (OSError, ValueError):
        return None
    # A restore in this very process holds the same lock, and stands in nobody's way any more.
    return None if process == os.getpid() else process
