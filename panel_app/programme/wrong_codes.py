"""How many wrong codes a till may give: typing is locked, scanning only has to wait for a moment. Knows no code.

What a browser says it scanned may have been typed, or made up by a program, so scans are counted as well. Only
different texts count: a poster in view is one text, however often it is read, and closes nothing.
"""

from collections.abc import Sequence
from datetime import timedelta

from ledger import Refusal, Session
from panel_app.programme import attempts
from panel_app.programme.access import Actor
from panel_app.programme.code_refusals import TooManyWrongScans, VoucherUnknown
from panel_app.programme.refusals import (
    CodeNotIssuedYet,
    ForeignCode,
    ForgedCode,
    MistypedCode,
    TooManyAttempts,
    UnknownCode,
)
from panel_app.programme.terms import EntryMode

SCANNED_MAX = 40
WITHIN = timedelta(minutes=1)
# Of one burst of keys: by what they say and by their place, of which a foreign layout garbles one.
READINGS = 2
_TYPED = "typed code"
_SCANNED = "scanned code"
_TEXT = "scanned text"
# Each of these tells whoever guesses that the guess was wrong.
_COUNTED = (UnknownCode, MistypedCode, ForgedCode, ForeignCode, CodeNotIssuedYet, VoucherUnknown)


def judge(session: Session, actor: Actor, mode: EntryMode) -> None:
    """Refuse a till that gave too many: TooManyAttempts for typing, TooManyWrongScans for scanning."""
    till = str(actor.till_id)
    if mode is EntryMode.TYPED:
        seconds = attempts.seconds_locked(session, _TYPED, till)
        if seconds:
            raise TooManyAttempts(seconds_left=seconds)
        return
    seconds = attempts.seconds_over(session, _SCANNED, till, SCANNED_MAX)
    if seconds:
        raise TooManyWrongScans(seconds_left=seconds)


def count_refused(
    session: Session,
    actor: Actor,
    mode: EntryMode,
    refusal: Refusal,
    *,
    wrong: Sequence[str] = (),
    chosen: Sequence[str] = (),
) -> None:
    """Count what was refused: `wrong` texts were no codes at all, what was `chosen` counts if the refusal says so."""
    is_wrong = isinstance(refusal, _COUNTED)
    if mode is not EntryMode.TYPED:
        _count_scanned(session, actor, mode, [*wrong, *(chosen if is_wrong else ())])
    elif is_wrong:
        attempts.count_failure(session, _TYPED, str(actor.till_id))


def count_beside(session: Session, actor: Actor, mode: EntryMode, wrong: Sequence[str]) -> None:
    """Count the wrong texts that came with a good code."""
    if mode is not EntryMode.TYPED:
        _count_scanned(session, actor, mode, wrong)


def _count_scanned(session: Session, actor: Actor, mode: EntryMode, texts: Sequence[str]) -> None:
    till = str(actor.till_id)
    if mode is EntryMode.WEDGE and len(texts) == READINGS:
        texts = [" ".join(texts)]
    for text in texts:
        if attempts.count_within(session, _TEXT, f"{till} {text}", WITHIN) == 1:
            attempts.count_within(session, _SCANNED, till, WITHIN)
