"""Reversals: a new entry that undoes another, in whole or in part. Knows no redemptions and no limits.

What a member spent comes back with the expiry it had, the latest first; if that has passed, into a lot with a
grace. Cash goes back in proportion, by the tender it came by. The last reversal takes the rounding remainder.
What a member was given is taken back as far as it is there; the rest is written down as unrecovered.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger.accounts import CLAIMS, UNRECOVERED, account_id
from ledger.database import Session
from ledger.due import settle_member
from ledger.errors import AlreadyReversed, BelongsToBooking, NotFound, NotReversible
from ledger.ids import new_id
from ledger.journal import entry_arguments, entry_from, entry_of
from ledger.lot_models import pendings
from ledger.models import balances
from ledger.reversal_steps import Shape, reversal_step
from ledger.reversed import Past, Taken, past_of, taken_by
from ledger.statements import entry_by_id
from ledger.terms import POINTS_ASSET, AccountKind, Charge, Entry, EntryId, EntryType, Origin, Points
from ledger.terms import points as whole_points

FINAL = {EntryType.REDEMPTION_REVERSAL, EntryType.POINTS_EXPIRY}


@dataclass(slots=True, kw_only=True)
class _Work:
    """What a reversal moves, while it is put together."""

    original: Entry
    past: Past
    now: datetime
    points: int = 0
    unrecovered: int = 0
    legs: list[tuple[UUID, int, str, str | None]] = field(default_factory=list)
    back: list[tuple[Taken, int]] = field(default_factory=list)
    unattributed: int = 0


def reverse_entry(
    session: Session,
    origin: Origin,
    entry_id: EntryId,
    *,
    reason: str,
    grace: timedelta,
    points: Points | None = None,
    charges: Sequence[Charge] = (),
) -> Entry:
    """Undoes all that is left of an entry, or `points` of it: spent points go back to the member.

    Claim points that the entry settled come back too; `charges` name the entries that took them, so that they
    find their lots, else they get the grace. Raises NotFound, BelongsToBooking, NotReversible, AlreadyReversed.
    """
    if not reason or (points is not None and whole_points(points) <= 0):
        raise ValueError("a reversal has a reason and at least one point")
    if len({charge.entry_id for charge in charges}) < len(charges):
        raise ValueError("each charge once")
    work = _begin(session, origin, entry_id)
    own = taken_by(session, [entry_id])
    left = _left(work, own)
    wanted = left if points is None else int(points)
    _check(work, wanted, left)
    if work.original.points > 0:
        _take_back(session, work, wanted)
    else:
        _give_back(session, work, wanted, own, charges)
        _cash_back(work, wanted)
    return _write(session, origin, work, reason, grace)


def undo_entry(
    session: Session, origin: Origin, entry_id: EntryId, *, reason: str, grace: timedelta
) -> Entry:
    """Undoes all that is left of a redemption's entry, but claim points go back to the claim, to be spent again.

    Raises as reverse_entry().
    """
    work = _begin(session, origin, entry_id)
    own = taken_by(session, [entry_id])
    left = _left(work, own)
    _check(work, left, left)
    held = min(left, sum(each.points for each in own))
    _give_back(session, work, held, own, ())
    if left > held:
        claimed = left - held
        work.legs += [(_sink(work), -claimed, POINTS_ASSET, None), (CLAIMS, claimed, POINTS_ASSET, None)]
    _cash_back(work, left)
    return _write(session, origin, work, reason, grace)


def cancel_pending(session: Session, entry_id: EntryId) -> None:
    """A credit that has not posted never will. Raises NotFound, also for one that has."""
    cancelled = session.connection().execute(
        sa.update(pendings)
        .where(
            pendings.c.id == entry_id, pendings.c.status == "pending", pendings.c.posts_at > session.now_sql()
        )
        .values(status="cancelled")
    )
    if cancelled.rowcount != 1:
        raise NotFound(what="entry")


def _begin(session: Session, origin: Origin, entry_id: EntryId) -> _Work:
    original = entry_by_id(session, entry_id)
    if original.booking_id is not None and original.booking_id != origin.booking_id:
        raise BelongsToBooking(booking_id=original.booking_id)
    if original.type in FINAL or original.reverses_id is not None:
        raise NotReversible(type=original.type.value)
    settle_member(session, origin, original.member_id)
    now = session.scalars(sa.select(session.now_sql())).one()
    return _Work(original=original, past=past_of(session, original), now=now)


def _left(work: _Work, own: Sequence[Taken]) -> int:
    """The points that may still be reversed. What a claim's reversal gave back, its charge can't again."""
    left = work.past.whole - work.past.back
    own_only = work.original.points == -work.past.whole
    return min(left, sum(each.points for each in own)) if own_only else left


def _check(work: _Work, wanted: int, left: int) -> None:
    nothing = left == 0 if work.past.whole else work.past.reversals > 0
    if nothing or wanted > left:
        raise AlreadyReversed(left=Points(left))


def _sink(work: _Work) -> UUID:
    if work.past.sink is None:
        raise AssertionError("an entry that moved points has moved them somewhere")
    return work.past.sink


def _take_back(session: Session, work: _Work, wanted: int) -> None:
    available = session.scalars(
        sa.select(balances.c.posted - balances.c.held).where(balances.c.member_id == work.original.member_id)
    ).one()
    taken = min(wanted, available)
    work.points, work.unrecovered = -taken, wanted - taken
    work.legs.append((_sink(work), wanted, POINTS_ASSET, None))
    if work.unrecovered:
        work.legs.append((UNRECOVERED, -work.unrecovered, POINTS_ASSET, None))


def _give_back(
    session: Session, work: _Work, wanted: int, own: Sequence[Taken], charges: Sequence[Charge]
) -> None:
    """The member's own points of this entry first, then those of its claims, charge by charge."""
    if not wanted:
        return
    work.points = wanted
    work.legs.append((_sink(work), -wanted, POINTS_ASSET, None))
    left = wanted - _draw(work, own, wanted)
    lots = taken_by(session, [charge.entry_id for charge in charges]) if left and charges else []
    for charge in charges:
        mine = [each for each in lots if each.taken_by == charge.entry_id]
        left -= _draw(work, mine, min(left, charge.points))
    work.unattributed = left


