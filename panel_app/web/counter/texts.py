"""From the texts that a browser sends to what was scanned: a scanner's two readings, its own detector's codes."""

from itertools import zip_longest

from panel_app.programme.scanned_texts import Alternative, Scanned
from panel_app.programme.terms import EntryMode, RedemptionType
from panel_app.web import fields

TEXTS_MAX = 20  # nobody could choose from more
# Kinds of symbol by their names in the web's standard for detectors (Shape Detection).
_TYPES = {"qr_code": RedemptionType.QR, "code_128": RedemptionType.BAR_CODE}
# Whoever says nothing of these typed it; typed codes are counted and locked.
_MODES = {mode.value: mode for mode in (EntryMode.WEDGE, EntryMode.CAMERA, EntryMode.PHOTO)}


def scanned() -> Scanned:
    """The form's first text, the others as its alternatives, each with the symbol that it was read from."""
    first, *others = _with_types()
    by_position = fields.text("text_by_position")
    if by_position:
        others.append(Alternative(text=by_position))
    return Scanned(
        text=first.text,
        mode=_MODES.get(fields.text("mode"), EntryMode.TYPED),
        shown_as=first.shown_as,
        visit_id=fields.optional_identity("visit_id"),
        alternatives=tuple(others),
    )


def all_of(scanned: Scanned) -> list[str]:
    """Every text of the scan, the first one first."""
    return [scanned.text, *(other.text for other in scanned.alternatives)]


def format_of(shown_as: RedemptionType | None) -> str:
    """The name by which the browser says the kind of symbol, "" for one that isn't known."""
    return next((name for name, shown in _TYPES.items() if shown is shown_as), "")


def _with_types() -> list[Alternative]:
    fields.required("text")
    texts, formats = fields.texts("text", TEXTS_MAX), fields.texts("format", TEXTS_MAX)
    pairs = zip_longest(texts, formats[: len(texts)], fillvalue="")
    return [Alternative(text=text, shown_as=_TYPES.get(name)) for text, name in pairs]
