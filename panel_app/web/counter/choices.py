"""Several good codes in one scan: all are offered on the screen, none is taken. Judges no code's use."""

from typing import assert_never

from flask import Response, url_for

import ledger
from panel_app.programme import counter
from panel_app.programme.refusals import SeveralCodes
from panel_app.programme.scanned_texts import Alternative, ExternalText, Scanned
from panel_app.programme.terms import EntryMode
from panel_app.web import identity
from panel_app.web.counter import states, texts
from panel_app.web.database import books
from panel_app.web.gettext import gettext as _
from scanner import (
    BookingId,
    Code,
    Ean8,
    Ean13,
    MemberCard,
    MemberCode,
    RewardCode,
    ShortCode,
    TypedMemberCode,
    masked,
)


def shown(scanned: Scanned) -> Response:
    """The state for a scan; where several codes of it are good, the choice between them."""
    try:
        return states.shown(counter.scan(books(), identity.actor(), scanned))
    except SeveralCodes:
        return _offered(scanned)


def _offered(scanned: Scanned) -> Response:
    with ledger.read(books()):
        good = counter.choice(books(), identity.actor(), scanned)
    texts_of = {found.code.text for found in good}
    choices = [
        {
            "url": url_for("counter.codes"),
            "label": _label(found.code),
            "fields": _fields(scanned, found.read, texts_of - {found.code.text}),
        }
        for found in good
    ]
    return states.state(
        "attention", attention={"title": _title(scanned), "text": _text(), "choices": choices}
    )


def _fields(scanned: Scanned, read: Alternative, beside: set[str]) -> list[tuple[str, str]]:
    """What a choice sends; the codes beside it, so that they aren't read again while they lie there."""
    return [
        ("mode", scanned.mode.value),
        ("text", read.text),
        ("format", texts.format_of(read.shown_as)),
        ("visit_id", str(scanned.visit_id or "")),
        *(("beside", text) for text in sorted(beside)),
    ]


def _title(scanned: Scanned) -> str:
    if scanned.mode is EntryMode.WEDGE:
        return _("Which code was scanned?")
    return _("Several codes in view: which one?")


def _text() -> str:
    return _("Nothing was taken yet. Choose the code that the member means.")


def _label(code: Code | ExternalText) -> str:
    shown_text = masked(code.text)
    match code:
        case RewardCode() | ShortCode() | ExternalText():
            return _("Reward code %(code)s", code=shown_text)
        case MemberCode() | TypedMemberCode():
            return _("Member's code %(code)s", code=shown_text)
        case MemberCard():
            return _("Member's card %(code)s", code=shown_text)
        case BookingId():
            return _("Receipt %(booking)s", booking=code.text)
        case Ean13() | Ean8():
            return _("Product %(ean)s", ean=code.text)
        case _:
            assert_never(code)
