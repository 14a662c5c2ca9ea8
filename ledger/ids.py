"""New keys for rows: UUIDv7, so that they sort by time; knows nothing of what they name."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
