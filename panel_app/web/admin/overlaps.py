"""How long an old secret goes on beside its new one: the lengths that a page offers. Rotates nothing."""

from datetime import timedelta

from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.web import fields

# Hours: none for a secret that leaked, days for a program that is installed by hand.
OFFERED = (0, 1, 24, 168, 720)
USUAL = 24


def chosen() -> timedelta:
    """The one that was chosen; InvalidInput for any other."""
    hours = fields.whole("overlap_hours", USUAL)
    if hours not in OFFERED:
        raise InvalidInput(field="overlap_hours", rule=Rule.CHOICE)
    return timedelta(hours=hours)
