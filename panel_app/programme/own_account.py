"""What a member sees of the own account on the phone: balance, claims with their codes, orders, rewards to claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import MemberId, Minor, Points, Reason, Session
from panel_app.programme import catalogue, claim_pins, claims, external_codes, members, pricing, receipts
from panel_app.programme.access import Actor, Permission
from panel_app.programme.giving_back import OnExpiry
from panel_app.programme.models import Branch, Claim, Redemption, Reward
from panel_app.programme.refusals import NotAllowed
from panel_app.programme.terms import (
    ClaimFace,
    ClaimStatus,
    MemberFace,
    Money,
    OfferFace,
    OptionFace,
    Receipt,
    RedemptionStatus,
    RewardFace,
)

ORDERS_SHOWN = 20
CLAIMS_SHOWN = 20
EXPIRED_SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnClaim:
    """A claim as its owner sees it, with its codes."""

    face: ClaimFace
    code: str
    short_code: str
    pin: str | None
    by_pin_alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredClaim:
    """A claim that ran out, and what became of the points of its unused units (0: it was not charged)."""

    reward: RewardFace
    units: int
    valid_until: date | None
    points: Points
    became: OnExpiry


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    member: MemberFace
    claims: Sequence[OwnClaim]
    expired: Sequence[ExpiredClaim]
    orders: Sequence[Receipt]


def account_of(session: Session, actor: Actor) -> OwnAccount:
    """Everything on the member's first page."""
    member = members.member_by_id(session, _member_id(actor))
    live = session.scalars(
        sa.select(Claim)
        .where(
            Claim.member_id == member.id,
            Claim.status.in_([ClaimStatus.ISSUED.value, ClaimStatus.PART_REDEEMED.value]),
        )
        .order_by(Claim.created_at.desc(), Claim.id)
        .limit(CLAIMS_SHOWN)
    ).all()
    # A reservation that ran out or was cancelled is no order: nothing was ever taken.
    orders = session.scalars(
        sa.select(Redemption)
        .where(
            Redemption.member_id == member.id,
            Redemption.status.not_in([RedemptionStatus.CANCELLED.value, RedemptionStatus.EXPIRED.value]),
        )
        .order_by(Redemption.opened_at.desc())
        .limit(ORDERS_SHOWN)
    ).all()
    return OwnAccount(
        member=members.face_of(session, member),
        claims=[_own_claim(session, claim) for claim in live],
        expired=_expired(session, member.id),
        orders=[receipts.receipt_of(session, order) for order in orders],
    )


def rewards_for(session: Session, actor: Actor, currency: str | None = None) -> list[OfferFace]:
    """The active goods with their prices in one currency, whatever branch they are for."""
    actor.require(Permission.MEMBER_SELF)
    currency = currency or _first_currency(session)
    available = ledger.balance_of(session, _member_id(actor)).available
    goods = (Reward.status == "active", Reward.voucher_amount.is_(None))
    rewards = session.scalars(sa.select(Reward).where(*goods).order_by(Reward.name)).all()
    prices = pricing.prices_of(session, [reward.id for reward in rewards])
    offers = []
    for reward in rewards:
        options = tuple(
            face
            for price in prices[reward.id]
            if (face := price.face_for_claim(currency, available)) is not None
        )
        if not options:
            continue
        # A partner's code is good for one, so a claim of it is of one.
        at_most = min(1, external_codes.left(session, reward.id)) if external_codes.has_list(reward) else None
        reason = Reason.NOT_ENOUGH_POINTS if all(option.missing for option in options) else None
        offers.append(
            OfferFace(
                reward=catalogue.face_of(reward),
                options=options,
                stock=at_most,
                reason=Reason.NO_CODE_LEFT if at_most == 0 else reason,
            )
        )
    return sorted(offers, key=lambda offer: (offer.reason is not None, _cheapest(offer.options)))


def _cheapest(options: Sequence[OptionFace]) -> Points:
    return min(option.points for option in options)


def _first_currency(session: Session) -> str:
    return session.scalar(sa.select(Branch.currency).order_by(Branch.code).limit(1)) or "EUR"


def _member_id(actor: Actor) -> MemberId:
    if actor.member_id is None:
        raise NotAllowed(permission=Permission.MEMBER_SELF.value)
    return actor.member_id


def _expired(session: Session, member_id: UUID) -> list[ExpiredClaim]:
    rows = session.execute(
        sa.select(Claim, Reward)
        .join(Reward, Reward.id == Claim.reward_id)
        .where(
            Claim.member_id == member_id,
            Claim.status == ClaimStatus.EXPIRED.value,
            Claim.closed_at > session.clock.now() - EXPIRED_SHOWN_FOR,
        )
        .order_by(Claim.closed_at.desc(), Claim.id)
        .limit(CLAIMS_SHOWN)
    )
    return [
        ExpiredClaim(
            reward=catalogue.face_of(reward),
            units=claim.quantity - claim.spent,
            valid_until=claim.valid_until,
            points=claims.charged_points(claim, claim.quantity - claim.spent),
            became=OnExpiry(reward.on_expiry),
        )
        for claim, reward in rows
    ]


def _own_claim(session: Session, claim: Claim) -> OwnClaim:
    code, short_code = claims.codes_of(session, claim)
    reward = catalogue.reward_by_id(session, claim.reward_id)
    remaining = claim.quantity - claim.spent
    currency = next(iter(claim.cash), "")
    points, cash = claims.due_in(claim, currency, remaining)
    return OwnClaim(
        code=external_codes.code_of(session, claim.id) or code,
        short_code=short_code,
        pin=claim_pins.pin_of(session, claim),
        by_pin_alone=claim_pins.is_alone(reward),
        face=ClaimFace(
            id=claim.id,
            reward=catalogue.face_of(reward),
            status=ClaimStatus(claim.status),
            quantity=claim.quantity,
            remaining=remaining,
            valid_from=claim.valid_from,
            valid_until=claim.valid_until,
            points_due=points,
            cash_due=Money(amount=Minor(cash.amount), currency=cash.currency),
            usable=True,
            reason=None,
        ),
    )
