"""How a claim begins and ends early: made, given a new code, cancelled. Redeems nothing and expires nothing."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import ledger
from ledger import MemberId, NotFound, Points, Session, new_id
from panel_app.programme import (
    audit,
    catalogue,
    claim_pins,
    claims,
    external_codes,
    limits,
    members,
    pricing,
    reservations,
)
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Claim, Reward
from panel_app.programme.programme_facts import programme_of, tag_of
from panel_app.programme.refusals import InvalidInput, NotAllowed, PriceNotOffered, RewardWithdrawn
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Concerned, Keyed, Step, keyed, plain
from panel_app.programme.terms import ChargeAt, ClaimStatus
from scanner import new_reward_code, new_short_code

QUANTITY_MAX = 20

_LIVE_AND_FREE = (
    Claim.status.in_([ClaimStatus.ISSUED.value, ClaimStatus.PART_REDEEMED.value]),
    Claim.held_by.is_(None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOrder:
    """What a member wants: `option_id` None is the points-only price, else the first."""

    member_id: UUID
    reward_id: UUID
    option_id: UUID | None = None
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeClaim:
    id: UUID
    code: str
    short_code: str
    pin: str | None = None


def make_claim(session: Session, actor: Actor, key: str, order: ClaimOrder) -> MadeClaim:
    """Claim a reward for a member; its points are taken now, unless the reward is charged at the counter.

    Raises NotFound, RewardWithdrawn, MemberSuspended, MemberClosed, LimitReached, PriceNotOffered,
    NotEnoughPoints, NoCodeLeft or InvalidInput.
    """

    def run() -> MadeClaim:
        if actor.member_id is not None and actor.member_id != order.member_id:
            raise NotAllowed(permission=Permission.ADMINISTER.value)
        owner = MemberId(order.member_id)
        return reservations.with_overdue_closed(session, actor, owner, lambda: issue(session, actor, order))

    step = Step(
        operation="claim.make",
        permission=Permission.MEMBER_SELF if actor.member_id else Permission.ADMINISTER,
        concerned=Concerned(member_id=MemberId(order.member_id)),
    )
    return keyed(session, actor, step, Keyed(key=key, body=order), MadeClaim, run)


def issue(session: Session, actor: Actor, order: ClaimOrder) -> MadeClaim:
    """The same within another step, whoever asks."""
    if not 1 <= order.quantity <= QUANTITY_MAX:
        raise InvalidInput(field="quantity", rule=Rule.RANGE, low=1, high=QUANTITY_MAX)
    member = members.member_by_id(session, order.member_id)
    reward = catalogue.reward_by_id(session, order.reward_id)
    if reward.status != "active":
        raise RewardWithdrawn
    catalogue.judge_is_goods(reward)
    members.judge_status(member)
    limits.judge(session, member.id, reward, order.quantity)
    if external_codes.has_list(reward) and order.quantity > 1:  # a partner's code is good for one
        raise InvalidInput(field="quantity", rule=Rule.AT_MOST, high=1)
    price = _chosen_price(session, order)
    return _issue(session, actor, order, reward, price)


def replace_claim(session: Session, actor: Actor, claim_id: UUID) -> MadeClaim:
    """Give the claim's remaining units a new code; the old code dies. NotFound unless it is live and free."""

    def run() -> MadeClaim:
        old = session.scalar(sa.select(Claim).where(Claim.id == claim_id, *_LIVE_AND_FREE).with_for_update())
        if old is None or old.spent:
            raise NotFound(what="unused claim")
        code, short = new_reward_code(tag_of(session)).text, new_short_code().text
        claim = Claim(
            id=new_id(),
            member_id=old.member_id,
            reward_id=old.reward_id,
            option_id=old.option_id,
            status=ClaimStatus.ISSUED.value,
            quantity=old.quantity,
            spent=0,
            points=old.points,
            charged=old.charged,
            charge_entry_id=old.charge_entry_id,
            cash=old.cash,
            valid_from=old.valid_from,
            valid_until=old.valid_until,
            created_at=session.clock.now(),
            pin_cipher=claim_pins.new_cipher(
                session, catalogue.reward_by_id(session, old.reward_id), old.member_id
            ),
            **claims.sealed_codes(session, code, short),
        )
        session.add(claim)
        session.flush()  # a code that it draws points to it
        old.status, old.closed_at = ClaimStatus.REPLACED.value, session.clock.now()
        member_id = MemberId(old.member_id)
        audit.record(session, actor, "claim.replaced", member_id=member_id, claim=old.id, by=claim.id)
        return _made(session, catalogue.reward_by_id(session, claim.reward_id), claim)

    return plain(session, actor, Step(operation="claim.replace", permission=Permission.ADMINISTER), run)


