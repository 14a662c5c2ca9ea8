"""The invented rewards with their prices, and how many of them lie at which branch. Knows no member."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ledger import Minor, Points, Session
from panel_app.demo.shops import ACTOR, Shop
from panel_app.programme import catalogue, importing
from panel_app.programme.catalogue import NewOption, NewReward
from panel_app.programme.giving_back import OnExpiry
from panel_app.programme.terms import ChargeAt, Money, RedemptionType

# EAN-13 that begin with 2 are for a shop's own use: no product of anybody else has them.
EAN_MUG = "2000000010014"
EAN_BAG = "2000000010021"
EAN_HEADPHONES = "2000000010038"
EAN_BOTTLE = "2000000010045"

_BOTH = (RedemptionType.QR, RedemptionType.BAR_CODE)
_COUNTED = ("MUG", "TOTE", "HEADPHONES", "BOTTLE", "UMBRELLA")


def _points(points: int) -> NewOption:
    return NewOption(points=Points(points))


def _mix(points: int, *, eur: int, gbp: int) -> NewOption:
    return NewOption(points=Points(points), cash={"EUR": eur, "GBP": gbp})


def _sliding(least: int, full: int, *, eur: str, gbp: str) -> NewOption:
    return NewOption(points=Points(full), min_points=Points(least), rates={"EUR": eur, "GBP": gbp})


def rewards(now: datetime, berlin: UUID) -> Sequence[NewReward]:
    """Fourteen rewards; one is restricted to Berlin, one is valid only from ten days after `now`."""
    return (
        NewReward(
            sku="COFFEE",
            name="Flat white",
            description="A double shot with steamed milk, oat or cow's, in a cup to take away or to stay.",
            terms="Two a day for each member. Good for 30 days; then the points come back.",
            picture="coffee",
            options=(_points(120),),
            claim_days=30,
            redemption_types=_BOTH,
            daily_limit=2,
        ),
        NewReward(
            sku="CAKE",
            name="Slice of cake",
            description="Whatever stands under the glass bell today.",
            terms="Ask for what is in it.",
            picture="cake",
            options=(_points(260), _mix(110, eur=200, gbp=170)),
            redemption_types=_BOTH,
        ),
        NewReward(
            sku="BREAD",
            name="Sourdough loaf",
            description="One kilogram, baked in the house every morning.",
            terms="Berlin Mitte only, while the day's loaves last. Good for 14 days; then the points are gone.",
            picture="bread",
            options=(_points(350),),
            claim_days=14,
            on_expiry=OnExpiry.FORFEITED,
            branch_ids=(berlin,),
        ),
        NewReward(
            sku="TOTE",
            name="Canvas tote bag",
            description="Heavy organic cotton with long handles and an inner pocket.",
            terms="Colours as available.",
            picture="bag",
            options=(_points(700), _mix(450, eur=300, gbp=250)),
            redemption_types=_BOTH,
            ean=EAN_BAG,
        ),
        NewReward(
            sku="FLOWERS",
            name="Seasonal bouquet",
            description="A hand-tied bunch of what grows now.",
            terms="Points are taken when you collect it. Any colour, not every flower.",
            picture="flowers",
            options=(_points(800), _mix(500, eur=450, gbp=390)),
            charge_at=ChargeAt.COUNTER,
        ),
        NewReward(
            sku="MUG",
            name="Enamel mug",
            description="White enamel with a dark rim, 350 ml, for the fire and the dishwasher.",
            terms="Not for the microwave.",
            picture="mug",
            options=(_points(900), _mix(600, eur=400, gbp=350)),
            redemption_types=_BOTH,
            ean=EAN_MUG,
        ),
        NewReward(
            sku="BOOK",
            name="Paperback of the month",
            description="Chosen by the people behind the counter.",
            terms="One title a month, no exchange.",
            picture="book",
            options=(_points(1200), _mix(700, eur=500, gbp=430)),
        ),
        NewReward(
            sku="BOTTLE",
            name="Steel bottle",
            description="Double walled, 500 ml; tea stays hot for eight hours.",
            terms="Two years' guarantee with this receipt.",
            picture="bottle",
            options=(_points(1400), _mix(900, eur=600, gbp=520)),
            redemption_types=_BOTH,
            ean=EAN_BOTTLE,
        ),
        NewReward(
            sku="CINEMA",
            name="Cinema ticket",
            description="One seat, any film, any day, at the cinemas on the back of the ticket.",
            terms="Several may be claimed under one code and collected one by one.",
            picture="cinema",
            options=(_points(1500), _mix(1000, eur=550, gbp=480), _sliding(500, 1500, eur="1.1", gbp="0.96")),
            claim_days=180,
        ),
        NewReward(
            sku="HEADPHONES",
            name="Wireless headphones",
            description="Over the ear, with thirty hours of music in one charge.",
            terms="Two years' guarantee with this receipt.",
            picture="headphones",
            options=(_points(6500), _mix(4000, eur=3900, gbp=3400), _mix(2500, eur=5900, gbp=5100)),
            redemption_types=_BOTH,
            ean=EAN_HEADPHONES,
        ),
        NewReward(
            sku="UMBRELLA",
            name="Storm umbrella",
            description="A frame of glass fibre that bends and comes back.",
            terms="From the first day of the rainy season.",
            picture="umbrella",
            options=(_points(1100), _mix(700, eur=450, gbp=390)),
            valid_from=now.date() + timedelta(days=10),
        ),
        NewReward(
            sku="MUSEUM",
            name="Museum entry",
            description="One adult, any day, at the harbour museum.",
            terms="The museum's own code. Good for half a year.",
            picture="cinema",
            options=(_points(600),),
            claim_days=180,
            redemption_types=(RedemptionType.EXTERNAL_QR,),
        ),
        NewReward(
            sku="GIFT",
            name="Voucher for 5 euros",
            description="Points become a code that pays 5.00 at our shops in the euro area.",
            terms="Good for a year, whole and without change.",
            picture="bag",
            options=(_points(1000),),
            voucher=Money(amount=Minor(500), currency="EUR"),
        ),
        NewReward(
            sku="SOAP",
            name="Olive oil soap, set of three",
            description="Cut by hand, left to dry for six weeks.",
            terms="No longer made.",
            picture="soap",
            options=(_points(480), _mix(300, eur=250, gbp=220)),
        ),
    )


def fill_shelves(session: Session, shops: Sequence[Shop], now: datetime, *, each: int) -> dict[str, UUID]:
    """Set up the rewards by SKU, with `each` of the counted ones at every branch, and one mug at Hamburg."""
    by_code = {shop.plan.code: shop.id for shop in shops}
    ids = {new.sku: catalogue.create_reward(session, ACTOR, new) for new in rewards(now, by_code["BER"])}
    importing.import_codes(session, ACTOR, "MUSEUM", _list("code", (f"HARBOUR-{n:03}" for n in range(1, 41))))
    until = now.date() + timedelta(days=365)
    worth = (f"PAPER-{n:02},5.00,EUR,{until}" for n in range(1, 21))
    importing.import_vouchers(session, ACTOR, _list("code,amount,currency,last_day", worth))
    gifts = (f"GIFT-{n:02},5.00,EUR,{until}" for n in range(1, 21))
    importing.import_vouchers(session, ACTOR, _list("code,amount,currency,last_day", gifts), "GIFT")
    for code, branch_id in by_code.items():
        for sku in _COUNTED:
            quantity = 1 if (code, sku) == ("HAM", "MUG") else each
            catalogue.receive_stock(session, ACTOR, branch_id, ids[sku], quantity)
    return ids


def _list(head: str, lines: Iterable[str]) -> bytes:
    return "\n".join((head, *lines)).encode()
