"""What tills asked and were told, and whether the books say the same. Knows no fault and no HTTP."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

import ledger
from ledger import MemberId
from tests.journeys.shop import Shop

EARNED = 5_000_000
MUGS = 10_500  # the shop has 500 to begin with


class Asked(StrEnum):
    RESERVE = "reserve"
    CONFIRM = "confirm"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One price of one reward; `option` is its position on the reward's list."""

    sku: str
    option: int
    points: int
    cents: int


PRICES = (
    Price(sku="MUG", option=1, points=600, cents=400),
    Price(sku="MUG", option=0, points=900, cents=0),
    Price(sku="COFFEE", option=0, points=120, cents=0),
)


@dataclass(slots=True, kw_only=True)
class Question:
    """What a till asks under one key. `told` is the state it was answered with, None while nobody knows."""

    what: Asked
    path: str
    form: dict[str, str]
    price: Price
    member_id: MemberId
    booking_id: str = ""
    told: str | None = None
    times: int = 0
    seconds: float = 0.0  # from the first asking to the answer


def disagreements(shop: Shop, questions: Sequence[Question]) -> list[str]:
    """Where settled journals and the books differ; empty when nothing was lost, doubled or left half done."""
    done = [question for question in questions if question.told == "done"]
    known = {"done", "ready", "amount-due"}
    found = [f"{one.what} was told {one.told}" for one in questions if one.told not in known]
    with shop.database.session() as session, ledger.read(session):
        rows = [tuple(row) for row in session.execute(sa.text(_BOOKED))]
        found += _differences(
            "booking", [(one.booking_id, one.price.points, one.price.cents) for one in done], rows
        )
        expected = {one.booking_id: "cancelled" for one in questions if one.told == "ready"}
        expected |= {one.booking_id: "completed" for one in done}
        statuses = [tuple(row) for row in session.execute(sa.text(_STATUSES))]
        found += _differences("redemption", list(expected.items()), statuses)
        mugs = MUGS - sum(one.price.sku == "MUG" for one in done)
        stock = session.execute(sa.text(_STOCK), {"sku": "MUG"}).one()
        found += _differences("stock of mugs", [(mugs, 0)], [tuple(stock)])
        spent = Counter({one.member_id: 0 for one in questions})
        for one in done:
            spent[one.member_id] += one.price.points
        for member_id, points in spent.items():
            balance = ledger.balance_of(session, member_id)
            left = (int(balance.available), int(balance.held))
            found += _differences("balance", [(EARNED - points, 0)], [left])
        found += [str(finding) for finding in ledger.verify(session)]
    return found


_BOOKED = """
    SELECT e.booking_id, -e.points,
        (SELECT CAST(coalesce(sum(p.amount), 0) AS BIGINT) FROM postings p JOIN accounts a ON a.id = p.account_id
         WHERE a.kind = 'cash' AND p.entry_id = e.id)
    FROM entries e WHERE e.booking_id IS NOT NULL
"""
_STATUSES = "SELECT booking_id, status FROM redemptions"
_STOCK = """
    SELECT s.on_hand, s.reserved FROM stock_levels s JOIN rewards r ON r.id = s.reward_id WHERE r.sku = :sku
"""


def _differences(what: str, told: Sequence[Any], booked: Sequence[Any]) -> list[str]:
    asked, there = Counter(told), Counter(booked)
    return [f"{what} {one} was told, but is not in the books" for one in (asked - there).elements()] + [
        f"{what} {one} is in the books, but was never told" for one in (there - asked).elements()
    ]
