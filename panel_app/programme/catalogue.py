"""Rewards: set-up, how they are shown, where they may be used, and what a member can redeem at a branch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from ledger import NotFound, Points, Reason, Session, new_id
from panel_app.programme import audit, branches, pricing, stock
from panel_app.programme.access import Actor, Permission
from panel_app.programme.giving_back import OnExpiry
from panel_app.programme.models import Branch, PriceCash, PriceOption, PriceRate, Reward, RewardBranch
from panel_app.programme.refusals import InvalidInput, NotYetValid, PriceNotOffered, WrongBranch
from panel_app.programme.rules import Rule
from panel_app.programme.sliding import RATE_MAX, rate_of
from panel_app.programme.steps import Step, plain
from panel_app.programme.terms import ChargeAt, Money, OfferFace, OptionKind, RedemptionType, RewardFace


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOption:
    """A price of a new reward: points, and cash in minor units by currency (none: points only).

    With `min_points` it is a sliding one: `rates` are minor units a point by currency, as “0.8”.
    """

    points: Points
    cash: dict[str, int] = field(default_factory=dict)
    min_points: Points | None = None
    rates: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> OptionKind:
        if self.min_points is not None:
            return OptionKind.SLIDING
        return OptionKind.MIX if self.cash else OptionKind.POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReward:
    """What a programme administrator says of a reward. No branches means every branch."""

    sku: str
    name: str
    description: str
    terms: str
    picture: str
    options: Sequence[NewOption]
    redemption_types: Sequence[RedemptionType] = (RedemptionType.QR,)
    charge_at: ChargeAt = ChargeAt.CLAIM
    on_expiry: OnExpiry = OnExpiry.RESTORED
    claim_days: int = 90
    ean: str | None = None
    valid_from: date | None = None
    daily_limit: int | None = None
    branch_ids: Sequence[UUID] = ()
    voucher: Money | None = None  # no goods: points are converted into a voucher of this worth


def create_reward(session: Session, actor: Actor, new: NewReward) -> UUID:
    """Set up a reward with its price options."""

    def run() -> UUID:
        if not new.options:
            raise InvalidInput(field="options", rule=Rule.ONE_PRICE)
        if new.voucher is not None and any(option.cash for option in new.options):
            raise InvalidInput(field="options", rule=Rule.POINTS_ONLY)
        if session.scalar(sa.select(Reward.id).where(Reward.sku == new.sku)) is not None:
            raise InvalidInput(field="sku", rule=Rule.NOT_IN_USE)
        reward_id = new_id()
        session.add(
            Reward(
                id=reward_id,
                sku=new.sku,
                name=new.name,
                description=new.description,
                terms=new.terms,
                picture=new.picture,
                ean=new.ean,
                status="active",
                charge_at=new.charge_at.value,
                on_expiry=new.on_expiry.value,
                redemption_types=[kind.value for kind in new.redemption_types],
                claim_days=new.claim_days,
                valid_from=new.valid_from,
                daily_limit=new.daily_limit,
                voucher_amount=None if new.voucher is None else new.voucher.amount,
                voucher_currency=None if new.voucher is None else new.voucher.currency,
                created_at=session.clock.now(),
            )
        )
        session.flush()  # the rows below refer to it
        for position, option in enumerate(new.options):
            _add_option(session, reward_id, position, option)
        for branch_id in new.branch_ids:
            session.add(RewardBranch(reward_id=reward_id, branch_id=branch_id))
        audit.record(session, actor, "reward.created", reward=reward_id)
        return reward_id

    return plain(session, actor, Step(operation="reward.create", permission=Permission.ADMINISTER), run)


def withdraw_reward(session: Session, actor: Actor, reward_id: UUID) -> None:
    """Take a reward out of the programme: no new claims, and its open claims are refused."""

    def run() -> None:
        reward_by_id(session, reward_id).status = "withdrawn"
        audit.record(session, actor, "reward.withdrawn", reward=reward_id)

    plain(session, actor, Step(operation="reward.withdraw", permission=Permission.ADMINISTER), run)


def receive_stock(session: Session, actor: Actor, branch_id: UUID, reward_id: UUID, quantity: int) -> None:
    """Book goods that arrived at a branch; from then on the reward is counted there."""

    def run() -> None:
        if quantity <= 0:
            raise InvalidInput(field="quantity", rule=Rule.MORE_THAN_ZERO)
        stock.receive(session, branch_id, reward_id, quantity)
        audit.record(session, actor, "stock.received", reward=reward_id, branch=branch_id, quantity=quantity)

    plain(session, actor, Step(operation="stock.receive", permission=Permission.ADMINISTER), run)


def reward_by_id(session: Session, reward_id: UUID) -> Reward:
    """The reward's row, for use cases; NotFound when there is none."""
    reward = session.get(Reward, reward_id)
    if reward is None:
        raise NotFound(what="reward")
    return reward