def _draw(work: _Work, lots: Sequence[Taken], wanted: int) -> int:
    drawn = 0
    for each in lots:
        part = min(each.points, wanted - drawn)
        if part > 0:
            work.back.append((each, part))
            drawn += part
    return drawn


def _cash_back(work: _Work, wanted: int) -> None:
    """Each tender's share of all that is reversed so far, less what went back already."""
    past, through = work.past, work.past.back + wanted
    taken: Counter[tuple[UUID, UUID, str, str | None]] = Counter()
    for leg in past.legs:
        if leg["kind"] == AccountKind.CASH:
            taken[leg["account_id"], leg["owner_id"], leg["asset"], leg["reference"]] += leg["amount"]
    for (account, branch_id, currency, reference), amount in taken.items():
        share = amount if through == past.whole else amount * through // past.whole
        back = share + past.moved[account, reference]  # what went back is negative there
        if back > 0:
            takings = account_id(AccountKind.TAKINGS, currency, branch_id)
            work.legs += [(account, -back, currency, reference), (takings, back, currency, reference)]


def _write(session: Session, origin: Origin, work: _Work, reason: str, grace: timedelta) -> Entry:
    original = work.original
    taken_back = original.points > 0
    entry_type = EntryType.ADJUSTMENT_DEBIT if taken_back else EntryType.REDEMPTION_REVERSAL
    given = {
        **entry_arguments(dataclasses.replace(origin, on_behalf=original.on_behalf), entry_type),
        "reverses_id": original.id,
        "reversal_number": work.past.reversals + 1,
        "reason": reason,
        "unrecovered": work.unrecovered or None,
    }
    lots, counts = _lots(work, grace)
    shape = Shape(member=(work.points > 0) - (work.points < 0), legs=len(work.legs), **counts)
    names = ("account_id", "amount", "asset", "reference")
    legs = {
        f"leg_{index}_{name}": value
        for index, leg in enumerate(work.legs)
        for name, value in zip(names, leg, strict=True)
    }
    moved = {"member_id": original.member_id, "points": work.points}
    answers = reversal_step(shape).run(session, **moved, **legs, **lots, **given)
    if answers is None:
        raise AssertionError("the reversal of a locked member's entry is written")
    if shape.member:
        return entry_from(given, answers)
    unmoved = {"id": given["entry_id"], **moved, "created_at": answers["member__at"]}
    return entry_of({**given, **unmoved})


def _lots(work: _Work, grace: timedelta) -> tuple[dict[str, Any], dict[str, int]]:
    """The lots' part of the step: its arguments, and how many of each there are."""
    late = [each.expires_at is not None and each.expires_at <= work.now for each, _points in work.back]
    grace_lot = new_id()
    graced = work.unattributed + sum(
        part for (_each, part), is_late in zip(work.back, late, strict=True) if is_late
    )
    values: dict[str, Any] = {
        "grace_lot_id": grace_lot,
        "grace_points": graced,
        "grace_expires_at": work.now + grace,
    }
    into: Counter[UUID] = Counter()
    moments = [work.now + grace] if graced else []
    for index, ((each, part), is_late) in enumerate(zip(work.back, late, strict=True)):
        lot_id = grace_lot if is_late else each.lot_id
        row = {"taken_by": each.taken_by, "lot_id": each.lot_id, "points": part, "into_lot_id": lot_id}
        values |= {f"back_{index}_{name}": value for name, value in row.items()}
        if not is_late:
            into[each.lot_id] += part
            moments += [] if each.expires_at is None else [each.expires_at]
    for index, (lot_id, part) in enumerate(into.items()):
        values |= {f"lot_{index}_id": lot_id, f"lot_{index}_points": part}
    values["due_at"] = min(moments, default=None)
    return values, {"givebacks": len(work.back), "lots": len(into), "grace": int(graced > 0)}