def cancel_claim(session: Session, actor: Actor, claim_id: UUID) -> None:
    """Take back a claim that was not charged and is not at a till; the code is dead from now on."""

    def run() -> None:
        cancelled = session.execute(
            sa.update(Claim)
            .where(
                Claim.id == claim_id,
                Claim.status == ClaimStatus.ISSUED.value,
                ~Claim.charged,
                Claim.held_by.is_(None),
            )
            .values(status=ClaimStatus.CANCELLED.value, closed_at=session.clock.now())
            .returning(Claim.member_id)
        ).one_or_none()
        if cancelled is None:
            raise NotFound(what="uncharged claim")
        audit.record(
            session, actor, "claim.cancelled", member_id=MemberId(cancelled.member_id), claim=claim_id
        )

    plain(session, actor, Step(operation="claim.cancel", permission=Permission.ADMINISTER), run)


def _chosen_price(session: Session, order: ClaimOrder) -> pricing.Price:
    prices = pricing.prices_of(session, [order.reward_id])[order.reward_id]
    if order.option_id is not None:
        prices = [price for price in prices if price.option_id == order.option_id]
    price = pricing.meant(prices)
    if price is None:
        raise PriceNotOffered
    return price


def _issue(
    session: Session, actor: Actor, order: ClaimOrder, reward: Reward, price: pricing.Price
) -> MadeClaim:
    now = session.clock.now()
    member_id = MemberId(order.member_id)
    code, short = new_reward_code(tag_of(session)).text, new_short_code().text
    programme = programme_of(session)
    today = now.astimezone(ZoneInfo(programme.time_zone if programme else "UTC")).date()
    claim = Claim(
        id=new_id(),
        member_id=member_id,
        reward_id=reward.id,
        option_id=price.option_id,
        status=ClaimStatus.ISSUED.value,
        quantity=order.quantity,
        spent=0,
        points=price.points * order.quantity,
        charged=reward.charge_at == ChargeAt.CLAIM.value,
        cash={currency: amount * order.quantity for currency, amount in price.cash.items()},
        valid_from=reward.valid_from,
        valid_until=today + timedelta(days=reward.claim_days),
        created_at=now,
        pin_cipher=claim_pins.new_cipher(session, reward, member_id),
        **claims.sealed_codes(session, code, short),
    )
    session.add(claim)
    session.flush()  # the charge's audit record names the claim, and a code that it draws points to it
    if claim.charged:
        charge = ledger.charge_claim(
            session,
            actor.origin(reference=claims.reference_of(claim.id)),
            member_id=member_id,
            points=Points(claim.points),
        )
        claim.charge_entry_id = charge.id
    audit.record(
        session,
        actor,
        "claim.made",
        member_id=member_id,
        claim=claim.id,
        reward=reward.id,
        quantity=claim.quantity,
        points=claim.points,
        charged=claim.charged,
    )
    audit.event(session, "claim.issued", member_id, claim=claim.id, quantity=claim.quantity)
    return _made(session, reward, claim)


def _made(session: Session, reward: Reward, claim: Claim) -> MadeClaim:
    """The claim with its codes. A partner's code comes last: many members draw from one list."""
    code, short = claims.codes_of(session, claim)
    if external_codes.has_list(reward):
        code = external_codes.draw(session, claim)
    return MadeClaim(id=claim.id, code=code, short_code=short, pin=claim_pins.pin_of(session, claim))
