"""The town that the demo's story happens in: who lives there, what is open, and what time it is."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import ledger
from ledger import Credit, Database, EarnKind, ManualClock, MemberId, Points, new_id
from panel_app.demo.shops import ACTOR, ZONE, Shop
from panel_app.programme import claiming, member_codes, pricing
from panel_app.programme.access import MEMBER, Actor
from panel_app.programme.claiming import ClaimOrder, MadeClaim
from panel_app.programme.member_codes import ShownCode

DAYS = 90
_OPENS, _CLOSES = timedelta(hours=9), timedelta(hours=17, minutes=30)  # in UTC: open in both zones


@dataclass(slots=True, kw_only=True)
class Count:
    """How many entries there are, told to `report` as they are made, up to the number that was asked for."""

    wanted: int
    report: Callable[[int], None]
    made: int = 0

    def add(self, entries: int) -> None:
        told = min(self.made, self.wanted)
        self.made += entries
        self.report(min(self.made, self.wanted) - told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Everything that a story needs. `chance` decides names and amounts, never a code."""

    database: Database
    clock: ManualClock
    now: datetime
    chance: random.Random
    count: Count
    member_ids: list[MemberId]
    shops: list[Shop]
    reward_ids: dict[str, UUID]
    phones: dict[int, UUID] = field(default_factory=dict)

    def go_to(self, day: float) -> None:
        """Move the clock to this day of the 90, its fraction within opening hours; never back."""
        whole = int(day)
        midnight = datetime.combine(self.now.date(), time(), self.now.tzinfo) - timedelta(days=DAYS - whole)
        moment = midnight + _OPENS + (_CLOSES - _OPENS) * (day - whole)
        self.clock.set(max(self.clock.now(), moment))

    def shop(self, code: str) -> Shop:
        return next(shop for shop in self.shops if shop.plan.code == code)

    def earn(self, credits_given: Iterable[Credit], day: Callable[[int], float] | None = None) -> None:
        """Give points in one transaction, because one each for thousands of entries would wait for the disk.

        `day` says when the entry with this number is made; None is now.
        """
        batch = list(credits_given)

        def run() -> None:
            for number, credit in enumerate(batch, start=self.count.made):
                if day is not None:
                    self.go_to(day(number))
                origin = ACTOR.origin(reference=f"shop receipt {self.chance.randrange(10**8):08}")
                ledger.credit(session, origin, credit)

        with self.database.session() as session:
            ledger.transact(session, run)
        self.count.add(len(batch))

    def give(
        self,
        index: int,
        points: int,
        *,
        kind: EarnKind = EarnKind.PROGRAMME_RULE,
        expires_in: int | None = None,
    ) -> None:
        """Give one member points, which expire so many days after the present."""
        expires_at = None if expires_in is None else self.midnight(expires_in)
        self.earn(
            [
                Credit(
                    member_id=self.member_ids[index], points=Points(points), kind=kind, expires_at=expires_at
                )
            ]
        )

    def available(self, index: int) -> Points:
        with self.database.session() as session, ledger.read(session):
            return ledger.balance_of(session, self.member_ids[index]).available

    def midnight(self, days: int) -> datetime:
        """The programme's midnight after so many days from the present."""
        zone = ZoneInfo(ZONE)
        day = self.now.astimezone(zone).date() + timedelta(days=days + 1)
        return datetime.combine(day, time(), zone).astimezone(self.now.tzinfo)

    def claim(self, index: int, sku: str, *, quantity: int = 1, option_id: UUID | None = None) -> MadeClaim:
        """The member claims a reward on the phone."""
        member_id = self.member_ids[index]
        actor = Actor(
            client=f"member:{member_id}", source="member-app", permissions=MEMBER, member_id=member_id
        )
        order = ClaimOrder(
            member_id=member_id, reward_id=self.reward_ids[sku], option_id=option_id, quantity=quantity
        )
        with self.database.session() as session:
            made = claiming.make_claim(session, actor, str(new_id()), order)
        # Flowers alone are charged at the counter.
        self.count.add(0 if sku == "FLOWERS" else 1)
        return made

    def mix_of(self, sku: str) -> UUID:
        """The first price of a reward that has a cash part."""
        reward_id = self.reward_ids[sku]
        with self.database.session() as session, ledger.read(session):
            prices = pricing.prices_of(session, [reward_id])[reward_id]
        return next(price.option_id for price in prices if price.cash)

    def shown_code(self, index: int) -> ShownCode:
        """What the member's phone shows now; the first time makes the phone a device of the member."""
        member_id = self.member_ids[index]
        with self.database.session() as session:
            if index not in self.phones:
                self.phones[index] = ledger.transact(
                    session, lambda: member_codes.add_device(session, member_id)
                )
            with ledger.read(session):
                return member_codes.shown_code(session, member_id, self.phones[index])
