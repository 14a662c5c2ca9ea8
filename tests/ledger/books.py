"""A branch and one member's books: short ways to post, always through the public functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import ledger
from ledger import (
    CashLeg,
    Charge,
    Credit,
    EarnKind,
    Entry,
    EntryId,
    Hold,
    HoldId,
    MemberId,
    Minor,
    Origin,
    Points,
    Session,
)

T = TypeVar("T")
BRANCH = UUID("018f0000-0000-7000-8000-00000000b001")
TILL = UUID("018f0000-0000-7000-8000-00000000c001")
MEMBER = MemberId(UUID("018f0000-0000-7000-8000-00000000a001"))
ORIGIN = Origin(client="till-1", source="in-store", branch_id=BRANCH, till_id=TILL, booking_id="B1-1")
GRACE = timedelta(days=30)
CASH = CashLeg(branch_id=BRANCH, tender="cash", amount=Minor(400), currency="USD")


@dataclass(frozen=True, slots=True)
class Books:
    """One member's books, each call a transaction of its own."""

    session: Session
    member_id: MemberId = MEMBER

    def run(self, step: Callable[[], T]) -> T:
        return ledger.transact(self.session, step)

    def read(self, question: Callable[[], T]) -> T:
        with ledger.read(self.session):
            return question()

    def credit(
        self, points: int, expires_at: datetime | None = None, *, posts_at: datetime | None = None
    ) -> Entry:
        credit = Credit(
            member_id=self.member_id,
            points=Points(points),
            kind=EarnKind.PROGRAMME_RULE,
            expires_at=expires_at,
            posts_at=posts_at,
        )
        return self.run(lambda: ledger.credit(self.session, ORIGIN, credit))

    def hold(self, points: int, seconds: float = 120) -> Hold:
        ttl = timedelta(seconds=seconds)
        return self.run(
            lambda: ledger.place_hold(
                self.session, ORIGIN, member_id=self.member_id, points=Points(points), ttl=ttl
            )
        )

    def capture(
        self, hold_id: HoldId, *cash: CashLeg, claim_points: int = 0, points: int | None = None
    ) -> Entry:
        part = None if points is None else Points(points)
        return self.run(
            lambda: ledger.capture_hold(
                self.session, ORIGIN, hold_id, cash=cash, claim_points=Points(claim_points), points=part
            )
        )

    def settle(self, points: int, *cash: CashLeg) -> Entry:
        return self.run(
            lambda: ledger.settle_claim(
                self.session, ORIGIN, member_id=self.member_id, points=Points(points), cash=cash
            )
        )

    def reverse(self, entry_id: EntryId, points: int | None = None, *charges: Charge) -> Entry:
        part = None if points is None else Points(points)
        return self.run(
            lambda: ledger.reverse_entry(
                self.session,
                ORIGIN,
                entry_id,
                points=part,
                reason="wrong reward",
                grace=GRACE,
                charges=charges,
            )
        )

    def undo(self, entry_id: EntryId) -> Entry:
        return self.run(lambda: ledger.undo_entry(self.session, ORIGIN, entry_id, reason="undo", grace=GRACE))

    def release(self, hold_id: HoldId) -> Hold:
        return self.run(lambda: ledger.release_hold(self.session, ORIGIN, hold_id))

    def extend(self, hold_id: HoldId, until: datetime) -> Hold:
        return self.run(lambda: ledger.extend_hold(self.session, ORIGIN, hold_id, until=until))

    def expire(self, limit: int = 100) -> list[Hold]:
        return self.run(lambda: ledger.expire_holds(self.session, ORIGIN, limit=limit))

    def charge(self, points: int) -> Entry:
        return self.run(
            lambda: ledger.charge_claim(self.session, ORIGIN, member_id=self.member_id, points=Points(points))
        )

    def balance(self) -> tuple[int, int]:
        """Available and held."""
        found = self.whole_balance()
        return found.available, found.held

    def whole_balance(self) -> ledger.Balance:
        return self.read(lambda: ledger.balance_of(self.session, self.member_id))

    def entries(self) -> list[Entry]:
        return self.read(lambda: ledger.entries_of(self.session, self.member_id, limit=1000))

    def findings(self) -> list[ledger.Finding]:
        return self.read(lambda: ledger.verify(self.session))


def open_books(session: Session, member_id: MemberId = MEMBER) -> Books:
    def accounts() -> None:
        ledger.open_house(session)
        ledger.open_branch(session, BRANCH, "USD")
        ledger.open_member(session, member_id)

    ledger.transact(session, accounts)
    return Books(session, member_id)
