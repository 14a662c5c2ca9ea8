"""Conversions that other surfaces ask for: begun, gone on with after a crash, read, answered. Knows no HTTP."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from ledger import MemberId, NotFound, Points, Session
from panel_app.programme import catalogue, conversions, limits, members, pricing, voucher_lists
from panel_app.programme.access import Actor, Permission
from panel_app.programme.conversion_terms import ConversionFailure, ConversionKind, ConversionStatus
from panel_app.programme.models import Conversion, Reward
from panel_app.programme.programme_facts import today
from panel_app.programme.refusals import InvalidInput, NotYetValid, PriceNotOffered, RewardWithdrawn
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Concerned, Keyed, Step, Told, keyed, keyed_bytes
from panel_app.programme.surfaces.conversion_shapes import ConversionTold, NewConversion, VoucherTold
from panel_app.programme.surfaces.shelves import money
from panel_app.programme.surfaces.wishes import Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    booking_id: str


def convert(
    session: Session, actor: Actor, key: str, member_id: UUID, wish: NewConversion
) -> Told[ConversionTold]:
    """Hold, deduct, and then fulfil: three transactions under one key, so that asking again goes on with the rest.

    Raises NotFound, MemberSuspended, MemberClosed, RewardWithdrawn, NotYetValid, PriceNotOffered, LimitReached,
    NotEnoughPoints, PointsNotYetPosted, InvalidInput; what fails after the points were held is told as `failed`.
    """
    owner, once = MemberId(member_id), Keyed(key=key, body=(member_id, wish))

    def begin() -> _Begun:
        members.judge_status(members.member_by_id(session, owner))
        order = _order(session, owner, wish)
        return _Begun(booking_id=conversions.reserve(session, actor, order).booking_id)

    booking_id = keyed(session, actor, _step("begin", owner), once, _Begun, begin).booking_id
    conversions.deduct(session, actor, booking_id)

    def finish() -> ConversionTold:
        conversion = conversions.lock(session, booking_id)
        conversions.draw_voucher(session, actor, conversion)
        return _told(session, conversion)

    return keyed_bytes(session, actor, _step("finish", owner), once, ConversionTold, finish)


def by_booking_id(session: Session, actor: Actor, booking_id: str) -> ConversionTold:
    """The client's own as it stands, with the voucher that it drew; NotFound for any other."""
    actor.require(Permission.MOVE_POINTS)
    return _told(session, _own(session, actor, booking_id))


def fulfilled(
    session: Session, actor: Actor, key: str, booking_id: str, wish: Nothing
) -> Told[ConversionTold]:
    """The partner has the points. Raises NotFound, ConversionClosed."""
    return _answer(session, actor, key, booking_id, wish, None)


def failed(session: Session, actor: Actor, key: str, booking_id: str, wish: Nothing) -> Told[ConversionTold]:
    """The partner has not taken them: they go back to the member. Raises NotFound, ConversionClosed."""
    return _answer(session, actor, key, booking_id, wish, ConversionFailure.PARTNER_REFUSED)


def _answer(
    session: Session,
    actor: Actor,
    key: str,
    booking_id: str,
    wish: Nothing,
    failure: ConversionFailure | None,
) -> Told[ConversionTold]:
    concerned = Concerned()

    def run() -> ConversionTold:
        found = _own(session, actor, booking_id)
        concerned.member_id = MemberId(found.member_id)
        if found.kind != ConversionKind.TRANSFER.value:
            raise NotFound(what="transfer")  # a voucher waits for nobody's answer
        conversion = conversions.lock(session, booking_id)
        conversions.answered(session, actor, conversion, failure)
        return _told(session, conversion)

    step = Step(
        operation=f"conversion.{'fulfilled' if failure is None else 'failed'}",
        permission=Permission.MOVE_POINTS,
        concerned=concerned,
        booking_id=booking_id,
    )
    return keyed_bytes(session, actor, step, Keyed(key=key, body=(booking_id, wish)), ConversionTold, run)


def _step(what: str, owner: MemberId) -> Step:
    return Step(
        operation=f"conversion.{what}",
        permission=Permission.MOVE_POINTS,
        concerned=Concerned(member_id=owner),
    )


def _order(session: Session, owner: MemberId, wish: NewConversion) -> conversions.Order:
    if wish.reward_id is None:
        if wish.partner is None or wish.points is None:
            raise InvalidInput(field="partner" if wish.partner is None else "points", rule=Rule.REQUIRED)
        points = Points(wish.points)
        return conversions.Order(
            member_id=owner, points=points, reference=wish.reference, partner=wish.partner
        )
    if wish.partner is not None or wish.points is not None:
        raise InvalidInput(field="reward_id", rule=Rule.CHOICE)
    reward = catalogue.reward_by_id(session, wish.reward_id)
    _judge(session, owner, reward)
    points = pricing.prices_of(session, [reward.id])[reward.id][0].points
    return conversions.Order(member_id=owner, points=points, reference=wish.reference, reward_id=reward.id)


def _judge(session: Session, owner: MemberId, reward: Reward) -> None:
    if reward.voucher_amount is None:
        raise PriceNotOffered  # goods are claimed or handed over
    if reward.status != "active":
        raise RewardWithdrawn
    if reward.valid_from is not None and today(session) < reward.valid_from:
        raise NotYetValid(valid_from=reward.valid_from)
    limits.judge(session, owner, reward, 1)


def _own(session: Session, actor: Actor, booking_id: str) -> Conversion:
    """A conversion that this client asked for, at a branch of its key; NotFound for any other."""
    conversion = session.scalar(sa.select(Conversion).where(Conversion.booking_id == booking_id))
    if conversion is None or conversion.client != actor.client:
        raise NotFound(what="conversion")
    if actor.reach and conversion.branch_id is not None and conversion.branch_id not in actor.reach:
        raise NotFound(what="conversion")
    return conversion


def _told(session: Session, conversion: Conversion) -> ConversionTold:
    voucher = voucher_lists.drawn_by(session, conversion.id)
    return ConversionTold(
        booking_id=conversion.booking_id,
        kind=ConversionKind(conversion.kind),
        status=ConversionStatus(conversion.status),
        member_id=conversion.member_id,
        points=conversion.points,
        reward_id=conversion.reward_id,
        partner=conversion.partner,
        reference=conversion.reference,
        voucher=None
        if voucher is None
        else VoucherTold(code=voucher.code, amount=money(voucher.amount), last_day=voucher.last_day),
        failure=None if conversion.failure is None else ConversionFailure(conversion.failure),
        created_at=conversion.opened_at,
        expires_at=conversion.expires_at,
        closed_at=conversion.closed_at,
    )
