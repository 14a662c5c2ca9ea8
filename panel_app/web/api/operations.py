"""One operation of the API: what it needs, what it is sent, what it answers. Serves nothing itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from ledger import Session
from panel_app.programme.access import Actor
from panel_app.programme.scopes import Scope

EVERY_KEY = frozenset(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a view is given; `body` and `query` are of the operation's own types, `key` is "" where none is needed."""

    session: Session
    actor: Actor
    ids: dict[str, Any]
    key: str
    body: Any
    query: Any

    @property
    def id(self) -> UUID:
        """The one id in the address."""
        found: UUID = self.ids["id"]
        return found

    @property
    def booking_id(self) -> str:
        """The booking ID in the address."""
        return str(self.ids["booking_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An answer that is sent portion by portion, after its transaction; `fields` says what was asked for.

    `next_cursor` leads to the file after it.
    """

    name: str
    portions: Iterator[bytes]
    rows: int
    fields: list[str]
    next_cursor: str | None


class Media(StrEnum):
    """What an operation answers in."""

    JSON = "application/json"
    CSV = "text/csv"


class Repeats(StrEnum):
    """Whether asking twice could do harm."""

    HARMLESS = "harmless"  # it changes nothing, or the same again
    NEED_A_KEY = "need a key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A row of the table in routes.py. `scopes`: a key with any one of them may ask."""

    name: str
    method: str
    path: str
    scopes: frozenset[Scope]
    answer: type
    run: Callable[[Call], Any]
    summary: str
    body: type | None = None
    query: type | None = None
    made: bool = False  # 201 when it is done for the first time
    is_cached: bool = False  # answers carry an ETag
    media: Media = Media.JSON  # a File in any other

    @property
    def repeats(self) -> Repeats:
        """What is posted needs a key, but for the quote, which changes nothing."""
        harmless = self.method != "POST" or self.name == "quote"
        return Repeats.HARMLESS if harmless else Repeats.NEED_A_KEY
