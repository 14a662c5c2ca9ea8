"""The chain of seals: signatures, order, anchors, and each seal's leaves as they were sealed. Knows no records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from uuid import UUID

import sqlalchemy as sa

from ledger import merkle
from ledger.anchors import Anchored
from ledger.check import Finding
from ledger.database import Session
from ledger.seal_reaches import stretch_of
from ledger.seal_tables import leaves
from ledger.seals import GENESIS, Seal, seal_hash, seals_in_order
from ledger.signing import PublicKey

PORTION = 500


class AnchorRead:
    """One anchor, read along with the seals."""

    def __init__(self, name: str, lines: Iterator[Anchored]) -> None:
        self.name = name
        self._lines = lines
        self._next = next(lines, None)

    def judge(self, seal: Seal) -> Iterator[Finding]:
        yield from self.without(seal.number)
        if self._next is not None and self._next.number == seal.number:
            if self._next.hash != seal.hash:
                yield broken(
                    f"the anchor {self.name} knows another seal of this number", f"seal {seal.number}"
                )
            self._next = next(self._lines, None)

    def without(self, before: float) -> Iterator[Finding]:
        """What the anchor knows of seals up to a number that the database does not have."""
        while self._next is not None and self._next.number < before:
            number = self._next.number
            yield broken(f"the anchor {self.name} knows a seal that the database does not", f"seal {number}")
            self._next = next(self._lines, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What a seal is checked by."""

    mac: bytes
    era: int
    place: int


def chain(session: Session, public: PublicKey, anchors: Sequence[AnchorRead]) -> Iterator[Finding]:
    before: Seal | None = None
    intact = True
    for seal in seals_in_order(session):
        faults = list(_faults(seal, before, public))
        yield from (broken(fault, f"seal {seal.number}") for fault in faults)
        found = leaves_of(session, seal.ids())
        yield from _other_leaves(seal, found)
        # A seal that was tampered with does not say how far it reached, nor where the next one begins.
        intact = intact and not faults
        if intact:
            yield from _out_of_place(seal, before, found)
        for anchor in anchors:
            yield from anchor.judge(seal)
        before = seal
    for anchor in anchors:
        yield from anchor.without(inf)


def _faults(seal: Seal, before: Seal | None, public: PublicKey) -> Iterator[str]:
    expected, previous = (before.number + 1, before.hash) if before else (1, GENESIS)
    text = seal.message()
    if seal.number != expected:
        yield "seals are missing before this one"
    elif seal.previous != previous:
        yield "a seal does not follow from the one before"
    if seal.hash != seal_hash(text):
        yield "a seal is not as it was made"
    if not public.signed(text, seal.signature):
        yield "a seal is not signed by the seal key"


def _other_leaves(seal: Seal, found: Mapping[UUID, Leaf]) -> Iterator[Finding]:
    ids = seal.ids()
    missing = [leaf_id for leaf_id in ids if leaf_id not in found]
    for leaf_id in missing:
        yield broken(f"a leaf of seal {seal.number} is missing", str(leaf_id))
    if not missing and merkle.root([found[leaf_id].mac for leaf_id in ids]) != seal.root:
        yield broken("the leaves are not those that were sealed", f"seal {seal.number}")


def _out_of_place(seal: Seal, before: Seal | None, found: Mapping[UUID, Leaf]) -> Iterator[Finding]:
    """Stretches don't overlap: when each leaf lies in its seal's, none is in two seals, and counting them will do."""
    stretch = stretch_of(seal, before)
    for leaf_id, leaf in found.items():
        if not stretch.holds(leaf.era, leaf.place):
            yield broken(f"a leaf does not lie where seal {seal.number} reads", str(leaf_id))


def leaves_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, Leaf]:
    """The leaves of these records that there are."""
    found: dict[UUID, Leaf] = {}
    for at in range(0, len(ids), PORTION):
        chosen = sa.select(leaves.c.id, leaves.c.mac, leaves.c.era, leaves.c.place).where(
            leaves.c.id.in_(ids[at : at + PORTION])
        )
        rows = session.connection().execute(chosen)
        found |= {row.id: Leaf(mac=bytes(row.mac), era=row.era, place=row.place) for row in rows}
    return found


def broken(what: str, where: str) -> Finding:
    return Finding(invariant="I16", what=what, id=where)
