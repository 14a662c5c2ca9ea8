"""From a text to what the counter shows: code → claim, member, product or booking. Holds nothing, takes nothing.

A member's changing code is burned here, by opening the visit that the spine (redemptions.py) then needs.
"""

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from ledger import MemberId, Refusal, Session
from panel_app.programme import (
    audit,
    branches,
    claim_pins,
    claim_rules,
    claims,
    counter_views,
    external_codes,
    member_codes,
    members,
    receipts,
    scanned_texts,
    visits,
    wrong_codes,
)
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Claim, Member, Redemption, Reward, Visit
from panel_app.programme.refusals import (
    AlreadyRedeemed,
    ForeignCode,
    ReplayedMemberCode,
    SeveralCodes,
    VisitOver,
    WrongPin,
)
from panel_app.programme.scanned_texts import ExternalText, Found, Scanned
from panel_app.programme.steps import Concerned, Step, plain
from panel_app.programme.terms import (
    AlreadyDone,
    BookingAtCounter,
    ClaimAtCounter,
    CounterView,
    EntryMode,
    MemberAtCounter,
    PriceAtCounter,
    Proof,
    RedemptionStatus,
    RedemptionType,
)
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
)

REPLAY_SECONDS = 30


def scan(session: Session, actor: Actor, scanned: Scanned) -> CounterView:
    """Say what a code is and whether it is good here. Every refusal of product.md §1 comes from here.

    Wrong codes are counted by till: typed ones lock typing after five, scanned ones never lock.
    """
    wrong: list[str] = []
    chosen: list[str] = []

    def run() -> CounterView:
        wrong_codes.judge(session, actor, scanned.mode)
        if scanned.mode is EntryMode.TYPED and claim_pins.is_pin(scanned.text):
            return _pin_view(session, actor, scanned, step.concerned)
        reading = scanned_texts.read(session, scanned)
        wrong[:] = [text for text, _refusal in reading.bad]
        good = _news(session, actor, scanned, reading.good)
        chosen[:] = [found.code.text for found in good]
        if not good:
            raise reading.bad[0][1]
        if len(good) > 1:
            raise SeveralCodes(count=len(good))
        # A good code in the picture must not make the texts beside it free guesses.
        wrong_codes.count_beside(session, actor, scanned.mode, wrong)
        (found,) = good
        return _shown(session, actor, replace(scanned, shown_as=found.read.shown_as), found.code)

    def count(refusal: Refusal) -> None:
        if isinstance(refusal, WrongPin) and step.concerned.member_id is not None:
            claim_pins.count_wrong(session, step.concerned.member_id)
        wrong_codes.count_refused(session, actor, scanned.mode, refusal, wrong=wrong, chosen=chosen)

    step = Step(
        operation="counter.scan", permission=Permission.REDEEM, concerned=Concerned(), on_refusal=count
    )
    return plain(session, actor, step, run)


def choice(session: Session, actor: Actor, scanned: Scanned) -> tuple[Found, ...]:
    """The codes that scan() did not choose from (SeveralCodes)."""
    return _news(session, actor, scanned, scanned_texts.read(session, scanned).good)


def price(session: Session, actor: Actor, visit_id: UUID, reward_id: UUID) -> PriceAtCounter:
    """One reward with its price options for the member whose visit is open at this till."""

    def run() -> PriceAtCounter:
        visit = visits.current(session, actor, visit_id)
        return counter_views.price_at_counter(session, actor, visit, reward_id)

    return plain(session, actor, Step(operation="counter.price", permission=Permission.REDEEM), run)


def visit_view(session: Session, actor: Actor, visit_id: UUID) -> MemberAtCounter:
    """The member of an open visit again, with the balance of this moment."""

    def run() -> MemberAtCounter:
        return counter_views.member_at_counter(session, actor, visits.current(session, actor, visit_id))

    return plain(session, actor, Step(operation="counter.visit", permission=Permission.REDEEM), run)


def _news(session: Session, actor: Actor, scanned: Scanned, good: tuple[Found, ...]) -> tuple[Found, ...]:
    """The codes without those of the member on the screen, whose phone still lies beside the product."""
    if len(good) < 2 or scanned.visit_id is None:  # noqa: PLR2004 - a choice
        return good
    member = visits.member_at(session, actor, scanned.visit_id)
    if member is None:
        return good
    others = tuple(found for found in good if not member_codes.names(session, found.code, member))
    # The member's phone and card side by side: either of them shows the member again.
    return others or good[:1]


def _shown(session: Session, actor: Actor, scanned: Scanned, code: Code | ExternalText) -> CounterView:
    match code:
        case ExternalText():
            claim = external_codes.claim_of(session, code.text)
            read = replace(scanned, shown_as=RedemptionType.EXTERNAL_QR)
            return _claim_view(session, actor, read, claim, Proof.EXTERNAL_CODE)
        case RewardCode():
            return _claim_view(session, actor, scanned, claims.by_code(session, code), Proof.REWARD_CODE)
        case ShortCode():
            return _claim_view(session, actor, scanned, claims.by_code(session, code), Proof.SHORT_CODE)
        case MemberCode() | TypedMemberCode() | MemberCard():
            return _member_scanned(session, actor, scanned, code)
        case BookingId():
            redemption = receipts.by_booking_id(session, code.text, actor.branch())
            return BookingAtCounter(receipt=receipts.receipt_of(session, redemption))
        case Ean13() | Ean8():
            return _product_view(session, actor, scanned, code.text)