def face_of(reward: Reward) -> RewardFace:
    """The reward as it is shown."""
    return RewardFace(
        id=reward.id,
        name=reward.name,
        description=reward.description,
        terms=reward.terms,
        picture=reward.picture,
        ean=reward.ean,
    )


def needs_claim(reward: Reward) -> bool:
    """Whether the reward is opened by a code of its claim alone: a partner's, or a PIN if it takes only that."""
    kinds = set(reward.redemption_types)
    return RedemptionType.EXTERNAL_QR.value in kinds or kinds == {RedemptionType.PIN.value}


def judge_is_goods(reward: Reward) -> None:
    """Refuse what is converted into a voucher where goods are claimed or handed over (PriceNotOffered)."""
    if reward.voucher_amount is not None:
        raise PriceNotOffered


def judge_begun(session: Session, reward: Reward, branch: Branch) -> None:
    """Refuse a reward whose first day, in the branch's zone, is still to come (NotYetValid)."""
    if reward.valid_from is not None and branches.today_at(session, branch) < reward.valid_from:
        raise NotYetValid(valid_from=reward.valid_from)


def judge_branch(session: Session, reward: Reward, branch_id: UUID) -> None:
    """Refuse a branch where the reward may not be used (WrongBranch names those where it may)."""
    rows = session.execute(
        sa.select(Branch.id, Branch.name)
        .join(RewardBranch, RewardBranch.branch_id == Branch.id)
        .where(RewardBranch.reward_id == reward.id)
        .order_by(Branch.code)
    ).all()
    if rows and branch_id not in {row.id for row in rows}:
        raise WrongBranch(branches=tuple(row.name for row in rows))


def offers_at(
    session: Session, branch: Branch, available: Points, reward_ids: Sequence[UUID] | None = None
) -> list[OfferFace]:
    """The active goods that a branch hands out, with their prices there; those within reach come first."""
    elsewhere = sa.exists().where(RewardBranch.reward_id == Reward.id) & ~sa.exists().where(
        RewardBranch.reward_id == Reward.id, RewardBranch.branch_id == branch.id
    )
    goods = (Reward.status == "active", Reward.voucher_amount.is_(None), ~elsewhere)
    query = sa.select(Reward).where(*goods).order_by(Reward.name)
    if reward_ids is not None:
        query = query.where(Reward.id.in_(reward_ids))
    rewards = session.scalars(query).all()
    ids = [reward.id for reward in rewards]
    prices = pricing.prices_of(session, ids)
    left = stock.available(session, branch.id, ids)
    today = branches.today_at(session, branch)
    offers = [
        _offer(branch, reward, prices[reward.id], left.get(reward.id), available, today) for reward in rewards
    ]
    priced = [offer for offer in offers if offer.options]
    return sorted(priced, key=lambda offer: (offer.reason is not None, min(o.points for o in offer.options)))


def _offer(
    branch: Branch,
    reward: Reward,
    prices: Sequence[pricing.Price],
    left: int | None,
    available: Points,
    today: date,
) -> OfferFace:
    faces = [face for price in prices if (face := price.face(branch.currency, available)) is not None]
    reason = None
    if needs_claim(reward):
        reason = Reason.CLAIM_NEEDED
    elif reward.valid_from is not None and today < reward.valid_from:
        reason = Reason.NOT_YET_VALID
    elif left is not None and left <= 0:
        reason = Reason.OUT_OF_STOCK
    elif faces and all(face.missing for face in faces):
        reason = Reason.NOT_ENOUGH_POINTS
    return OfferFace(reward=face_of(reward), options=tuple(faces), stock=left, reason=reason)


def _add_option(session: Session, reward_id: UUID, position: int, option: NewOption) -> None:
    option_id = new_id()
    rates = _rates_of(option)
    session.add(
        PriceOption(
            id=option_id,
            reward_id=reward_id,
            position=position,
            kind=option.kind.value,
            points=option.points,
            min_points=option.min_points,
        )
    )
    session.flush()  # the cash rows refer to it
    for currency, amount in option.cash.items():
        session.add(PriceCash(option_id=option_id, currency=currency, amount=amount))
    for currency, per_million in rates.items():
        session.add(PriceRate(option_id=option_id, currency=currency, per_million=per_million))


def _rates_of(option: NewOption) -> dict[str, int]:
    """The rates of a sliding price; refuses one whose parts don't go together."""
    slides = option.min_points is not None
    if slides != bool(option.rates) or (slides and option.cash):
        raise InvalidInput(field="rates", rule=Rule.SLIDING_ONLY)
    if option.min_points is not None and not 0 < option.min_points < option.points:
        raise InvalidInput(field="min_points", rule=Rule.RANGE, low=1, high=option.points - 1)
    try:
        rates = {currency: rate_of(text) for currency, text in option.rates.items()}
    except ValueError:
        raise InvalidInput(field="rates", rule=Rule.AMOUNT, example="0.8") from None
    if any(not 0 < rate <= RATE_MAX for rate in rates.values()):
        raise InvalidInput(field="rates", rule=Rule.AMOUNT, example="0.8")
    return rates
