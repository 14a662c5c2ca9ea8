"""What the journeys' shop consists of: two branches, its staff and six rewards. Knows no server."""

from uuid import UUID

import ledger
from ledger import Database, Points, Session
from panel_app.programme import access, branches, catalogue, operators
from panel_app.programme.access import Permission
from panel_app.programme.catalogue import NewOption, NewReward
from panel_app.programme.programme_facts import Programme, found
from panel_app.programme.terms import ChargeAt, TenderType

PASSWORD = "open the shop at nine"
SEED = access.system("seed")
STORE_USER, MANAGER, ADMINISTRATOR = "nora", "bruno", "alma"
MUG_EAN = "2000000010014"


def furnish(database: Database) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """The ids of the branches by code and of the rewards by SKU, in a database that was empty."""
    with database.session() as session:

        def programme() -> None:
            found(session, Programme(name="Journeys", tag="CM", time_zone="Europe/Berlin", demo=True))
            ledger.open_house(session)

        ledger.transact(session, programme)
        branch_ids = {
            code: branches.create_branch(
                session,
                SEED,
                code=code,
                name=name,
                city=name.split()[0],
                currency="EUR",
                time_zone="Europe/Berlin",
                locale="en_IE",
            )
            for code, name in (("BER", "Berlin Mitte"), ("HAM", "Hamburg Altona"))
        }
        for branch_id in branch_ids.values():
            branches.configure_branch(
                session,
                SEED,
                branch_id,
                direct_redemption=True,
                tender_types=[TenderType.CASH, TenderType.CARD],
            )
        operators.create_role(session, SEED, "store user", access.STORE_USER)
        operators.create_role(session, SEED, "branch manager", access.BRANCH_MANAGER)
        for username, display_name, role in (
            (STORE_USER, "Nora Keller", "store user"),
            (MANAGER, "Bruno Falk", "branch manager"),
        ):
            new = operators.NewOperator(
                username=username,
                display_name=display_name,
                password=PASSWORD,
                role=role,
                branch_ids=(branch_ids["BER"], branch_ids["HAM"]),
            )
            operators.create_operator(session, SEED, new)
        _head_office(session)
        reward_ids = {
            new.sku: catalogue.create_reward(session, SEED, new) for new in _rewards(branch_ids["HAM"])
        }
        catalogue.receive_stock(session, SEED, branch_ids["BER"], reward_ids["MUG"], 500)
        catalogue.receive_stock(session, SEED, branch_ids["BER"], reward_ids["LAMP"], 1)
        return branch_ids, reward_ids


def _head_office(session: Session) -> None:
    """Who administers every branch and needs no till."""
    operators.create_role(
        session, SEED, "administrator", access.ADMINISTRATOR - {Permission.PUBLIC, Permission.EXPIRE}
    )
    new = operators.NewOperator(
        username=ADMINISTRATOR,
        display_name="Alma Wirth",
        password=PASSWORD,
        role="administrator",
        branch_ids=(None,),
    )
    operators.create_operator(session, SEED, new)


def _rewards(hamburg: UUID) -> tuple[NewReward, ...]:
    return (
        _reward("MUG", "Enamel mug", (_points(900), _mix(600, 400)), ean=MUG_EAN),
        _reward("COFFEE", "Flat white", (_points(120),)),
        _reward("BOOK", "Paperback of the month", (_points(1200), _mix(700, 500))),
        # Charged at the counter, so that its claim still has everything to pay.
        _reward("FLOWERS", "Seasonal bouquet", (_points(800), _mix(500, 450)), charge_at=ChargeAt.COUNTER),
        _reward("FISH", "Smoked eel", (_points(300),), branch_ids=(hamburg,)),
        # From 2,000 points on, the rest at 0.8 of a cent a point.
        _reward("HAMPER", "Picnic hamper", (_sliding(2000, 4000, "0.8"),)),
        # Counted: there is one.
        _reward("LAMP", "Harbour lamp", (_points(100),)),
    )


def _reward(
    sku: str,
    name: str,
    options: tuple[NewOption, ...],
    *,
    charge_at: ChargeAt = ChargeAt.CLAIM,
    ean: str | None = None,
    branch_ids: tuple[UUID, ...] = (),
) -> NewReward:
    return NewReward(
        sku=sku,
        name=name,
        description="As it stands on the shelf.",
        terms="While it lasts.",
        picture="mug",
        options=options,
        charge_at=charge_at,
        ean=ean,
        branch_ids=branch_ids,
    )


def _points(points: int) -> NewOption:
    return NewOption(points=Points(points))


def _sliding(least: int, full: int, rate: str) -> NewOption:
    return NewOption(points=Points(full), min_points=Points(least), rates={"EUR": rate})


def _mix(points: int, cents: int) -> NewOption:
    return NewOption(points=Points(points), cash={"EUR": cents})
