"""From a scan's texts to the codes among them: ours by their grammar, partners' by their lists. Judges no use."""

from dataclasses import dataclass, field
from uuid import UUID

from ledger import Refusal, Session
from panel_app.programme import claims, external_codes, member_codes, receipts
from panel_app.programme.programme_facts import tag_of
from panel_app.programme.refusals import ForeignCode, MistypedCode, OtherProgramme
from panel_app.programme.terms import EntryMode, RedemptionType
from scanner import (
    BookingId,
    Code,
    CodeReason,
    CodeRefused,
    ForeignKind,
    MemberCard,
    MemberCode,
    RewardCode,
    parse,
    parse_typed,
)

# Whatever else a text looks like, an EAN or a short code among them, a partner's list may have it.
_OURS_FOR_SURE = (RewardCode, MemberCode, MemberCard, BookingId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another text of the same scan: a second code in the picture, or the keys read by their place."""

    text: str
    shown_as: RedemptionType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A text as it came in. `shown_as` is None when the kind of code is not known (wedge, typed).

    Of a text and its alternatives the one that is a code of ours counts; two that are, none does. The texts of a
    wedge are readings of one code, see read().
    """

    text: str
    mode: EntryMode
    shown_as: RedemptionType | None = None
    visit_id: UUID | None = None  # the visit on screen, which a product's EAN belongs to
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalText:
    """A code of a partner's list, exactly as it was printed."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One good code of a scan, with the text that it was read from."""

    code: Code | ExternalText
    read: Alternative


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a scan holds: good codes, each once, and the texts that are none with why not."""

    good: tuple[Found, ...]
    bad: tuple[tuple[str, Refusal], ...]


def read(session: Session, scanned: Scanned) -> Reading:
    """Read a scan's text and its alternatives, in their order.

    A wedge reads one code: where the keys by what they say and by their place both pass the check symbol (a Y and a
    Z exchanged twice may, once in 37), those that nobody was given are dropped, but for the first.
    """
    tag = tag_of(session)
    good: dict[str, Found] = {}
    bad = []
    for candidate in (
        Alternative(text=scanned.text, shown_as=scanned.shown_as),
        *scanned.alternatives,
    ):
        try:
            code = _code_of(session, candidate.text, scanned.mode, tag)
        except Refusal as refusal:
            bad.append((candidate.text, refusal))
        else:
            good.setdefault(code.text, Found(code=code, read=candidate))
    found = tuple(good.values())
    if scanned.mode is EntryMode.WEDGE:
        found = tuple(one for one in found if _is_given_out(session, one.code)) or found[:1]
    return Reading(good=found, bad=tuple(bad))


def read_either_way(session: Session, text: str) -> tuple[Code | ExternalText, EntryMode]:
    """The code of a text when nobody says how it was read: as a scanner reads it, else as people type it."""
    tag = tag_of(session)
    try:
        return _code_of(session, text, EntryMode.WEDGE, tag), EntryMode.WEDGE
    except Refusal as as_scanned:
        try:
            return _code_of(session, text, EntryMode.TYPED, tag), EntryMode.TYPED
        except ForeignCode:  # only the scanned reading says what it is instead
            raise as_scanned from None


def may_be_guessed(session: Session, text: str) -> bool:
    """Whether a text is short enough to be tried out: a typed code, a PIN, one of a list that somebody else made.

    Our long codes have 64 random bits and more, and an address or another shop's product opens nothing.
    """
    try:
        return not isinstance(parse(text, tag=tag_of(session)), _OURS_FOR_SURE)
    except CodeRefused as refused:
        return refused.reason is CodeReason.UNKNOWN_KIND and refused.foreign is ForeignKind.TEXT


def _code_of(session: Session, text: str, mode: EntryMode, tag: str) -> Code | ExternalText:
    # Caps lock turns a wedge scanner's capitals over; our codes have no small letters.
    printed = text.upper() if mode is EntryMode.WEDGE and text.isascii() and not text.isupper() else text
    try:
        code = (parse_typed if mode is EntryMode.TYPED else parse)(printed, tag=tag)
    except CodeRefused as refused:
        if refused.reason is CodeReason.OTHER_PROGRAMME:
            raise OtherProgramme from None
        if refused.reason is not CodeReason.TOO_LONG and external_codes.is_listed(session, text):
            return ExternalText(text=text.strip())
        raise _refusal(refused) from None
    if not isinstance(code, _OURS_FOR_SURE) and external_codes.is_listed(session, text):
        return ExternalText(text=text.strip())
    return code


def _is_given_out(session: Session, code: Code | ExternalText) -> bool:
    """Whether a claim, a member or a booking has this code; products and partners' codes are known by now."""
    match code:
        case RewardCode():
            return claims.is_given_out(session, code)
        case MemberCode() | MemberCard():
            return member_codes.is_given_out(session, code)
        case BookingId():
            return receipts.is_given_out(session, code.text)
        case _:
            return True


def _refusal(refused: CodeRefused) -> Refusal:
    if refused.reason in {CodeReason.WRONG_CHECK, CodeReason.MALFORMED}:
        return MistypedCode()
    return ForeignCode(kind=str(refused.foreign or "text"))
