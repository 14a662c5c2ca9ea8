"""Merkle tree hashes and inclusion paths as RFC 9162 (2.1) defines them. Knows no records and no database."""

from collections.abc import Sequence
from hashlib import sha256

LEAF = b"\x00"
NODE = b"\x01"
"""Leaves and nodes are hashed apart, so that a node can't be passed off as a leaf."""


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaves in their order, 32 bytes; of no leaves it is the hash of nothing."""
    if not leaves:
        return sha256().digest()
    return _levels(leaves)[-1][0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from the leaf at `index` up to the root, nearest first."""
    beside = []
    for level in _levels(leaves)[:-1]:
        neighbour = index ^ 1
        # The last of an odd level goes up alone.
        if neighbour < len(level):
            beside.append(level[neighbour])
        index //= 2
    return beside


def root_of_path(leaf: bytes, index: int, count: int, beside: Sequence[bytes]) -> bytes | None:
    """The root that the path leads to; None when the path is not that of `index` among `count` leaves."""
    if not 0 <= index < count:
        return None
    reached, last, rest = sha256(LEAF + leaf).digest(), count - 1, list(beside)
    while last > 0:
        if index % 2 or index < last:
            if not rest:
                return None
            neighbour = rest.pop(0)
            pair = neighbour + reached if index % 2 else reached + neighbour
            reached = sha256(NODE + pair).digest()
        index, last = index // 2, last // 2
    return None if rest else reached


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from its leaves' hashes up. Pairing from the left gives the RFC's split at a power of two."""
    levels = [[sha256(LEAF + leaf).digest() for leaf in leaves]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        above = [sha256(NODE + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        levels.append(above + level[len(above) * 2 :])
    return levels
