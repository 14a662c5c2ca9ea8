"""Which redemptions a page has, newest first, however many there are. Knows not who may see them.

As with the lines of a report, each side of the question is one index in the order of time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger import Session, bare, table_by_index
from panel_app.programme.models import Redemption

# A key that sees more branches than these sees most of the programme: then the sources are the short way.
BRANCHES_BY_THEIR_INDEX_MAX = 40
_TABLE = Redemption.metadata.tables[Redemption.__tablename__]
# Word for word as the partial index says it: only so is it found to fit.
_ON_BEHALF: sa.ColumnElement[bool] = sa.literal_column("on_behalf")
# Each source that there is, by one look into the index for each: DISTINCT would read all of it.
_SOURCES = """
WITH RECURSIVE known(source) AS (
  SELECT min(source) FROM redemptions
  UNION ALL
  SELECT (SELECT min(source) FROM redemptions WHERE source > known.source) FROM known WHERE source IS NOT NULL
)
SELECT source FROM known WHERE source IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which ones; what is None or empty asks for nothing. All of a client's own are of the client's one source."""

    branch_ids: frozenset[UUID]
    source: str | None
    client: str | None
    client_source: str
    on_behalf: bool | None
    since: datetime | None
    until: datetime | None


def newest(
    session: Session, chosen: Chosen, *, limit: int, before: tuple[datetime, UUID] | None
) -> list[UUID]:
    """The ids of the newest, `before` the (opened_at, id) of the last one of the page before."""
    sides = [
        _side(session, index, condition, chosen, limit, before).subquery()
        for index, condition in _sides(session, chosen)
    ]
    if not sides:
        return []
    both = sa.union_all(*(sa.select(side) for side in sides)).subquery()
    order = (both.c.opened_at.desc(), both.c.id.desc())
    return list(session.scalars(sa.select(both.c.id).order_by(*order).limit(limit)))


def _sides(session: Session, chosen: Chosen) -> Iterator[tuple[str, sa.ColumnElement[bool]]]:
    """An index, and what must be true for a row to be in its part."""
    if chosen.on_behalf:
        yield "on_behalf", _ON_BEHALF
    elif 0 < len(chosen.branch_ids) <= BRANCHES_BY_THEIR_INDEX_MAX:
        for branch_id in sorted(chosen.branch_ids):
            yield "branch_day", bare(_TABLE, "branch_id") == branch_id
    else:
        for source in _sources(session, chosen):
            yield "source", bare(_TABLE, "source") == source


def _sources(session: Session, chosen: Chosen) -> list[str]:
    if chosen.client is not None:
        return [chosen.client_source]
    if chosen.source is not None:
        return [chosen.source]
    return list(session.scalars(sa.text(_SOURCES)))


def _side(
    session: Session,
    index: str,
    condition: sa.ColumnElement[bool],
    chosen: Chosen,
    limit: int,
    before: tuple[datetime, UUID] | None,
) -> sa.Select[Any]:
    at, key = bare(_TABLE, "opened_at"), bare(_TABLE, "id")
    source = table_by_index(session, _TABLE, f"ix_redemptions_{index}")
    question = sa.select(at, key).select_from(source).where(condition, *_conditions(chosen))
    if before is not None:
        last = sa.tuple_(sa.literal(before[0], at.type), sa.literal(before[1], key.type))
        question = question.where(sa.tuple_(at, key) < last)
    return question.order_by(at.desc(), key.desc()).limit(limit)


def _conditions(chosen: Chosen) -> Iterator[sa.ColumnElement[bool]]:
    if chosen.branch_ids:
        yield bare(_TABLE, "branch_id").in_(sorted(chosen.branch_ids))
    if chosen.source is not None:
        yield bare(_TABLE, "source") == chosen.source
    if chosen.client is not None:
        yield bare(_TABLE, "client") == chosen.client
    if chosen.on_behalf is not None:
        yield _ON_BEHALF if chosen.on_behalf else sa.not_(_ON_BEHALF)
    if chosen.since is not None:
        yield bare(_TABLE, "opened_at") >= chosen.since
    if chosen.until is not None:
        yield bare(_TABLE, "opened_at") < chosen.until
