"""The transaction report as CSV (RFC 4180), so that a spreadsheet reads it and runs nothing in it. Asks nobody."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from babel.numbers import get_currency_precision

from panel_app.programme.reports.terms import TransactionTold
from panel_app.programme.surfaces.told import MoneyTold

# A spreadsheet takes a text that begins so for a formula, the wide forms of East Asia included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MARK = "\ufeff"  # by which a spreadsheet knows UTF-8
HEADER = (
    *("Time (UTC)", "Type", "Kind", "Member", "Points", "Concerned", "Cash", "Currency", "Balance after"),
    *("Source", "Branch", "Till", "Operator", "On behalf", "Booking ID", "Reference", "Reason"),
    *("Member ID", "ID", "Hold ID", "Reverses"),
)


def head() -> bytes:
    """The first line, by which the file begins."""
    return _MARK.encode() + _lines([HEADER])


def body(rows: Sequence[TransactionTold]) -> bytes:
    """A line for each row."""
    return _lines([_cells(row) for row in rows])


def harmless(text: str) -> str:
    """A text as a cell that stays a text: an apostrophe in front of what would be a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(lines: Sequence[Sequence[str | int]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue().encode()


def _cells(row: TransactionTold) -> list[str | int]:
    told = (
        *(row.source, row.branch, row.till, row.operator, "yes" if row.on_behalf else "no"),
        *(row.booking_id, row.reference, row.reason),
    )
    return [
        _time(row.created_at),
        row.type.value,
        row.kind or "",
        harmless(row.member or ""),
        row.points,
        row.concerned,
        "; ".join(_amount(one) for one in row.cash),
        "; ".join(one.currency for one in row.cash),
        "" if row.balance_after is None else row.balance_after,
        *(harmless(text or "") for text in told),
        *(str(key or "") for key in (row.member_id, row.id, row.hold_id, row.reverses)),
    ]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _amount(money: MoneyTold) -> str:
    """In the currency's own units, with a point, whatever the language."""
    return str(Decimal(money.amount_minor).scaleb(-get_currency_precision(money.currency)))
