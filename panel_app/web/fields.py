"""Form fields as the use cases want them: present, of the right form, not too long. InvalidInput otherwise."""

from datetime import MAXYEAR, MINYEAR, date
from uuid import UUID

from flask import request

from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule

KEY_LENGTH_MAX = 64
TEXT_LENGTH_MAX = 4300  # the longest text that a QR code holds is 4,296 characters


def text(name: str, length_max: int = TEXT_LENGTH_MAX) -> str:
    """A field's text, stripped; "" when it is missing."""
    return _plain(name, request.form.get(name, ""), length_max)


def texts(name: str, count_max: int) -> list[str]:
    """The texts of a field that may be there several times; InvalidInput for more than so many."""
    values = request.form.getlist(name)
    if len(values) > count_max:
        raise InvalidInput(field=name, rule=Rule.AT_MOST, high=count_max)
    return [_plain(name, value, TEXT_LENGTH_MAX) for value in values]


def required(name: str, length_max: int = TEXT_LENGTH_MAX) -> str:
    """A field's text that must be there."""
    value = text(name, length_max)
    if not value:
        raise InvalidInput(field=name, rule=Rule.REQUIRED)
    return value


def key() -> str:
    """The idempotency key of the page."""
    return required("key", KEY_LENGTH_MAX)


def identity(name: str) -> UUID:
    """A field that holds an id."""
    found = optional_identity(name)
    if found is None:
        raise InvalidInput(field=name, rule=Rule.ID)
    return found


def optional_identity(name: str) -> UUID | None:
    """A field that holds an id, or nothing."""
    return _uuid(name, text(name, KEY_LENGTH_MAX))


def visit_on_screen() -> UUID | None:
    """The visit on the screen that a picture was taken beside; a frame is sent raw, so it stands in a header."""
    return _uuid("visit_id", request.headers.get("Countermark-Visit", ""))


def asks_anew() -> bool:
    """Whether the page never showed what it was answered last."""
    return request.headers.get("Countermark-Anew") == "1"


def _plain(name: str, value: str, length_max: int) -> str:
    value = value.strip()
    if len(value) > length_max:
        raise InvalidInput(field=name, rule=Rule.LENGTH_AT_MOST, high=length_max)
    if "\x00" in value:
        raise InvalidInput(field=name, rule=Rule.PLAIN_TEXT)
    return value


def _uuid(name: str, value: str) -> UUID | None:
    if not value:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise InvalidInput(field=name, rule=Rule.ID) from None


def whole(name: str, default: int) -> int:
    """A field that holds a small whole number."""
    value = text(name, 6)
    if not value:
        return default
    if not (value.isascii() and value.isdigit()):
        raise InvalidInput(field=name, rule=Rule.WHOLE_NUMBER)
    return int(value)


def optional_whole(name: str) -> int | None:
    """A field that holds a small whole number, or nothing."""
    return whole(name, default=0) if text(name, 6) else None


def day(value: str, name: str = "day") -> date | None:
    """A date as browsers send it, or None; `name` is the field that a refusal is about."""
    return _date(name, value) if value else None


def required_day(name: str) -> date:
    """A field that holds a date."""
    return _date(name, required(name, 10))


def _date(name: str, value: str) -> date:
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise InvalidInput(field=name, rule=Rule.DATE) from None
    # The calendar's first and last year have days whose midnight, in some zone, lies outside it.
    if found.year in {MINYEAR, MAXYEAR}:
        raise InvalidInput(field=name, rule=Rule.DATE)
    return found
