"""Which language, zone and way of writing money a page has: staff → branch → browser. Translates nothing itself."""

from datetime import timedelta

from flask import Blueprint, Flask, current_app, g, redirect, request, url_for
from flask_babel import Babel, get_locale
from flask_login import current_user
from werkzeug.wrappers import Response

import ledger
from panel_app.programme.access import Permission
from panel_app.programme.programme_facts import programme_of
from panel_app.web import formats, messages
from panel_app.web.database import books
from panel_app.web.permissions import needs

LANGUAGES = {"en": "English", "de": "Deutsch"}
COOKIE = "countermark-language"
KEPT = timedelta(days=400)
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def init_app(app: Flask) -> None:
    """Set Flask-Babel up, and the filters by which templates write money, numbers and times."""
    app.config["LANGUAGES"] = dict(LANGUAGES)  # an installation may add its own, with its translations
    Babel(app, default_translation_directories="translations", locale_selector=_locale)
    app.before_request(_know_place)
    app.jinja_env.filters.update(
        money=formats.money,
        money_in=formats.money_in,
        amount=formats.amount,
        amount_in=formats.amount_in,
        points=formats.points,
        local_date=formats.day,
        local_time=formats.clock_time,
        when=formats.when,
        reason_title=messages.title_of,
        reason_action=messages.action_of,
    )
    app.context_processor(context)


blueprint = Blueprint("language", __name__)


@blueprint.post("/language")
@needs(Permission.PUBLIC)
def choose() -> Response:
    """Keep the person's choice of language in this browser, and go back to the start."""
    language = request.form.get("language", "")
    response = redirect(url_for("member.home" if request.form.get("face") == "member" else "counter.page"))
    if language in _languages():
        response.set_cookie(
            COOKIE, language, max_age=KEPT, secure=request.is_secure, httponly=True, samesite="Lax"
        )
    return response


def _know_place() -> None:
    place = getattr(current_user, "place", None)
    if place is not None:
        g.time_zone = place.time_zone
        g.branch_locale = place.locale
    elif current_user.is_authenticated and current_user.actor.operator_id is not None:
        with ledger.read(books()):
            programme = programme_of(books())
        g.time_zone = programme and programme.time_zone  # at head office it is the programme's day


def _locale() -> str:
    languages = _languages()
    chosen = request.cookies.get(COOKIE)
    if chosen in languages:
        return str(chosen)
    branch = str(g.get("branch_locale", "")).partition("_")[0]
    if branch in languages:
        return branch
    return request.accept_languages.best_match(languages) or next(iter(languages))


def _languages() -> dict[str, str]:
    """The languages of this installation by their codes, each with its own name for itself."""
    found: dict[str, str] = current_app.config["LANGUAGES"]
    return found


def context() -> dict[str, object]:
    """What every page needs to know of its language; asks the request alone."""
    language = str(get_locale() or "en")
    direction = "rtl" if language.partition("_")[0] in _RIGHT_TO_LEFT else "ltr"
    return {"request_locale": language, "text_direction": direction, "languages": _languages()}
