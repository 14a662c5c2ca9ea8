"""What the surfaces of the simulator ask for, and how a server does it. Knows no scheduler and no judge."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import ledger
from ledger import CashLeg, Credit, EarnKind, EntryId, HoldId, MemberId, Minor, Origin, Points, Session
from tests.ledger.books import BRANCH, GRACE

Answer = dict[str, Any]
EARNS = ("earn", "goodwill")
MEMBERS = tuple(MemberId(UUID(f"018f0000-0000-7000-8000-00000000a00{number}")) for number in (1, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One request of one surface; asked as often as it takes, always with the same key and body."""

    surface: str
    operation: str
    key: str
    member_id: MemberId
    body: Answer

    def canonical(self) -> bytes:
        return json.dumps({"member": str(self.member_id), **self.body}, sort_keys=True).encode()

    def altered(self) -> "Wish":
        """Another body under the same key."""
        return replace(self, body={**self.body, "points": 997})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the surfaces have been told of: (id, member) of holds, and of entries that might be reversed."""

    holds: list[tuple[str, MemberId]]
    entries: list[tuple[str, MemberId]]


def think_of(random: Random, surface: str, key: str, known: Known) -> Wish:
    """Something to ask: small numbers and whole hours, so that sums and expiries meet exactly."""
    operation = random.choices(
        ("earn", "goodwill", "hold", "extend", "capture", "release", "reverse", "charge"),
        (12, 3, 16, 5, 18, 5, 9, 4),
    )[0]
    about = known.entries if operation == "reverse" else known.holds
    if operation in {"extend", "capture", "release", "reverse"} and not about:
        operation = "earn"
    part = random.choice((None, None, random.randint(1, 12)))
    hours = random.randint(1, 5)
    member_id = random.choice(MEMBERS)
    body: Answer = {}
    match operation:
        case "earn" | "goodwill":
            body = {"points": random.randint(1, 30), "expires": random.choice((None, hours * 6))}
            body["posts"] = random.choice((None, None, None, hours))
        case "hold":
            body = {"points": random.randint(1, 25), "hours": random.choice((1, 1, 2, hours))}
        case "charge":
            body = {"points": random.randint(1, 15)}
        case _:
            # The newest are asked about most, by every surface: that is where they meet.
            about_id, member_id = random.choice(about[-random.choice((2, 6, 1000)) :])
            body = {"id": about_id, "points": part, "hours": hours, "cash": random.choice((0, 400, 333))}
    return Wish(surface=surface, operation=operation, key=key, member_id=member_id, body=body)


def fulfil(session: Session, origin: Origin, wish: Wish) -> Answer:
    """Does it by the ledger's public functions. Raises what they refuse."""
    body, now = wish.body, session.clock.now()
    done: ledger.Entry | ledger.Hold
    part = None if body.get("points") is None else Points(body["points"])
    match wish.operation:
        case "earn" | "goodwill":
            expires_at, posts_at = (
                None if body[name] is None else now + timedelta(hours=body[name])
                for name in ("expires", "posts")
            )
            given = {"member_id": wish.member_id, "points": Points(body["points"])}
            given |= {"expires_at": expires_at, "posts_at": posts_at}
            if wish.operation == "earn":
                done = ledger.credit(session, origin, Credit(kind=EarnKind.PROGRAMME_RULE, **given))
            else:
                done = ledger.goodwill(session, origin, **given)
        case "hold":
            ttl = timedelta(hours=body["hours"])
            done = ledger.place_hold(
                session, origin, member_id=wish.member_id, points=Points(body["points"]), ttl=ttl
            )
        case "charge":
            points = Points(body["points"])
            done = ledger.charge_claim(session, origin, member_id=wish.member_id, points=points)
        case "extend":
            until = now + timedelta(hours=body["hours"])
            done = ledger.extend_hold(session, origin, HoldId(UUID(body["id"])), until=until)
        case "release":
            done = ledger.release_hold(session, origin, HoldId(UUID(body["id"])))
        case "capture":
            cash = CashLeg(branch_id=BRANCH, tender="cash", amount=Minor(body["cash"]), currency="USD")
            legs = (cash,) if body["cash"] else ()
            done = ledger.capture_hold(session, origin, HoldId(UUID(body["id"])), cash=legs, points=part)
        case "reverse":
            entry_id = EntryId(UUID(body["id"]))
            done = ledger.reverse_entry(session, origin, entry_id, points=part, reason="wrong", grace=GRACE)
        case other:
            raise AssertionError(other)
    return _told(done)


def _told(done: "ledger.Entry | ledger.Hold") -> Answer:
    if isinstance(done, ledger.Hold):
        told = {"id": done.id, "status": done.status.value, "expires_at": done.expires_at.isoformat()}
    else:
        told = {"id": done.id, "type": done.type.value, "number": done.number}
    return {**told, "points": done.points, "at": done.created_at.isoformat()}
