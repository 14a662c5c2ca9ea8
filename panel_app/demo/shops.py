"""The invented branches with their tills, the roles, and the staff. Knows no member and no reward."""

from dataclasses import dataclass
from uuid import UUID

import ledger
from ledger import MemberId, Session
from panel_app.programme import branches, operators
from panel_app.programme.access import ADMINISTRATOR, BRANCH_MANAGER, STORE_USER, Actor, system
from panel_app.programme.operators import NewOperator
from panel_app.programme.programme_facts import Programme, found
from panel_app.programme.terms import TenderType

ZONE = "Europe/Berlin"
PROGRAMME = Programme(name="Countermark Demo", tag="CM", time_zone=ZONE, demo=True)
ACTOR = system("demo")

STORE_USER_ROLE = "store user"
MANAGER_ROLE = "branch manager"
ADMINISTRATOR_ROLE = "administrator"
ROLES = {
    STORE_USER_ROLE: STORE_USER,
    MANAGER_ROLE: BRANCH_MANAGER,
    ADMINISTRATOR_ROLE: ADMINISTRATOR,
}
# Public on purpose, one a role: they exist in demo data only, which a mark in the database tells.
PASSWORDS = {
    STORE_USER_ROLE: "open the shop at nine",
    MANAGER_ROLE: "count the till twice",
    ADMINISTRATOR_ROLE: "keys to every branch",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPlan:
    """What a branch is and may do."""

    code: str
    name: str
    city: str
    currency: str
    time_zone: str
    locale: str
    tills: int
    direct_redemption: bool
    tender_types: tuple[TenderType, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPlan:
    """A staff user: at which branches (none: at every one), and the index of the own member account."""

    username: str
    display_name: str
    role: str
    branches: tuple[str, ...] = ()
    member: int | None = None

    @property
    def branches_shown(self) -> tuple[str, ...]:
        return self.branches or tuple(plan.code for plan in BRANCHES)


_CASH_AND_CARD = (TenderType.CASH, TenderType.CARD)

BRANCHES = (
    BranchPlan(
        code="BER",
        name="Berlin Mitte",
        city="Berlin",
        currency="EUR",
        time_zone="Europe/Berlin",
        locale="en_DE",
        tills=3,
        direct_redemption=True,
        tender_types=(*_CASH_AND_CARD, TenderType.VOUCHER),
    ),
    BranchPlan(
        code="HAM",
        name="Hamburg Altona",
        city="Hamburg",
        currency="EUR",
        time_zone="Europe/Berlin",
        locale="de_DE",
        tills=2,
        direct_redemption=False,
        tender_types=(TenderType.CASH,),
    ),
    BranchPlan(
        code="LON",
        name="London Covent Garden",
        city="London",
        currency="GBP",
        time_zone="Europe/London",
        locale="en_GB",
        tills=2,
        direct_redemption=True,
        tender_types=_CASH_AND_CARD,
    ),
)

LENA = 10
"""The index of the member who also works at a till."""

STAFF = (
    StaffPlan(username="mara", display_name="Mara Vogt", role=STORE_USER_ROLE, branches=("BER",)),
    StaffPlan(
        username="lena", display_name="Lena Brandt", role=STORE_USER_ROLE, branches=("BER",), member=LENA
    ),
    StaffPlan(
        username="tarek", display_name="Tarek Aziz Salem", role=STORE_USER_ROLE, branches=("BER", "HAM")
    ),
    StaffPlan(username="swantje", display_name="Swantje Petersen", role=STORE_USER_ROLE, branches=("HAM",)),
    StaffPlan(username="james", display_name="James Holloway", role=STORE_USER_ROLE, branches=("LON",)),
    StaffPlan(username="ruth", display_name="Ruth Lehmann", role=MANAGER_ROLE, branches=("BER", "HAM")),
    StaffPlan(username="imogen", display_name="Imogen Clarke", role=MANAGER_ROLE, branches=("LON",)),
    StaffPlan(username="admin", display_name="Claudia Reuter", role=ADMINISTRATOR_ROLE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A branch that is open: its plan, and whom an operator at one of its tills acts as."""

    id: UUID
    plan: BranchPlan
    tills: tuple[UUID, ...]
    operators: tuple[UUID, ...]

    def actor(self, till: int, operator: int) -> Actor:
        """The operator with this number at the till with this number; both count on from the first again."""
        till_id = self.tills[till % len(self.tills)]
        return Actor(
            client=f"till:{till_id}",
            source="in-store",
            permissions=STORE_USER,
            operator_id=self.operators[operator % len(self.operators)],
            branch_id=self.id,
            till_id=till_id,
        )


def open_programme(session: Session) -> None:
    """Found the programme in an empty database, with the mark of the demo, and open the house's accounts."""

    def run() -> None:
        found(session, PROGRAMME)
        ledger.open_house(session)

    ledger.transact(session, run)
    for name, permissions in ROLES.items():
        operators.create_role(session, ACTOR, name, permissions)


def open_shops(session: Session, member_ids: list[MemberId]) -> list[Shop]:
    """Set up the branches with their tills, and the staff."""
    ids = {plan.code: _open_branch(session, plan) for plan in BRANCHES}
    tills = {plan.code: _open_tills(session, ids[plan.code], plan.tills) for plan in BRANCHES}
    staff = {plan.username: _hire(session, plan, ids, member_ids) for plan in STAFF}
    return [
        Shop(
            id=ids[plan.code],
            plan=plan,
            tills=tills[plan.code],
            operators=tuple(
                staff[one.username]
                for one in STAFF
                if one.role == STORE_USER_ROLE and plan.code in one.branches
            ),
        )
        for plan in BRANCHES
    ]


def _open_branch(session: Session, plan: BranchPlan) -> UUID:
    branch_id = branches.create_branch(
        session,
        ACTOR,
        code=plan.code,
        name=plan.name,
        city=plan.city,
        currency=plan.currency,
        time_zone=plan.time_zone,
        locale=plan.locale,
    )
    branches.configure_branch(
        session,
        ACTOR,
        branch_id,
        direct_redemption=plan.direct_redemption,
        tender_types=list(plan.tender_types),
    )
    return branch_id


def _open_tills(session: Session, branch_id: UUID, count: int) -> tuple[UUID, ...]:
    return tuple(
        branches.create_till(session, ACTOR, branch_id=branch_id, code=str(number), name=f"Till {number}")
        for number in range(1, count + 1)
    )


def _hire(session: Session, plan: StaffPlan, ids: dict[str, UUID], member_ids: list[MemberId]) -> UUID:
    is_member = plan.member is not None and plan.member < len(member_ids)
    return operators.create_operator(
        session,
        ACTOR,
        NewOperator(
            username=plan.username,
            display_name=plan.display_name,
            password=PASSWORDS[plan.role],
            role=plan.role,
            branch_ids=tuple(ids[code] for code in plan.branches) or (None,),
            member_id=member_ids[plan.member] if is_member and plan.member is not None else None,
        ),
    )
