"""Redemptions that another surface asks for: quote, reserve, confirm, cancel, reverse. The spine's own effects."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import MemberId, Minor, NotFound, Refusal, Session
from panel_app.programme import (
    attempts,
    audit,
    claim_pins,
    opening,
    redemptions,
    reservations,
    reversals,
    scanned_texts,
    visits,
)
from panel_app.programme.access import Actor, Permission
from panel_app.programme.baskets import Order, OrderLine
from panel_app.programme.code_refusals import VoucherUnknown
from panel_app.programme.giving_back import Goods, ReleaseReason, ReversalReason
from panel_app.programme.models import Redemption, Visit
from panel_app.programme.pricing import meant, prices_of
from panel_app.programme.refusals import (
    CodeNotIssuedYet,
    ForeignCode,
    ForgedCode,
    InvalidInput,
    MistypedCode,
    RedemptionClosed,
    TenderReferenceNeeded,
    TooManyAttempts,
    UnknownCode,
    WrongPin,
)
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Concerned, Keyed, Step, Told, keyed_bytes
from panel_app.programme.surfaces.entries import kept_reason
from panel_app.programme.surfaces.places import at_till, with_operator
from panel_app.programme.surfaces.proofs import Proven, ProvenLine, lines_of, prove
from panel_app.programme.surfaces.records import redemption_told
from panel_app.programme.surfaces.told import RedemptionTold
from panel_app.programme.surfaces.wishes import (
    Cancellation,
    Confirmation,
    NewRedemption,
    QuoteWish,
    RedemptionReversal,
    TenderWish,
)
from panel_app.programme.terms import RedemptionStatus, TenderGiven, TenderType
from panel_app.programme.voucher_terms import VoucherGiven

COUNTED = "code of an api client"
_BAD = (UnknownCode, MistypedCode, ForgedCode, ForeignCode, CodeNotIssuedYet, VoucherUnknown)


def reserve(session: Session, actor: Actor, key: str, wish: NewRedemption) -> Told[RedemptionTold]:
    """Hold points, claims and stock for lines that are proven. Raises every refusal of the counter."""
    lines_of(wish)
    with ledger.read(session):
        placed = at_till(session, actor, wish.branch, wish.till, wish.operator)
    concerned = Concerned()

    def run() -> RedemptionTold:
        judge_not_locked(session, actor, codes_of(wish))
        order = _order(session, placed, prove(session, wish))
        proven_by = opening.visits_of(session, placed, order)
        concerned.member_id = opening.member_of(proven_by)
        redemption, _before = opening.open_redemption(session, placed, proven_by, order)
        return redemption_told(session, actor, redemption)

    step = Step(
        operation="redemption.reserve",
        permission=Permission.REDEEM,
        concerned=concerned,
        on_refusal=lambda refusal: count(session, actor, refusal, codes_of(wish), wish.member_id),
    )
    return keyed_bytes(session, placed, step, Keyed(key=key, body=wish), RedemptionTold, run)


def confirm(
    session: Session, actor: Actor, key: str, booking_id: str, wish: Confirmation
) -> Told[RedemptionTold]:
    """Take the points and post the cash in one step. Raises what Confirm at the counter raises."""

    def run(redemption: Redemption) -> None:
        placed = with_operator(session, _placed(actor, redemption), wish.operator)
        payment = _payment(booking_id, wish, redemption.currency)
        if payment.vouchers:
            judge_not_locked(session, actor, _voucher_codes(wish))
        redemptions.complete(session, placed, redemption, payment)

    return _once(session, actor, key, "confirm", booking_id, wish, run, codes=_voucher_codes(wish))


def cancel(
    session: Session, actor: Actor, key: str, booking_id: str, wish: Cancellation
) -> Told[RedemptionTold]:
    """Before Confirm: release everything. Cancelling what is cancelled or ran out does nothing more."""

    def run(redemption: Redemption) -> None:
        match RedemptionStatus(redemption.status):
            case RedemptionStatus.RESERVED:
                placed = _placed(actor, redemption)
                reservations.cancel(session, placed, redemption, ReleaseReason.CANCELLED)
                if wish.reason is not None:
                    audit.record(
                        session,
                        placed,
                        "redemption.cancelled_for",
                        member_id=MemberId(redemption.member_id),
                        booking_id=booking_id,
                        why=kept_reason(wish.reason),
                    )
            case RedemptionStatus.CANCELLED | RedemptionStatus.EXPIRED:
                return
            case status:
                raise RedemptionClosed(booking_id=booking_id, status=status.value)

    return _once(session, actor, key, "cancel", booking_id, wish, run)


def reverse(
    session: Session, actor: Actor, key: str, booking_id: str, wish: RedemptionReversal
) -> Told[RedemptionTold]:
    """After Confirm: everything goes back the way it came. Raises NotFound, RedemptionClosed."""

    def run(redemption: Redemption) -> None:
        reversals.judge_completed(redemption)
        known = {reason.value for reason in ReversalReason if reason is not ReversalReason.UNDONE}
        why = ReversalReason(wish.reason) if wish.reason in known else ReversalReason.SURFACE_WISH
        wanted = reversals.Reversal(booking_id=booking_id, reason=why, goods=Goods.RETURNED)
        reversals.reversed_whole(session, _placed(actor, redemption), redemption, wanted)

    return _once(session, actor, key, "reverse", booking_id, wish, run, permission=Permission.REVERSE)


def codes_of(wish: QuoteWish | NewRedemption) -> list[str]:
    """The codes that a wish shows."""
    return [line.code for line in lines_of(wish) if line.code is not None]


def judge_not_locked(session: Session, actor: Actor, codes: Sequence[str]) -> None:
    """Refuse what may be a guess of a client that has made five bad ones in five minutes (TooManyAttempts).

    Whoever shows a whole code of a phone, or none, is not held up by what others typed at the same client.
    """
    seconds = attempts.seconds_locked(session, COUNTED, actor.client)
    if seconds and _may_be_guesses(session, codes):
        raise TooManyAttempts(seconds_left=seconds)


def count(
    session: Session, actor: Actor, refusal: Refusal, codes: Sequence[str], member_id: UUID | None
) -> None:
    """Count a code that may have been a guess: by client, a claim's PIN by the member that it was typed for."""
    if isinstance(refusal, WrongPin) and member_id is not None:
        claim_pins.count_wrong(session, member_id)
    if isinstance(refusal, _BAD) and _may_be_guesses(session, codes):
        attempts.count_failure(session, COUNTED, actor.client)


