"""Money, numbers, dates and times as the branch writes them, and amounts as its people type them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.localedata import locale_identifiers
from babel.numbers import (
    NumberFormatError,
    format_currency,
    format_decimal,
    get_currency_precision,
    parse_decimal,
)
from flask import g
from flask_babel import get_locale

from ledger import Minor
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.terms import Money
from panel_app.web.database import books

AMOUNT_LENGTH_MAX = 20
_MINOR_MAX = 10**12


def _locale() -> str:
    """The page's language with the branch's country, as en_DE: 17:05 and 1.234 on an English page in Berlin."""
    language = str(get_locale() or "en")
    branch = str(g.get("branch_locale") or "")
    if branch.partition("_")[0] == language:
        return branch
    regional = f"{language}_{branch.partition('_')[2]}"
    return regional if regional in _known_locales() else language


@cache
def _known_locales() -> frozenset[str]:
    return frozenset(locale_identifiers())


def _zone() -> ZoneInfo:
    return ZoneInfo(g.get("time_zone") or "UTC")


def money(value: Money) -> str:
    """An amount with its currency, as 4,00 € or £4.00."""
    return format_currency(decimal_of(value), value.currency, locale=_money_locale())


def amount(value: Money) -> str:
    """An amount without its currency, as it stands in an input field."""
    places = get_currency_precision(value.currency)
    pattern = "0" if places == 0 else "0." + "0" * places
    return format_decimal(decimal_of(value), format=pattern, locale=_money_locale())


def money_in(minor: int, currency: str) -> str:
    """As money(), of whole minor units."""
    return money(Money(amount=Minor(minor), currency=currency))


def amount_in(minor: int, currency: str) -> str:
    """As amount(), of whole minor units."""
    return amount(Money(amount=Minor(minor), currency=currency))


def points(value: int) -> str:
    """A whole number with the separators of the language."""
    return format_decimal(value, locale=_locale())


def day(value: date | datetime) -> str:
    """A date; of a moment, the date in the branch's zone."""
    local = value.astimezone(_zone()).date() if isinstance(value, datetime) else value
    return format_date(local, format="medium", locale=_locale())


def clock_time(value: datetime) -> str:
    """The time of day in the branch's zone."""
    return format_time(value.astimezone(_zone()), format="short", locale=_locale())


def when(value: datetime) -> str:
    """A moment as short as it can be told: the time of today, else the date with it."""
    today = books().clock.now().astimezone(_zone()).date()
    if value.astimezone(_zone()).date() == today:
        return clock_time(value)
    return f"{day(value)}, {clock_time(value)}"


def today(now: datetime) -> date:
    """The date of a moment in the zone of the page."""
    return now.astimezone(_zone()).date()


def midnight(of: date) -> datetime:
    """The moment at which a day begins in the zone of the page."""
    return datetime.combine(of, time(), _zone()).astimezone(UTC)


def decimal_of(value: Money) -> Decimal:
    """Major units: 400 minor units of EUR are 4.00."""
    return Decimal(value.amount).scaleb(-get_currency_precision(value.currency))


def typed_amount(text: str, currency: str, field: str) -> Minor:
    """Minor units of an amount that a person typed in the branch's way of writing; InvalidInput otherwise."""
    places = get_currency_precision(currency)
    refusal = InvalidInput(
        field=field,
        rule=Rule.AMOUNT,
        example=amount(Money(amount=Minor(400 if places else 4), currency=currency)),
    )
    if not text.strip() or len(text) > AMOUNT_LENGTH_MAX:
        raise refusal
    try:
        value = parse_decimal(text.strip(), locale=_money_locale(), strict=True).scaleb(places)
    except (NumberFormatError, InvalidOperation, ValueError):
        raise refusal from None
    if not value.is_finite() or value != int(value) or not 0 <= value <= _MINOR_MAX:
        raise refusal
    return Minor(int(value))


def _money_locale() -> str:
    # Money is written and typed as the branch's country does, whatever language the screen speaks.
    return str(g.get("branch_locale") or _locale())
