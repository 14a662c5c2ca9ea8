"""From what another surface shows, codes or a member, to the claims or the member they prove. Opens no redemption."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger import NotFound, Session
from panel_app.programme import (
    claim_pins,
    claims,
    counter,
    external_codes,
    member_codes,
    members,
    scanned_texts,
)
from panel_app.programme.line_refusals import about_line
from panel_app.programme.models import Claim, Member
from panel_app.programme.refusals import ForeignCode, InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.scanned_texts import ExternalText
from panel_app.programme.surfaces.wishes import Line, NewRedemption, QuoteWish
from panel_app.programme.terms import EntryMode, Proof
from scanner import (
    BookingId,
    Ean8,
    Ean13,
    MemberCard,
    MemberCode,
    RewardCode,
    ShortCode,
    TypedMemberCode,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Whom a code or the surface's word proves, and by what. A claim's code opens its claim and nothing else."""

    member: Member
    claim: Claim | None
    proof: Proof
    mode: EntryMode


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenLine:
    """A line with its proof, and a claim's one reward, or the one asked for beside a member.

    Lines that show the same code have the same proof.
    """

    line: Line
    proven: Proven
    reward_id: UUID


def lines_of(wish: QuoteWish | NewRedemption) -> Sequence[Line]:
    """The wish's lines, from `lines` or the one of the body itself; InvalidInput unless there are some."""
    own = Line(**{field.name: getattr(wish, field.name) for field in dataclasses.fields(Line)})
    if (own != Line()) == bool(wish.lines):
        raise InvalidInput(field="lines", rule=Rule.REQUIRED)
    lines = wish.lines or [own]
    for number, line in enumerate(lines):
        if line.code is None and (line.reward_id is None or wish.member_id is None):
            with about_line(number, of=len(lines)):
                raise InvalidInput(field="code", rule=Rule.REQUIRED)
    return lines


def prove(session: Session, wish: QuoteWish | NewRedemption) -> list[ProvenLine]:
    """Read the lines' codes, each once, burning a member's changing one; without a code the surface vouches.

    Raises every refusal of a code, WrongPin, InvalidInput, and NotFound for a member who is not there.
    """
    lines, shown = lines_of(wish), dict[str | None, Proven]()
    found = []
    for number, line in enumerate(lines):
        with about_line(number, of=len(lines)):
            if line.code not in shown:
                shown[line.code] = _proven(session, wish.member_id, line.code)
            found.append(_fitting(line, shown[line.code]))
    return found


def _proven(session: Session, member_id: UUID | None, text: str | None) -> Proven:
    if text is None:
        member = members.member_by_id(session, _given(member_id, "member_id"))
        return Proven(member=member, claim=None, proof=Proof.VOUCHED, mode=EntryMode.API)
    if member_id is not None and claim_pins.is_pin(text):
        claim = claim_pins.claim_of(session, member_id, text)
        return _of_claim(session, claim, Proof.VOUCHED, EntryMode.TYPED)
    code, mode = scanned_texts.read_either_way(session, text)
    match code:
        case RewardCode():
            proven = _by_code(session, claims.by_code(session, code), Proof.REWARD_CODE, mode)
        case ShortCode():
            proven = _by_code(session, claims.by_code(session, code), Proof.SHORT_CODE, mode)
        case ExternalText():
            proven = _by_code(session, external_codes.claim_of(session, code.text), Proof.EXTERNAL_CODE, mode)
        case MemberCode() | TypedMemberCode() | MemberCard():
            member = member_codes.identify(session, code)
            proven = Proven(member=member, claim=None, proof=counter.proof_of(code), mode=mode)
        case Ean13() | Ean8():
            raise ForeignCode(kind="ean")
        case BookingId():
            raise ForeignCode(kind="text")
    if member_id not in {None, proven.member.id}:
        raise NotFound(what="member" if proven.claim is None else "claim")
    return proven


def _by_code(session: Session, claim: Claim, proof: Proof, mode: EntryMode) -> Proven:
    claim_pins.judge(session, claim)
    return _of_claim(session, claim, proof, mode)


def _of_claim(session: Session, claim: Claim, proof: Proof, mode: EntryMode) -> Proven:
    owner = members.member_by_id(session, claim.member_id)
    return Proven(member=owner, claim=claim, proof=proof, mode=mode)


def _fitting(line: Line, proven: Proven) -> ProvenLine:
    if proven.claim is None:
        return ProvenLine(line=line, proven=proven, reward_id=_given(line.reward_id, "reward_id"))
    if line.reward_id not in {None, proven.claim.reward_id}:
        raise NotFound(what="claim")
    return ProvenLine(line=line, proven=proven, reward_id=proven.claim.reward_id)


def _given(value: UUID | None, field: str) -> UUID:
    if value is None:
        raise InvalidInput(field=field, rule=Rule.REQUIRED)
    return value