def _may_be_guesses(session: Session, codes: Sequence[str]) -> bool:
    return any(scanned_texts.may_be_guessed(session, code) for code in codes)


def _voucher_codes(wish: Confirmation) -> list[str]:
    return [
        tender.reference
        for tender in wish.tenders
        if tender.type == TenderType.VOUCHER.value and tender.reference is not None
    ]


def _order(session: Session, placed: Actor, lines: Sequence[ProvenLine]) -> Order:
    """The lines, each under the visit that its proof opens."""
    opened: dict[Proven, Visit] = {}
    for one in lines:
        proven = one.proven
        if proven not in opened:
            claim_id = None if proven.claim is None else proven.claim.id
            opened[proven] = visits.open_visit(
                session, placed, proven.member, proof=proven.proof, mode=proven.mode, claim_id=claim_id
            )
    return Order(lines=tuple(_order_line(session, one, opened[one.proven].id) for one in lines))


def _order_line(session: Session, one: ProvenLine, visit_id: UUID) -> OrderLine:
    if one.proven.claim is not None:
        return OrderLine(
            visit_id=visit_id,
            claim_id=one.proven.claim.id,
            units=one.line.units,
            points=one.line.points,
        )
    option_id = one.line.option
    if option_id is None:
        price = meant(prices_of(session, [one.reward_id])[one.reward_id], one.line.points)
        option_id = None if price is None else price.option_id
    return OrderLine(
        visit_id=visit_id,
        reward_id=one.reward_id,
        option_id=option_id,
        units=one.line.units,
        points=one.line.points,
    )


def _once(
    session: Session,
    actor: Actor,
    key: str,
    what: str,
    booking_id: str,
    wish: Confirmation | Cancellation | RedemptionReversal,
    move: Callable[[Redemption], None],
    permission: Permission = Permission.REDEEM,
    codes: Sequence[str] = (),
) -> Told[RedemptionTold]:
    concerned = Concerned()

    def run() -> RedemptionTold:
        redemption = _lock_own(session, actor, booking_id)
        concerned.member_id = MemberId(redemption.member_id)
        move(redemption)
        return redemption_told(session, actor, redemption)

    step = Step(
        operation=f"redemption.{what}",
        permission=permission,
        concerned=concerned,
        booking_id=booking_id,
        on_refusal=lambda refusal: count(session, actor, refusal, codes, None),
    )
    return keyed_bytes(session, actor, step, Keyed(key=key, body=(booking_id, wish)), RedemptionTold, run)


def _lock_own(session: Session, actor: Actor, booking_id: str) -> Redemption:
    """The client's own redemption, its row locked; NotFound for any other."""
    query = sa.select(Redemption).where(
        Redemption.booking_id == booking_id, Redemption.client == actor.client
    )
    if actor.reach:
        query = query.where(Redemption.branch_id.in_(actor.reach))
    redemption = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if redemption is None:
        raise NotFound(what="booking")
    return redemption


def _placed(actor: Actor, redemption: Redemption) -> Actor:
    return replace(actor, branch_id=redemption.branch_id, till_id=redemption.till_id)


def _payment(booking_id: str, wish: Confirmation, currency: str) -> redemptions.Payment:
    paid_by_voucher = [tender for tender in wish.tenders if tender.type == TenderType.VOUCHER.value]
    for tender in wish.tenders:
        if tender.currency != currency:
            raise InvalidInput(field="currency", rule=Rule.CHOICE)
    return redemptions.Payment(
        booking_id=booking_id,
        tenders=[_tender(tender) for tender in wish.tenders if tender not in paid_by_voucher],
        vouchers=[_voucher(tender) for tender in paid_by_voucher],
    )


def _tender(tender: TenderWish) -> TenderGiven:
    return TenderGiven(
        type=TenderType(tender.type), amount=Minor(tender.amount_minor), reference=tender.reference
    )


def _voucher(tender: TenderWish) -> VoucherGiven:
    if tender.reference is None:
        raise TenderReferenceNeeded(tender=tender.type)
    return VoucherGiven(code=tender.reference, amount=Minor(tender.amount_minor))
