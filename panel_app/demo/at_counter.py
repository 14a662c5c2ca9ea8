"""What happens at a till: a code is scanned, a price accepted, cash taken, and Confirm pressed or not.

Every step is the use case that the counter page calls.
"""

from dataclasses import dataclass
from datetime import timedelta

from ledger import Minor, new_id
from panel_app.demo.shops import Shop
from panel_app.demo.town import Town
from panel_app.programme import counter, redemptions
from panel_app.programme.access import Actor, system
from panel_app.programme.baskets import Order
from panel_app.programme.claiming import MadeClaim
from panel_app.programme.redemptions import Payment
from panel_app.programme.refusals import LimitReached
from panel_app.programme.scanned_texts import Scanned
from panel_app.programme.terms import (
    AlreadyDone,
    ClaimAtCounter,
    CounterView,
    EntryMode,
    MemberAtCounter,
    OfferFace,
    OptionFace,
    Proof,
    RedemptionType,
    Reservation,
    TenderGiven,
    TenderType,
)
from panel_app.programme.visits import POINTS_MAX

_LOOKS = timedelta(seconds=9)
_PAYS = timedelta(seconds=26)
_FORGETS = timedelta(seconds=150)
_NOTE = 500  # change is given from the next note of 5.00


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTill:
    """One shop's till with one operator, and how codes come in there."""

    shop: Shop
    till: int = 0
    operator: int = 0
    mode: EntryMode = EntryMode.CAMERA

    @property
    def actor(self) -> Actor:
        return self.shop.actor(self.till, self.operator)


def redeem_claim(town: Town, at: AtTill, made: MadeClaim, units: int = 1) -> None:
    """The member shows a claim's code; its units are paid for and handed over."""
    code = made.short_code if at.mode is EntryMode.TYPED else made.code
    view = _scan(town, at, code)
    if isinstance(view, AlreadyDone):
        view = view.next or view
    if isinstance(view, ClaimAtCounter):
        _complete(town, at, Order.one(visit_id=view.visit_id, claim_id=view.claim.id, units=units))


def redeem_reward(town: Town, at: AtTill, index: int, sku: str) -> None:
    """The member shows the changing code and takes this reward at its first price."""
    view = _scan_member(town, at, index)
    for offer in view.offers:
        if offer.reward.id == town.reward_ids[sku]:
            _complete(town, at, _direct(view, offer, offer.options[0]))


def redeem_something(town: Town, at: AtTill, index: int) -> None:
    """The member shows the changing code and takes what pleases, if anything is within reach."""
    order = _chosen(town, at, index)
    if order is not None:
        _complete(town, at, order)


def think_better(town: Town, at: AtTill, index: int) -> None:
    """A price is accepted, and then the operator presses Cancel."""
    reservation = _reserved(town, at, _chosen(town, at, index))
    if reservation is not None:
        with town.database.session() as session:
            redemptions.cancel(session, at.actor, reservation.booking_id)


def walk_away(town: Town, at: AtTill, index: int) -> None:
    """A price is accepted, and then nobody does anything until the hold has run out."""
    if _reserved(town, at, _chosen(town, at, index)) is None:
        return
    town.clock.advance(_FORGETS)
    with town.database.session() as session:
        redemptions.expire_due(session, system("sweeper"))


def _scan_member(town: Town, at: AtTill, index: int) -> MemberAtCounter:
    shown = town.shown_code(index)
    view = _scan(town, at, shown.typed if at.mode is EntryMode.TYPED else shown.text)
    if not isinstance(view, MemberAtCounter):
        raise TypeError("a member's code shows the member")
    return view


def _scan(town: Town, at: AtTill, text: str) -> CounterView:
    seen = at.mode in {EntryMode.CAMERA, EntryMode.PHOTO}
    scanned = Scanned(text=text, mode=at.mode, shown_as=RedemptionType.QR if seen else None)
    with town.database.session() as session:
        view = counter.scan(session, at.actor, scanned)
    town.clock.advance(_LOOKS)
    return view


def _chosen(town: Town, at: AtTill, index: int) -> Order | None:
    view = _scan_member(town, at, index)
    limit = (
        POINTS_MAX[Proof.TYPED_MEMBER_CODE] if at.mode is EntryMode.TYPED else view.member.balance.available
    )
    within_reach = [
        (offer, option)
        for offer in view.offers
        # The umbrella is not to be had yet.
        if offer.reason is None and offer.reward.id != town.reward_ids["UMBRELLA"]
        for option in offer.options
        if not option.missing and option.slide is None and option.points <= limit
    ]
    if not within_reach:
        return None
    # What costs less is taken more often.
    weights = [1 / option.points for _offer, option in within_reach]
    return _direct(view, *town.chance.choices(within_reach, weights)[0])


def _direct(view: MemberAtCounter, offer: OfferFace, option: OptionFace) -> Order:
    return Order.one(visit_id=view.visit_id, reward_id=offer.reward.id, option_id=option.id)


def _reserved(town: Town, at: AtTill, order: Order | None) -> Reservation | None:
    if order is None:
        return None
    with town.database.session() as session:
        try:
            reservation = redemptions.reserve(session, at.actor, str(new_id()), order)
        except LimitReached:  # the third coffee of a day: recorded as refused, as it would be
            return None
    town.clock.advance(_PAYS)
    return reservation


def _complete(town: Town, at: AtTill, order: Order) -> None:
    reservation = _reserved(town, at, order)
    if reservation is None:
        return
    payment = Payment(
        booking_id=reservation.booking_id,
        tenders=_tenders(town, at.shop, reservation.cash_due.amount),
        shop_receipt=f"{town.chance.randrange(10_000, 99_999)}" if reservation.cash_due.amount else None,
    )
    with town.database.session() as session:
        redemptions.confirm(session, at.actor, str(new_id()), payment)
    town.count.add(1)


def _tenders(town: Town, shop: Shop, due: Minor) -> tuple[TenderGiven, ...]:
    if not due:
        return ()
    if TenderType.CARD not in shop.plan.tender_types or town.chance.random() < 0.5:  # noqa: PLR2004 - half
        return (_cash(due),)
    if due <= _NOTE or town.chance.random() < 0.8:  # noqa: PLR2004 - the rest pay in two ways
        return (_card(town, due),)
    return (_cash(Minor(_NOTE)), _card(town, Minor(due - _NOTE)))


def _cash(amount: Minor) -> TenderGiven:
    return TenderGiven(type=TenderType.CASH, amount=amount, given=Minor(-(-amount // _NOTE) * _NOTE))


def _card(town: Town, amount: Minor) -> TenderGiven:
    return TenderGiven(type=TenderType.CARD, amount=amount, reference=f"{town.chance.getrandbits(40):010X}")