def _claim_view(
    session: Session, actor: Actor, scanned: Scanned, claim: Claim, proof: Proof
) -> ClaimAtCounter | AlreadyDone:
    branch = branches.branch_by_id(session, actor.branch())
    replay = _own_replay(session, actor, claim)
    try:
        claim_rules.judge(session, actor, claim, branch, scanned.shown_as)
    except AlreadyRedeemed:
        if replay is None:
            raise
        return counter_views.already_done(session, replay, None)
    if scanned.shown_as is not RedemptionType.PIN:
        claim_pins.judge(session, claim)
    member = members.member_by_id(session, claim.member_id)
    visit = visits.open_visit(session, actor, member, proof=proof, mode=scanned.mode, claim_id=claim.id)
    audit.record(
        session,
        actor,
        "claim.scanned",
        member_id=MemberId(member.id),
        claim=claim.id,
        mode=scanned.mode.value,
    )
    view = counter_views.claim_at_counter(session, visit, claim, member, branch)
    return view if replay is None else counter_views.already_done(session, replay, view)


def _pin_view(
    session: Session, actor: Actor, scanned: Scanned, concerned: Concerned
) -> ClaimAtCounter | AlreadyDone:
    """The claim that the PIN opens, for the member on the screen; what that member's proof is good for stays."""
    if scanned.visit_id is None:
        raise VisitOver
    visit = visits.current(session, actor, scanned.visit_id)
    if visit.claim_id is not None:
        raise VisitOver
    concerned.member_id = MemberId(visit.member_id)
    claim = claim_pins.claim_of(session, visit.member_id, scanned.text)
    read = replace(scanned, shown_as=RedemptionType.PIN)
    return _claim_view(session, actor, read, claim, Proof(visit.proof))


def _own_replay(session: Session, actor: Actor, claim: Claim) -> Redemption | None:
    """The redemption by which this same till used the claim within the last 30 seconds."""
    use = claim_rules.last_use(session, claim.id)
    if use is None or use.till_id != actor.till_id or use.closed_at is None or _was_undone(use):
        return None
    age = (session.clock.now() - use.closed_at).total_seconds()
    return use if age <= REPLAY_SECONDS else None


def _was_undone(use: Redemption) -> bool:
    return use.status == RedemptionStatus.REVERSED.value


def _member_scanned(
    session: Session, actor: Actor, scanned: Scanned, code: MemberCode | TypedMemberCode | MemberCard
) -> MemberAtCounter:
    try:
        member = member_codes.identify(session, code)
    except ReplayedMemberCode:
        visit = _visit_of_code(session, actor, code)
        if visit is None:
            raise
        return counter_views.member_at_counter(session, actor, visit)
    members.judge_status(member)
    members.judge_own_account(session, actor, member)
    visit = visits.open_visit(session, actor, member, proof=proof_of(code), mode=scanned.mode, claim_id=None)
    audit.record(
        session,
        actor,
        "visit.opened",
        member_id=MemberId(member.id),
        visit=visit.id,
        proof=visit.proof,
        mode=scanned.mode.value,
    )
    return counter_views.member_at_counter(session, actor, visit)


def _visit_of_code(
    session: Session, actor: Actor, code: MemberCode | TypedMemberCode | MemberCard
) -> Visit | None:
    """The phone still lies under the camera: the visit that this member already has at this same till."""
    if isinstance(code, MemberCard):
        return None
    return session.scalar(
        sa.select(Visit)
        .join(Member, Member.id == Visit.member_id)
        .where(
            Member.handle == code.handle,
            Visit.till_id == actor.till(),
            Visit.claim_id.is_(None),
            Visit.expires_at > session.clock.now(),
        )
        .order_by(Visit.opened_at.desc())
        .limit(1)
    )


def proof_of(code: MemberCode | TypedMemberCode | MemberCard) -> Proof:
    """What a member's code proves."""
    match code:
        case MemberCode():
            return Proof.MEMBER_CODE
        case TypedMemberCode():
            return Proof.TYPED_MEMBER_CODE
        case MemberCard():
            return Proof.MEMBER_CARD


def _product_view(session: Session, actor: Actor, scanned: Scanned, ean: str) -> PriceAtCounter:
    reward_id = session.scalar(sa.select(Reward.id).where(Reward.ean == ean))
    if reward_id is None:
        raise ForeignCode(kind="ean")
    if scanned.visit_id is None:
        raise VisitOver
    return counter_views.price_at_counter(
        session, actor, visits.current(session, actor, scanned.visit_id), reward_id
    )
