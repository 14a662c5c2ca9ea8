"""What the programme refuses of an order's lines, and which line a refusal is about; the others: refusals.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from ledger import Reason, Refusal


@dataclass(kw_only=True)
class SeveralMembers(Refusal):
    """The lines of one order are proven by codes of more than one member."""

    reason: ClassVar[Reason] = Reason.SEVERAL_MEMBERS


@dataclass(kw_only=True)
class ClaimNeeded(Refusal):
    """The reward is opened by a code of its claim alone, a partner's or a PIN; without a claim there is none."""

    reason: ClassVar[Reason] = Reason.CLAIM_NEEDED


@contextmanager
def about_line(number: int, *, of: int) -> Iterator[None]:
    """Say of a refusal which line it is about, the first being 0; where there is one, nothing is said."""
    try:
        yield
    except Refusal as refusal:
        if of > 1:
            refusal.part = f"lines.{number}"
        raise
