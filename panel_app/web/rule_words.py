"""Rule → words, for the place beside a field. One closed table; checks nothing."""

from typing import assert_never

from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.web.gettext import gettext as _
from panel_app.web.gettext import ngettext


def words_of(refusal: InvalidInput) -> str:
    """What the field must be."""
    return _words(refusal, refusal.low or 0, refusal.high or 0)


def _words(refusal: InvalidInput, low: int, high: int) -> str:  # noqa: C901, PLR0912 - one row a rule, no logic
    match refusal.rule:
        case Rule.REQUIRED:
            return _("Please fill this in")
        case Rule.PLAIN_TEXT:
            return _("Text without control characters")
        case Rule.ID | Rule.CHOICE:
            return _("Choose one of those offered")
        case Rule.WHOLE_NUMBER:
            return _("A whole number")
        case Rule.DATE:
            return _("A date")
        case Rule.LATER:
            return _("Later than the moment from which it counts")
        case Rule.COMING_DATE:
            return _("A date from today on, within ten years")
        case Rule.AMOUNT:
            return _("An amount such as %(example)s", example=refusal.example)
        case Rule.RANGE:
            return _("From %(low)s to %(high)s", low=low, high=high)
        case Rule.AT_MOST:
            return _("At most %(high)s", high=high)
        case Rule.MORE_THAN_ZERO:
            return _("More than zero")
        case Rule.LENGTH:
            return _("%(low)s to %(high)s characters", low=low, high=high)
        case Rule.LENGTH_AT_MOST:
            return ngettext("At most %(num)s character", "At most %(num)s characters", high)
        case Rule.LENGTH_WITHOUT_SPACES:
            return _("%(low)s to %(high)s characters without spaces", low=low, high=high)
        case Rule.NOT_IN_USE:
            return _("This is in use already")
        case Rule.NOT_COMMON:
            return _("Too easy to guess: not built on a common password")
        case Rule.AT_LEAST_THE_AMOUNT:
            return _("Less than the amount")
        case Rule.CASH_ONLY:
            return _("For cash only")
        case Rule.SLIDING_ONLY:
            return _("For a sliding price only")
        case Rule.ONE_PRICE:
            return _("At least one price")
        case Rule.ONCE:
            return _("Name it once only")
        case Rule.POINTS_ONLY:
            return _("A voucher costs points only")
        case Rule.TAG:
            return _("Two symbols, digits or capitals without I, L, O and U")
        case Rule.TIME_ZONE:
            return _("A time zone such as Europe/Berlin")
        case Rule.BYTES_AT_MOST:
            return _("A file of at most %(high)s bytes", high=high)
        case Rule.LINES_AT_MOST:
            return _("A file of at most %(high)s lines", high=high)
        case Rule.CSV:
            return _("A CSV file in UTF-8 whose first line is %(example)s", example=refusal.example)
        case Rule.VOUCHER_WORTH:
            return _("A reward that says what its vouchers are worth")
        case Rule.EXTERNAL_CODES:
            return _("A reward that accepts external codes")
        case Rule.EMPTY_DATABASE:
            return _("An empty database: one installation is one programme")
        case Rule.HTTPS_ADDRESS:
            return _("An address that begins with https://, without a name or a password in it")
        case Rule.OUTSIDE_ADDRESS:
            return _("This leads to this machine or into an inside network, where nothing is sent")
        case _:
            assert_never(refusal.rule)
