"""Which versions of SQLite may spoil a WAL database that two connections write. Knows no database of ours.

Source: "The WAL-reset bug" in sqlite.org/wal.html: from 3.7.0 to 3.51.2 two connections that commit and checkpoint
at the same moment can, very rarely, leave the file corrupt. Fixed in 3.51.3, and in 3.50.7 and 3.44.6 of the older
lines. Within one process our queue of writers keeps commits and their checkpoints apart; a command that writes
beside the server does not stand in that queue.
"""

import sqlite3

FIRST, FIXED = (3, 7, 0), (3, 51, 3)
BACKPORTED = {(3, 50): 7, (3, 44): 6}

Version = tuple[int, int, int]


def has_wal_reset_bug(version: Version = sqlite3.sqlite_version_info[:3]) -> bool:
    """Whether a second process that writes is a risk, however small: worth a line of warning."""
    fixed_patch = BACKPORTED.get(version[:2])
    backported = fixed_patch is not None and version[2] >= fixed_patch
    return FIRST <= version < FIXED and not backported
