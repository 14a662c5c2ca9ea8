"""What the books should say, in a few lines of plain Python: the oracle of test_model.py. Knows no database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

GRACE = timedelta(days=30)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(eq=False)
class Lot:
    left: int
    expires_at: datetime | None

    def key(self) -> tuple[bool, datetime]:
        """Soonest expiry first, those without one last."""
        return self.expires_at is None, self.expires_at or NEVER


Takes = list[tuple[Lot, int]]


@dataclass(eq=False)
class ModelHold:
    points: int
    expires_at: datetime
    takes: Takes
    status: str = "held"


@dataclass(eq=False)
class Spent:
    """An entry that may be reversed: what it took from which lots, and its cash."""

    takes: Takes
    points: int
    cash: int = 0
    back: int = 0

    @property
    def cash_back(self) -> int:
        return self.cash if self.back == self.points else self.cash * self.back // self.points


@dataclass
class Model:
    now: datetime
    lots: list[Lot] = field(default_factory=list)
    pending: list[tuple[datetime, int, datetime | None]] = field(default_factory=list)
    holds: dict[object, ModelHold] = field(default_factory=dict)
    entries: list[int] = field(default_factory=list)
    spent: dict[object, Spent] = field(default_factory=dict)
    earned: dict[object, tuple[Lot, list[int]]] = field(default_factory=dict)

    def over(self, moment: datetime | None) -> bool:
        return moment is not None and moment <= self.now

    def available(self) -> int:
        posted = [Lot(points, expiry) for at, points, expiry in self.pending if self.over(at)]
        return sum(lot.left for lot in [*self.lots, *posted] if not self.over(lot.expires_at))

    def settle(self) -> None:
        for due in sorted((each for each in self.pending if self.over(each[0])), key=lambda each: each[0]):
            self.pending.remove(due)
            self.give(due[1], due[2])
        expired = [lot for lot in self.lots if lot.left and self.over(lot.expires_at)]
        if expired:
            self.entries.append(-sum(lot.left for lot in expired))
            for lot in expired:
                lot.left = 0

    def give(self, points: int, expires_at: datetime | None) -> Lot:
        self.lots.append(Lot(points, expires_at))
        self.entries.append(points)
        return self.lots[-1]

    def take(self, points: int, first: Lot | None = None) -> Takes:
        takes = []
        for lot in sorted(self.lots, key=lambda lot: (lot is not first, lot.key())):
            part = min(lot.left, points - sum(taken for _lot, taken in takes))
            if part:
                lot.left -= part
                takes.append((lot, part))
        return takes

    def refusal(self, hold: ModelHold) -> str | None:
        if hold.status in {"captured", "released"}:
            return "hold_closed"
        return "hold_expired" if hold.status == "expired" or self.over(hold.expires_at) else None

    def capture(self, hold: ModelHold, points: int, cash: int) -> Spent:
        self.settle()
        spent: Takes = []
        for lot, taken in sorted(hold.takes, key=lambda take: take[0].key()):
            part = min(taken, points - sum(each for _lot, each in spent))
            lot.left += taken - part
            spent += [(lot, part)] if part else []
        hold.status = "captured"
        self.entries.append(-points)
        self.settle()
        return Spent(spent, points, cash)

    def close(self, hold: ModelHold, status: str) -> None:
        self.settle()
        for lot, taken in hold.takes:
            lot.left += taken
        hold.status = status
        self.settle()

    def reverse(self, spent: Spent, points: int) -> None:
        self.settle()
        spent.back += points
        self.entries.append(points)
        late = 0
        latest_first = sorted(
            spent.takes, key=lambda take: (take[0].key(), self.lots.index(take[0])), reverse=True
        )
        spent.takes = []
        for lot, taken in latest_first:
            part = min(taken, points)
            points -= part
            spent.takes += [(lot, taken - part)] if taken > part else []
            if self.over(lot.expires_at):
                late += part
            else:
                lot.left += part
        if late:
            self.lots.append(Lot(late, self.now + GRACE))
