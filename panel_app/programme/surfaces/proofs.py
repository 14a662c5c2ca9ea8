"""From what another surface shows, a code or a member, to the claim or member it proves. Opens no redemption."""

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
from panel_app.programme.models import Claim, Member
from panel_app.programme.refusals import ForeignCode, InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.scanned_texts import ExternalText
from panel_app.programme.surfaces.wishes import Line, QuoteWish
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
    """Whom or what the line proves. A claim proves its one reward; a member goes with the one asked for."""

    member: Member
    claim: Claim | None
    reward_id: UUID
    line: Line
    proof: Proof
    mode: EntryMode


def line_of(wish: QuoteWish) -> Line:
    """The wish's one line, from `lines` or from the body itself; InvalidInput unless there is exactly one."""
    own = Line(code=wish.code, reward_id=wish.reward_id, option=wish.option, units=wish.units)
    has_own = own != Line()
    if has_own == bool(wish.lines):
        raise InvalidInput(field="lines", rule=Rule.REQUIRED)
    line = wish.lines[0] if wish.lines else own
    if line.code is None and (line.reward_id is None or wish.member_id is None):
        raise InvalidInput(field="code", rule=Rule.REQUIRED)
    return line


def prove(session: Session, wish: QuoteWish) -> Proven:
    """Read the line's code, burning a member's changing one; without a code the surface vouches for the member.

    Raises every refusal of a code, InvalidInput, and NotFound for a member who is not there.
    """
    line = line_of(wish)
    if line.code is None:
        member = members.member_by_id(session, _given(wish.member_id, "member_id"))
        return _of_member(member, line, Proof.VOUCHED, EntryMode.API)
    code, mode = scanned_texts.read_either_way(session, line.code)
    match code:
        case RewardCode():
            return _of_claim(session, wish, line, claims.by_code(session, code), Proof.REWARD_CODE, mode)
        case ShortCode():
            return _of_claim(session, wish, line, claims.by_code(session, code), Proof.SHORT_CODE, mode)
        case ExternalText():
            claim = external_codes.claim_of(session, code.text)
            return _of_claim(session, wish, line, claim, Proof.EXTERNAL_CODE, mode)
        case MemberCode() | TypedMemberCode() | MemberCard():
            member = member_codes.identify(session, code)
            if wish.member_id not in {None, member.id}:
                raise NotFound(what="member")
            return _of_member(member, line, counter.proof_of(code), mode)
        case Ean13() | Ean8():
            raise ForeignCode(kind="ean")
        case BookingId():
            raise ForeignCode(kind="text")


def _of_claim(
    session: Session, wish: QuoteWish, line: Line, claim: Claim, proof: Proof, mode: EntryMode
) -> Proven:
    if line.reward_id not in {None, claim.reward_id} or wish.member_id not in {None, claim.member_id}:
        raise NotFound(what="claim")
    claim_pins.judge(session, claim)
    owner = members.member_by_id(session, claim.member_id)
    return Proven(member=owner, claim=claim, reward_id=claim.reward_id, line=line, proof=proof, mode=mode)


def _of_member(member: Member, line: Line, proof: Proof, mode: EntryMode) -> Proven:
    reward_id = _given(line.reward_id, "reward_id")
    return Proven(member=member, claim=None, reward_id=reward_id, line=line, proof=proof, mode=mode)


def _given(value: UUID | None, field: str) -> UUID:
    if value is None:
        raise InvalidInput(field=field, rule=Rule.REQUIRED)
    return value
