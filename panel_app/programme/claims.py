"""Claims: a member's right to n units of a reward under one code; how one is made, found, taken and spent.

Whether a claim is good at a counter is judged in claim_rules, in the order of product.md.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import ledger
from ledger import Instant, MemberId, Minor, NotFound, Points, Session, new_id
from panel_app.programme import audit, catalogue, limits, members, pricing
from panel_app.programme.access import Actor, Permission
from panel_app.programme.models import Claim, Reward
from panel_app.programme.programme_facts import programme_of, tag_of
from panel_app.programme.refusals import InvalidInput, PriceNotOffered, RewardWithdrawn, UnknownCode
from panel_app.programme.steps import Keyed, Step, keyed, plain
from panel_app.programme.terms import ChargeAt, ClaimFace, ClaimStatus, Money
from scanner import RewardCode, ShortCode, new_reward_code, new_short_code

QUANTITY_MAX = 20
_CODE = "claim code"
_SHORT = "claim short code"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnClaim:
    """A claim as its owner sees it, with its codes."""

    face: ClaimFace
    code: str
    short_code: str


def make_claim(session: Session, actor: Actor, key: str, order: ClaimOrder) -> MadeClaim:
    """Claim a reward for a member; its points are taken now, unless the reward is charged at the counter.

    Raises NotFound, RewardWithdrawn, MemberSuspended, MemberClosed, LimitReached, PriceNotOffered,
    NotEnoughPoints or InvalidInput.
    """

    def run() -> MadeClaim:
        if not 1 <= order.quantity <= QUANTITY_MAX:
            raise InvalidInput(field="quantity", rule=f"1 to {QUANTITY_MAX}")
        member = members.member_by_id(session, order.member_id)
        reward = catalogue.reward_by_id(session, order.reward_id)
        if reward.status != "active":
            raise RewardWithdrawn
        members.judge_status(member)
        limits.judge(session, member.id, reward, order.quantity)
        price = _chosen_price(session, order)
        return _issue(session, actor, order, reward, price)

    step = Step(
        operation="claim.make",
        permission=Permission.MEMBER_SELF if actor.member_id else Permission.ADMINISTER,
        member_id=MemberId(order.member_id),
    )
    return keyed(session, actor, step, Keyed(key=key, body=order), MadeClaim, run)


def cancel_claim(session: Session, actor: Actor, claim_id: UUID) -> None:
    """Take back a claim that was not charged and is not at a till; the code is dead from now on."""

    def run() -> None:
        cancelled = session.execute(
            sa.update(Claim)
            .where(
                Claim.id == claim_id,
                Claim.status == ClaimStatus.ISSUED.value,
                Claim.charged.is_(False),
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
            cash=old.cash,
            valid_from=old.valid_from,
            valid_until=old.valid_until,
            created_at=session.clock.now(),
            **_sealed_codes(session, code, short),
        )
        session.add(claim)
        old.status, old.closed_at = ClaimStatus.REPLACED.value, session.clock.now()
        member_id = MemberId(old.member_id)
        audit.record(session, actor, "claim.replaced", member_id=member_id, claim=old.id, by=claim.id)
        return MadeClaim(id=claim.id, code=code, short_code=short)

    return plain(session, actor, Step(operation="claim.replace", permission=Permission.ADMINISTER), run)


def expire_past(session: Session, actor: Actor, *, limit: int = 100) -> int:
    """Close claims whose last day is over in every time zone; gives how many. Scanning judges by itself."""

    def run() -> int:
        everywhere_over = (session.clock.now() - timedelta(hours=12)).date()
        past = session.scalars(
            sa.select(Claim)
            .where(Claim.valid_until < everywhere_over, *_LIVE_AND_FREE)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for claim in past:
            claim.status, claim.closed_at = ClaimStatus.EXPIRED.value, session.clock.now()
            audit.record(session, actor, "claim.expired", member_id=MemberId(claim.member_id), claim=claim.id)
        return len(past)

    return plain(session, actor, Step(operation="claim.expire", permission=Permission.EXPIRE), run)


_LIVE_AND_FREE = (
    Claim.status.in_([ClaimStatus.ISSUED.value, ClaimStatus.PART_REDEEMED.value]),
    Claim.held_by.is_(None),
)


def _sealed_codes(session: Session, code: str, short: str) -> dict[str, bytes]:
    """Both codes as they are stored: a keyed hash for look-up, and encrypted for showing again."""
    keyring = session.keyring
    return {
        "code_hash": keyring.mac(_CODE, code),
        "code_cipher": keyring.encrypt(_CODE, code.encode()),
        "short_hash": keyring.mac(_SHORT, short),
        "short_cipher": keyring.encrypt(_SHORT, short.encode()),
    }


def codes_of(session: Session, claim: Claim) -> tuple[str, str]:
    """A claim's code and short code, for its owner's eyes."""
    keyring = session.keyring
    return (
        keyring.decrypt(_CODE, claim.code_cipher).decode(),
        keyring.decrypt(_SHORT, claim.short_cipher).decode(),
    )


def _chosen_price(session: Session, order: ClaimOrder) -> pricing.Price:
    prices = pricing.prices_of(session, [order.reward_id])[order.reward_id]
    if order.option_id is not None:
        prices = [price for price in prices if price.option_id == order.option_id]
    if not prices:
        raise PriceNotOffered
    return next((price for price in prices if not price.cash), prices[0])


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
        **_sealed_codes(session, code, short),
    )
    session.add(claim)
    session.flush()  # the charge's audit record names the claim
    if claim.charged:
        ledger.charge_claim(
            session,
            actor.origin(reference=f"claim {claim.id}"),
            member_id=member_id,
            points=Points(claim.points),
        )
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
    return MadeClaim(id=claim.id, code=code, short_code=short)


def by_code(session: Session, code: RewardCode | ShortCode) -> Claim:
    """The claim that a code opens; UnknownCode when there is none."""
    column, purpose = (Claim.code_hash, _CODE) if isinstance(code, RewardCode) else (Claim.short_hash, _SHORT)
    claim = session.scalar(sa.select(Claim).where(column == session.keyring.mac(purpose, code.text)))
    if claim is None:
        raise UnknownCode
    return claim


def due_in(claim: Claim, currency: str, units: int) -> tuple[Points, Money]:
    """What the next `units` units still cost at the counter: points (0 when charged) and cash.

    Raises PriceNotOffered when the claim's price has no cash part in the currency but in others.
    """
    if claim.cash and currency not in claim.cash:
        raise PriceNotOffered
    points = 0 if claim.charged else pricing.share(claim.points, claim.quantity, claim.spent, units)
    cash = pricing.share(claim.cash.get(currency, 0), claim.quantity, claim.spent, units)
    return Points(points), Money(amount=Minor(cash), currency=currency)


def charged_points(claim: Claim, units: int) -> Points:
    """What the next `units` units cost when the claim was made; 0 when it is charged at the counter."""
    if not claim.charged:
        return Points(0)
    return Points(pricing.share(claim.points, claim.quantity, claim.spent, units))


def take(session: Session, claim_id: UUID, redemption_id: UUID) -> bool:
    """Bind a live claim to a redemption at a till; False when another one has it or it is no longer live."""
    taken = session.execute(
        sa.update(Claim)
        .where(
            Claim.id == claim_id,
            Claim.held_by.is_(None),
            Claim.status.in_([ClaimStatus.ISSUED.value, ClaimStatus.PART_REDEEMED.value]),
        )
        .values(held_by=redemption_id)
        .returning(Claim.id)
    ).one_or_none()
    return taken is not None


def give_back(session: Session, redemption_id: UUID) -> None:
    """Free the claim that a redemption had at a till."""
    session.execute(sa.update(Claim).where(Claim.held_by == redemption_id).values(held_by=None))


def spend(session: Session, claim_id: UUID, redemption_id: UUID, units: int) -> None:
    """Spend units of the claim that a redemption holds. Each unit is spent once: the row's CHECK holds it."""
    spent = Claim.spent + units
    is_last = spent == Claim.quantity
    done = session.execute(
        sa.update(Claim)
        .where(Claim.id == claim_id, Claim.held_by == redemption_id)
        .values(
            spent=spent,
            held_by=None,
            status=sa.case((is_last, ClaimStatus.REDEEMED.value), else_=ClaimStatus.PART_REDEEMED.value),
            closed_at=sa.case((is_last, sa.literal(session.clock.now(), Instant())), else_=None),
        )
        .returning(Claim.id)
    ).one_or_none()
    if done is None:
        raise RuntimeError("a redemption must hold the claim whose units it spends")
