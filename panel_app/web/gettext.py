"""Flask-Babel's two functions with types; extraction finds their calls by these names. Knows no words."""

import flask_babel


def gettext(message: str, **values: object) -> str:
    """The message in the request's language, with %(name)s filled in."""
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """The form of the message for this number, which is also %(num)s."""
    return str(flask_babel.ngettext(singular, plural, num, **values))
