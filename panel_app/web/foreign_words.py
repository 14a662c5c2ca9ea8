"""Kind of a foreign code → words: what the person at the counter scanned. One closed table; recognises nothing."""

from typing import assert_never

from ledger import Reason
from panel_app.web import reason_words
from panel_app.web.gettext import gettext as _
from scanner import ForeignKind


def words_of(kind: ForeignKind) -> str:  # noqa: C901 - one row a kind, no logic
    """What it is, where that helps; else what to do."""
    match kind:
        case ForeignKind.URL:
            return _("This is a web address. Ask for the code from our own app or card.")
        case ForeignKind.EAN:
            return _("This is a product's bar code that is no reward here.")
        case ForeignKind.EMAIL:
            return _("This is an e-mail address. Ask for the code from our own app or card.")
        case ForeignKind.PHONE:
            return _("This is a phone number. Ask for the code from our own app or card.")
        case ForeignKind.CONTACT:
            return _("This is somebody's business card. Ask for the code from our own app or card.")
        case ForeignKind.WIFI:
            return _("This is the access to a Wi-Fi. Ask for the code from our own app or card.")
        case ForeignKind.PLACE:
            return _("This is a place on a map. Ask for the code from our own app or card.")
        case ForeignKind.EVENT:
            return _("This is a date for a calendar. Ask for the code from our own app or card.")
        case ForeignKind.PAYMENT:
            return _("This is a code to pay with. Ask for the code from our own app or card.")
        case ForeignKind.EMPTY | ForeignKind.TEXT:
            return reason_words.action(Reason.FOREIGN_CODE)
        case _:
            assert_never(kind)
