"""Demo data that looks like a programme of three months: made by the use cases themselves, never by INSERT.

The front door: others import only this. The history has real dates, because its clock is moved by hand from 90 days
ago to the present; names and amounts are the same each time, codes never are.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import ledger
from ledger import Credit, Database, EarnKind, ManualClock, MemberId, Points, Session
from panel_app.demo import ordinary_days, stories
from panel_app.demo.logins import FILE, DemoLogins, MemberLogin, PhoneLogin, StaffLogin, write_logins
from panel_app.demo.people import Person, people
from panel_app.demo.shelves import fill_shelves
from panel_app.demo.shops import ACTOR, PASSWORDS, STAFF, open_programme, open_shops
from panel_app.demo.town import DAYS, Count, Town
from panel_app.programme.members import enrol
from panel_app.programme.programme_facts import programme_of

__all__ = ["ENTRIES", "MEMBERS", "DemoLogins", "NotEmptyError", "seed", "write_logins"]

MEMBERS = 50
ENTRIES = 600
_FIRST_ENTRY = 100  # points for joining
_ENROLLING = timedelta(hours=2)
_CHANCE = 20_240_229


class NotEmptyError(ValueError):
    """The database has data: the demo fills an empty one only."""


def seed(
    database: Database,
    *,
    members: int = MEMBERS,
    entries: int = ENTRIES,
    report: Callable[[int], None],
    logins_file: Path = FILE,
) -> DemoLogins:
    """Fill an empty, migrated database, and write who may sign in. `report` is told of entries as they are made.

    There are `entries` entries in the end, or the few more that the stories of the first members need. Raises
    NotEmptyError.
    """
    now = database.clock.now()
    clock = ManualClock(now - timedelta(days=DAYS))
    url = database.engine.url.render_as_string(hide_password=False)
    own = Database(url, clock=clock, keyring=database.keyring)
    try:
        logins = _fill(own, clock, members, Count(wanted=entries, report=report))
    finally:
        own.dispose()
    write_logins(logins_file, logins)
    return logins


def _fill(database: Database, clock: ManualClock, members_wanted: int, count: Count) -> DemoLogins:
    now = clock.now() + timedelta(days=DAYS)
    chance = random.Random(_CHANCE)  # noqa: S311 - the same town each time; secrets are not made here
    persons = list(people(members_wanted, chance))
    with database.session() as session:
        with ledger.read(session):
            if programme_of(session) is not None:
                raise NotEmptyError
        open_programme(session)
        member_ids = [_enrol(session, clock, person, _ENROLLING / len(persons)) for person in persons]
        shops = open_shops(session, member_ids)
        shelves = fill_shelves(session, shops, now, each=60 + ordinary_days.visits_of(count.wanted) // 3)
    town = Town(
        database=database,
        clock=clock,
        now=now,
        chance=chance,
        count=count,
        member_ids=member_ids,
        shops=shops,
        reward_ids=shelves,
    )
    _live(town)
    return _logins(persons)


def _enrol(session: Session, clock: ManualClock, person: Person, takes: timedelta) -> MemberId:
    clock.advance(takes)
    return enrol(
        session,
        ACTOR,
        external_id=person.external_id,
        name=person.name,
        phone=person.phone,
        email=person.email,
        pin=person.pin,
    )


def _live(town: Town) -> None:
    # The first members have exact balances; in a tiny demo the last of them lives like anybody.
    everybody = list(range(len(town.member_ids)))
    ordinary = everybody[stories.CAST :] or everybody[: stories.JONAS + 1][-1:]
    town.earn(_welcome(town.member_ids[index]) for index in ordinary)
    stories.begin(town)
    ordinary_days.live(town, ordinary, until=town.count.wanted - stories.ENTRIES_MAX)
    stories.end(town)
    ordinary_days.earn_until(town, ordinary, town.count.wanted)
    town.clock.set(town.now)


def _welcome(member_id: MemberId) -> Credit:
    return Credit(member_id=member_id, points=Points(_FIRST_ENTRY), kind=EarnKind.MILESTONE_AWARD)


def _logins(persons: list[Person]) -> DemoLogins:
    return DemoLogins(
        staff=tuple(
            StaffLogin(
                username=plan.username,
                password=PASSWORDS[plan.role],
                roles=(plan.role,),
                branches=plan.branches_shown,
                pin=None,
            )
            for plan in STAFF
        ),
        members=tuple(
            MemberLogin(
                external_id=person.external_id, login=PhoneLogin(identifier=person.email, pin=person.pin)
            )
            for person in persons
            if person.pin is not None
        ),
    )
