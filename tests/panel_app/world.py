"""A small programme for the tests: two branches, four tills, three members; everything through the use cases.

Lena (M-1) and Omar (M-2) have 5,000 points each; so has Anna (M-3), who also works at Berlin's first till.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import ledger
from ledger import Credit, EarnKind, MemberId, Points, Session
from panel_app.programme import (
    access,
    branches,
    catalogue,
    member_codes,
    members,
    operators,
    programme_facts,
)
from panel_app.programme.access import Actor
from panel_app.programme.catalogue import NewOption, NewReward
from panel_app.programme.terms import (
    TenderGiven,
    TenderType,
)

SEED = access.system("seed")
PHONE = Actor(client="phone", source="member-app", permissions=frozenset())
PASSWORD = "correct horse battery"
PIN = "260117"
MUG_EAN = "4006381333931"
NAMES = {"M-1": "Lena Sommer", "M-2": "Omar Haddad", "M-3": "Anna Berg"}
TELEPHONE = "+4915112345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ids of what build() made, and who acts at which till."""

    berlin: Actor
    berlin_2: Actor
    london: Actor
    london_2: Actor
    manager: Actor
    lena: MemberId
    omar: MemberId
    anna: MemberId
    phones: dict[UUID, UUID]
    mug: UUID  # charged at the claim; 1,000 points, or 600 and 4.00 EUR; 5 in Berlin
    tea: UUID  # charged at the counter; 300 points; not counted


def build(session: Session) -> World:
    """The programme of this module in an empty migrated database."""

    def found() -> None:
        programme = programme_facts.Programme(
            name="Countermark", tag="CM", time_zone="Europe/Berlin", demo=False
        )
        programme_facts.found(session, programme)
        ledger.open_house(session)

    ledger.transact(session, found)
    berlin = _branch(session, "BER", "Berlin Mitte", "EUR", "Europe/Berlin", "de_DE")
    london = _branch(session, "LON", "London Soho", "GBP", "Europe/London", "en_GB")
    people = {number: _member(session, number) for number in NAMES}
    operators.create_role(session, SEED, "store user", access.STORE_USER)
    operators.create_role(session, SEED, "manager", access.BRANCH_MANAGER)
    anna = _operator(session, "anna", "Anna Berg", "store user", berlin, people["M-3"])
    ben = _operator(session, "ben", "Ben Kaya", "store user", berlin)
    olivia = _operator(session, "olivia", "Olivia Hart", "store user", london)
    mara = _operator(session, "mara", "Mara Vogt", "manager", berlin)
    mug = create_reward(
        session,
        sku="MUG",
        ean=MUG_EAN,
        options=[NewOption(points=Points(1000)), NewOption(points=Points(600), cash={"EUR": 400})],
    )
    tea = create_reward(session, sku="TEA", charge_at=catalogue.ChargeAt.COUNTER)
    catalogue.receive_stock(session, SEED, berlin, mug, 5)
    return World(
        berlin=_at_till(session, berlin, "1", anna),
        berlin_2=_at_till(session, berlin, "2", ben),
        london=_at_till(session, london, "1", olivia),
        london_2=_at_till(session, london, "2", olivia),
        manager=Actor(
            client="desk",
            source="desk",
            permissions=access.BRANCH_MANAGER,
            operator_id=mara,
            branch_id=berlin,
        ),
        lena=people["M-1"],
        omar=people["M-2"],
        anna=people["M-3"],
        phones={member_id: _phone(session, member_id) for member_id in people.values()},
        mug=mug,
        tea=tea,
    )


def create_reward(session: Session, **changes: Any) -> UUID:
    """A reward of 300 points that every branch takes as a QR code, with these changes."""
    ordinary = {
        "sku": f"SKU-{ledger.new_id()}",
        "name": "Mug",
        "description": "A mug.",
        "terms": "One a visit.",
        "picture": "mug",
        "options": [NewOption(points=Points(300))],
    }
    return catalogue.create_reward(session, SEED, NewReward(**(ordinary | changes)))


def member_actor(member_id: MemberId) -> Actor:
    return Actor(client="phone", source="member-app", permissions=access.MEMBER, member_id=member_id)


def cash(amount: int, given: int | None = None) -> TenderGiven:
    return TenderGiven(
        type=TenderType.CASH,
        amount=ledger.minor(amount),
        given=None if given is None else ledger.minor(given),
    )


def card(amount: int, reference: str) -> TenderGiven:
    return TenderGiven(type=TenderType.CARD, amount=ledger.minor(amount), reference=reference)


def _branch(session: Session, code: str, name: str, currency: str, time_zone: str, locale: str) -> UUID:
    branch_id = branches.create_branch(
        session,
        SEED,
        code=code,
        name=name,
        city=name.split(maxsplit=1)[0],
        currency=currency,
        time_zone=time_zone,
        locale=locale,
    )
    branches.configure_branch(
        session, SEED, branch_id, direct_redemption=True, tender_types=[TenderType.CASH, TenderType.CARD]
    )
    for till in ("1", "2"):
        branches.create_till(session, SEED, branch_id=branch_id, code=till, name=f"Till {till}")
    return branch_id


def _member(session: Session, number: str) -> MemberId:
    own = {"phone": TELEPHONE, "email": "lena@example.org", "pin": PIN} if number == "M-1" else {}
    member_id = members.enrol(session, SEED, external_id=number, name=NAMES[number], **own)
    earned = Credit(member_id=member_id, points=Points(5000), kind=EarnKind.PROGRAMME_RULE)
    ledger.transact(session, lambda: ledger.credit(session, SEED.origin(), earned))
    return member_id


def _phone(session: Session, member_id: MemberId) -> UUID:
    return ledger.transact(session, lambda: member_codes.add_device(session, member_id))


def _operator(
    session: Session, username: str, name: str, role: str, branch_id: UUID, own: UUID | None = None
) -> UUID:
    new = operators.NewOperator(
        username=username,
        display_name=name,
        password=PASSWORD,
        role=role,
        branch_ids=(branch_id,),
        member_id=own,
    )
    return operators.create_operator(session, SEED, new)


def _at_till(session: Session, branch_id: UUID, code: str, operator_id: UUID) -> Actor:
    with ledger.read(session):
        places = branches.places(session, frozenset({branch_id}))
    till_id = next(place.till_id for place in places if place.till_code == code)
    return Actor(
        client=f"till:{till_id}",
        source="in-store",
        permissions=access.STORE_USER,
        operator_id=operator_id,
        branch_id=branch_id,
        till_id=till_id,
    )
