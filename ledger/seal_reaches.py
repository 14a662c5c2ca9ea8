"""Between which places a seal's leaves lie, told from its reach and that of the seal before. Knows no database.

A leaf's place stands under no MAC: who owns the database moves it. The reaches are signed, so that a leaf which
was moved into a seal or out of one does not lie where its seal says.
"""

from dataclasses import dataclass

from ledger.seals import Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The places below `end`, without those of transactions that were still open."""

    end: int
    open: frozenset[int]

    def covers(self, place: int) -> bool:
        return place < self.end and place not in self.open


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What one seal had to take: of one era, behind what was sealed, within its own reach if it has one there."""

    era: int
    sealed: Reach
    within: Reach | None

    def holds(self, era: int, place: int) -> bool:
        if era != self.era or self.sealed.covers(place):
            return False
        return self.within is None or self.within.covers(place)


def stretch_of(seal: Seal, before: Seal | None) -> Stretch:
    """A seal that begins an era takes all that was left of the era before: its own reach is of the new one.

    ValueError when a reach has no form that there is.
    """
    era = before.era if before else 0
    return Stretch(
        era=era,
        sealed=reach_of(before.reach) if before else Reach(end=0, open=frozenset()),
        within=reach_of(seal.reach) if seal.era == era else None,
    )


def reach_of(text: str) -> Reach:
    """SQLite's last place, or PostgreSQL's snapshot as xmin:xmax:open; ValueError when it is neither."""
    if ":" not in text:
        return Reach(end=int(text) + 1, open=frozenset())
    _oldest, end, still_open = text.split(":")
    return Reach(end=int(end), open=frozenset(int(number) for number in still_open.split(",") if number))
