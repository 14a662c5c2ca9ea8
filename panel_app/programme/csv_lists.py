"""Lists that come as CSV: rows with line numbers, limits, and why a line was not taken. Knows no table."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule

BYTES_MAX = 5 * 1024 * 1024
LINES_MAX = 50_000
# One portion is one transaction: tills don't wait for a whole list, and one that was broken off is read in again.
ROWS_A_PORTION = 500


class LineFault(StrEnum):
    """Why a line was not taken."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    LENGTH = "length"
    CHARACTERS = "characters"
    READS_AS_OURS = "reads_as_ours"
    TWICE_IN_FILE = "twice_in_file"
    ALREADY_THERE = "already_there"
    AMOUNT = "amount"
    CURRENCY = "currency"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    line: int
    fault: LineFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a list: how many lines were taken, and the others in their order."""

    taken: int
    not_taken: tuple[NotTaken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line with the columns that were asked for, trimmed; None where the line can't be read at all."""

    number: int
    values: dict[str, str] | None


def lines_of(data: bytes, columns: Sequence[str]) -> list[Line]:
    """The lines below the head, which names the columns. Empty lines are no lines.

    Raises InvalidInput when the file is too large, has too many lines, is no UTF-8 or lacks a column.
    """
    if len(data) > BYTES_MAX:
        raise InvalidInput(field="file", rule=Rule.BYTES_AT_MOST, high=BYTES_MAX)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(field="file", rule=Rule.CSV, example=",".join(columns)) from None
    lines = list(islice(_read(text, columns), LINES_MAX + 1))
    if len(lines) > LINES_MAX:
        raise InvalidInput(field="file", rule=Rule.LINES_AT_MOST, high=LINES_MAX)
    return lines


def _read(text: str, columns: Sequence[str]) -> Iterator[Line]:
    lines = io.StringIO(text, newline=None)
    head = [name.strip().lower() for name in _cells(next(lines, "")) or ()]
    if not set(columns).issubset(head):
        raise InvalidInput(field="file", rule=Rule.CSV, example=",".join(columns))
    places = {name: head.index(name) for name in columns}
    for number, line in enumerate(lines, start=2):
        cells = _cells(line)
        if cells is None:
            yield Line(number=number, values=None)
        elif any(cell.strip() for cell in cells):
            short = len(cells) <= max(places.values())
            values = None if short else {name: cells[place].strip() for name, place in places.items()}
            yield Line(number=number, values=values)


def _cells(line: str) -> list[str] | None:
    """The cells of one line by itself, None where it can't be read.

    No column has line breaks in it, so a quote that is left open must not swallow the lines behind it.
    """
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None
