"""What other surfaces find: branches with their tills, rewards with their prices there. And a claim for a member."""

from uuid import UUID

import sqlalchemy as sa

from ledger import MemberId, Points, Session
from panel_app.programme import catalogue, pricing, reservations, voucher_lists
from panel_app.programme.access import Actor, Permission
from panel_app.programme.claiming import ClaimOrder, issue
from panel_app.programme.models import Branch, Claim, Reward, Till
from panel_app.programme.steps import Concerned, Keyed, Step, Told, keyed_bytes
from panel_app.programme.surfaces.places import branch_named
from panel_app.programme.surfaces.told import (
    BranchesTold,
    BranchTold,
    ClaimTold,
    MoneyTold,
    OptionTold,
    RewardsTold,
    RewardTold,
    TillTold,
)
from panel_app.programme.surfaces.wishes import NewClaim
from panel_app.programme.terms import ClaimStatus, Money, OfferFace, RedemptionType


def branches(session: Session, actor: Actor) -> BranchesTold:
    """The branches that the key reaches."""
    query = sa.select(Branch).order_by(Branch.code)
    if actor.reach:
        query = query.where(Branch.id.in_(actor.reach))
    tills: dict[UUID, list[TillTold]] = {}
    for till in session.scalars(sa.select(Till).order_by(Till.code)):
        tills.setdefault(till.branch_id, []).append(TillTold(id=till.id, code=till.code))
    return BranchesTold(
        items=[
            BranchTold(
                id=branch.id,
                code=branch.code,
                name=branch.name,
                time_zone=branch.time_zone,
                currency=branch.currency,
                tills=tills.get(branch.id, []),
            )
            for branch in session.scalars(query)
        ]
    )


def rewards(session: Session, actor: Actor, branch: str) -> RewardsTold:
    """The active rewards usable at a branch, the cheapest first. Raises NotFound, NotAllowed."""
    where = branch_named(session, actor, branch)
    offers = catalogue.offers_at(session, where, Points(0))
    told = [_reward(session, offer) for offer in offers] + _vouchers(session)
    told.sort(key=lambda reward: min(option.points for option in reward.price_options))
    return RewardsTold(items=told)


def claim(session: Session, actor: Actor, key: str, wish: NewClaim) -> Told[ClaimTold]:
    """Claim a reward for a member. Raises what claiming.issue() raises."""
    owner = MemberId(wish.member_id)
    order = ClaimOrder(
        member_id=owner, reward_id=wish.reward_id, option_id=wish.option, quantity=wish.quantity
    )

    def run() -> ClaimTold:
        made = reservations.with_overdue_closed(session, actor, owner, lambda: issue(session, actor, order))
        row = session.get_one(Claim, made.id)
        return ClaimTold(
            id=row.id,
            code=made.code,
            short_code=made.short_code,
            status=ClaimStatus(row.status),
            member_id=row.member_id,
            reward_id=row.reward_id,
            quantity=row.quantity,
            remaining=row.quantity - row.spent,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )

    step = Step(
        operation="claim.for_member",
        permission=Permission.CLAIM_FOR_MEMBER,
        concerned=Concerned(member_id=owner),
    )
    return keyed_bytes(session, actor, step, Keyed(key=key, body=wish), ClaimTold, run)


def money(amount: Money) -> MoneyTold:
    return MoneyTold(amount_minor=amount.amount, currency=amount.currency)


def _vouchers(session: Session) -> list[RewardTold]:
    """What points are converted into, at whatever branch."""
    query = sa.select(Reward).where(Reward.status == "active", Reward.voucher_amount.is_not(None))
    rows = session.scalars(query.order_by(Reward.name)).all()
    prices = pricing.prices_of(session, [row.id for row in rows])
    return [
        RewardTold(
            id=row.id,
            name=row.name,
            description=row.description,
            redemption_types=[],
            price_options=[
                OptionTold(id=price.option_id, kind=price.kind, points=price.points, cash=_worth(row, 0))
                for price in prices[row.id]
            ],
            stock=voucher_lists.left(session, row.id),
            voucher=_worth(row, row.voucher_amount or 0),
        )
        for row in rows
    ]


def _worth(reward: Reward, amount: int) -> MoneyTold:
    return MoneyTold(amount_minor=amount, currency=reward.voucher_currency or "")


def _reward(session: Session, offer: OfferFace) -> RewardTold:
    kinds = session.get_one(Reward, offer.reward.id).redemption_types
    return RewardTold(
        id=offer.reward.id,
        name=offer.reward.name,
        description=offer.reward.description,
        redemption_types=[RedemptionType(kind) for kind in kinds],
        price_options=[
            OptionTold(
                id=option.id,
                kind=option.kind,
                points=option.points,
                cash=money(option.cash),
                min_points=None if option.slide is None else option.slide.min_points,
                rate=None if option.slide is None else option.slide.rate,
            )
            for option in offer.options
        ],
        stock=offer.stock,
    )
