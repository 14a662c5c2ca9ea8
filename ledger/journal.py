"""post(): the only writer of entries and postings. Knows no holds, lots or claims, only legs that balance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger.accounts import CLAIMS, REDEEMED, account_id
from ledger.ids import new_id
from ledger.models import balances, entries, postings
from ledger.steps import Answer, Plan, Values, argument
from ledger.terms import (
    POINTS_ASSET,
    AccountKind,
    CashLeg,
    EarnKind,
    Entry,
    EntryType,
    Origin,
    minor,
)

ORIGIN = (
    "client",
    "source",
    "branch_id",
    "till_id",
    "operator_id",
    "on_behalf",
    "booking_id",
    "reference",
    "request_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One posting of a step to be built: columns, arguments and answers of earlier parts."""

    account_id: Any
    amount: Any
    asset: Any
    reference: Any


def house(account: UUID) -> Any:
    return sa.literal(account, postings.c.account_id.type)


def points_leg(account: Any, amount: Any) -> Leg:
    return Leg(account_id=account, amount=amount, asset=sa.literal(POINTS_ASSET), reference=sa.null())


def claim_legs(count: int) -> list[Leg]:
    """Claims → redeemed for the points that were charged at the claim, when `count` is 1."""
    settled = argument("claim_points", postings.c.amount)
    return [points_leg(house(CLAIMS), -settled), points_leg(house(REDEEMED), settled)] * count


def cash_legs(count: int) -> list[Leg]:
    """Two legs for each of `count` cash legs, whose values come by cash_arguments()."""
    legs = []
    for index in range(count):
        amount = argument(f"cash_{index}_amount", postings.c.amount)
        shared = {
            "asset": argument(f"cash_{index}_asset", postings.c.asset),
            "reference": argument(f"cash_{index}_reference", postings.c.reference),
        }
        for side, signed in (("cash", amount), ("takings", -amount)):
            account = argument(f"cash_{index}_{side}_account", postings.c.account_id)
            legs.append(Leg(account_id=account, amount=signed, **shared))
    return legs


def cash_arguments(cash: Sequence[CashLeg]) -> dict[str, object]:
    values: dict[str, object] = {}
    for index, leg in enumerate(cash):
        if minor(leg.amount) <= 0:
            raise ValueError("a cash leg takes more than nothing")
        values |= {
            f"cash_{index}_amount": leg.amount,
            f"cash_{index}_asset": leg.currency,
            f"cash_{index}_reference": leg.reference,
            f"cash_{index}_cash_account": account_id(
                AccountKind.CASH, leg.currency, leg.branch_id, leg.tender
            ),
            f"cash_{index}_takings_account": account_id(AccountKind.TAKINGS, leg.currency, leg.branch_id),
        }
    return values


def change_balance(
    plan: Plan,
    *,
    member_id: Any,
    points: Any,
    held: Any,
    at: Any,
    guards: Sequence[Any] = (),
    values: Mapping[str, Any] | None = None,
) -> Answer:
    """Moves a member's balance row by `points` and counts the entry that post() then numbers."""
    changed = (
        sa.update(balances)
        .where(balances.c.member_id == member_id, *guards)
        .values(
            posted=balances.c.posted + points,
            held=balances.c.held + held,
            entries=balances.c.entries + 1,
            **(values or {}),
        )
        .returning(
            balances.c.member_id,
            balances.c.account_id,
            balances.c.posted,
            balances.c.entries,
            balances.c.due_at,
            sa.type_coerce(points, balances.c.posted.type).label("points"),
            sa.type_coerce(at, entries.c.created_at.type).label("at"),
        )
    )
    return plan.ask("balance", changed)


def post_for_member(
    plan: Plan, balance: Answer, legs: Sequence[Leg], more: Mapping[str, Any] | None = None
) -> None:
    """The entry behind a changed balance: the member's leg and the `legs` of the others."""
    own = points_leg(balance["account_id"], balance["points"])
    numbered = {
        "points": balance["points"],
        "number": balance["entries"],
        "balance_after": balance["posted"],
        **(more or {}),
    }
    post(plan, [own, *legs], after=balance, numbered=numbered)


def against(account: Any, balance: Answer) -> Leg:
    """The other side of the member's leg."""
    return points_leg(account, -balance["points"])


def post_for_house(
    plan: Plan, after: Answer, legs: Sequence[Leg], more: Mapping[str, Any] | None = None
) -> None:
    """An entry about a member without a leg on the member's account: no number and 0 points."""
    numbered = {"points": sa.literal(0), "number": sa.null(), "balance_after": sa.null(), **(more or {})}
    post(plan, legs, after=after, numbered=numbered)


def post(plan: Plan, legs: Sequence[Leg], *, after: Answer, numbered: Mapping[str, Any]) -> None:
    """Adds the entry and its postings to a step, once `after` (with member_id and at) has answered.

    SQLite closes an entry when it is inserted, so the postings stand first.
    """
    entry_id = argument("entry_id", entries.c.id)
    lines = [
        {
            "entry_id": entry_id,
            "line": sa.literal(line),
            "account_id": leg.account_id,
            "member_id": after["member_id"],
            "asset": leg.asset,
            "amount": leg.amount,
            "reference": leg.reference,
        }
        for line, leg in enumerate(legs, start=1)
    ]
    plan.record(postings, after, *lines)
    entry = {
        "id": entry_id,
        "type": argument("type", entries.c.type),
        "kind": argument("kind", entries.c.kind),
        "member_id": after["member_id"],
        "lines": sa.literal(len(legs)),
        "created_at": after["at"],
        **numbered,
        **origin_columns(entries),
    }
    plan.record(entries, after, entry)


def entry_arguments(origin: Origin, entry_type: EntryType, kind: EarnKind | None = None) -> dict[str, object]:
    """What post() needs at run time, under a new id."""
    return {
        "entry_id": new_id(),
        "type": entry_type.value,
        "kind": None if kind is None else kind.value,
        **origin_arguments(origin),
    }


def entry_from(given: Values, answers: Values, **more: object) -> Entry:
    """The entry that post_for_member() wrote."""
    written = {
        **more,
        "id": given["entry_id"],
        "member_id": answers["balance__member_id"],
        "points": answers["balance__points"],
        "number": answers["balance__entries"],
        "balance_after": answers["balance__posted"],
        "created_at": answers["balance__at"],
    }
    return entry_of({**given, **written})


def origin_columns(table: sa.Table) -> dict[str, Any]:
    return {name: argument(name, table.c[name]) for name in ORIGIN}


def origin_arguments(origin: Origin) -> dict[str, object]:
    return {name: getattr(origin, name) for name in ORIGIN}


def debit_type(origin: Origin) -> EntryType:
    return EntryType.DEBIT_BY_ON_BEHALF_REDEMPTION if origin.on_behalf else EntryType.DEBIT_BY_REDEMPTION


def entry_of(row: Mapping[Any, Any]) -> Entry:
    """An entry from its columns; one that is missing is null."""
    columns: dict[str, Any] = {
        name: row.get(name) for name in Entry.__dataclass_fields__ if name not in {"type", "kind"}
    }
    return Entry(
        type=EntryType(row["type"]),
        kind=None if row["kind"] is None else EarnKind(row["kind"]),
        **columns,
    )
