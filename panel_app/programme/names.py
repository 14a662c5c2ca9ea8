"""The names of a page's ids, in one question a table. Knows nobody's right to see them."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from ledger import Session


def names_of(
    session: Session,
    key: InstrumentedAttribute[UUID],
    name: InstrumentedAttribute[str],
    wanted: Iterable[UUID | None],
) -> dict[UUID | None, str]:
    """Each id with its name; null and what is not there are left out."""
    ids = {each for each in wanted if each is not None}
    return {row[0]: row[1] for row in session.execute(sa.select(key, name).where(key.in_(ids)))}
