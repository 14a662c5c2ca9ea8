"""Which language, zone and way of writing money a page has: staff → branch → browser. Translates nothing itself."""

from flask import Flask, g, request
from flask_babel import Babel, get_locale
from flask_login import current_user

from panel_app.web import formats, messages

LANGUAGES = ("en", "de")
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def init_app(app: Flask) -> None:
    """Set Flask-Babel up, and the filters by which templates write money, numbers and times."""
    Babel(app, default_translation_directories="translations", locale_selector=_locale)
    app.before_request(_know_place)
    app.jinja_env.filters.update(
        money=formats.money,
        amount=formats.amount,
        points=formats.points,
        local_date=formats.day,
        local_time=formats.clock_time,
        reason_title=messages.title_of,
        reason_action=messages.action_of,
    )
    app.context_processor(_context)


def _know_place() -> None:
    place = getattr(current_user, "place", None)
    if place is not None:
        g.time_zone = place.time_zone
        g.branch_locale = place.locale


def _locale() -> str:
    chosen = request.cookies.get("countermark-language")
    if chosen in LANGUAGES:
        return str(chosen)
    branch = str(g.get("branch_locale", "")).partition("_")[0]
    if branch in LANGUAGES:
        return branch
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _context() -> dict[str, str]:
    language = str(get_locale() or LANGUAGES[0])
    direction = "rtl" if language.partition("_")[0] in _RIGHT_TO_LEFT else "ltr"
    return {"request_locale": language, "text_direction": direction}
