"""The mapped class that all tables of the programme share; one MetaData with the ledger's tables."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from ledger import Flag, Instant, Key, Whole
from ledger import metadata as shared_metadata


class Row(DeclarativeBase):
    """A row of the programme. It never leaves the use case that read it."""

    metadata = shared_metadata
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Key(),
        datetime: Instant(),
        date: sa.Date(),
        int: Whole(),
        bool: Flag(),
        str: sa.Text(),
        bytes: sa.LargeBinary(),
        dict[str, Any]: sa.JSON(),
        list[str]: sa.JSON(),
        dict[str, int]: sa.JSON(),
    }
