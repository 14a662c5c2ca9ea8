"""One redemption as the benchmarks count it: reserve, then confirm, each a keyed step with its audit record.

These are the functions that the spine calls, with key, leaves and audit record, and nothing of the catalogue.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import alembic.command
import alembic.config

import ledger
from ledger import Credit, Database, EarnKind, HoldId, Keyring, MemberId, Origin, Points, Session, SystemClock
from panel_app.programme import audit
from panel_app.programme.access import Actor, Permission
from panel_app.programme.steps import Keyed, Step, keyed

ROOT = Path(__file__).parents[1]
KEYRING = Keyring(bytes(32))
PLENTY = Points(10**9)
PRICE = Points(10)
TTL = timedelta(seconds=120)
RESERVE = Step(operation="redemption.reserve", permission=Permission.REDEEM)
CONFIRM = Step(operation="redemption.confirm", permission=Permission.REDEEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for, and what comes of it after the first step."""

    member_id: MemberId
    points: int
    hold_id: HoldId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What Confirm answers."""

    entry_id: UUID
    balance_after: int | None


def at_till() -> Actor:
    return Actor(
        client=f"till-{ledger.new_id()}",
        source="in-store",
        permissions=frozenset({Permission.REDEEM}),
        operator_id=ledger.new_id(),
        branch_id=ledger.new_id(),
        till_id=ledger.new_id(),
    )


def redeem(session: Session, actor: Actor, member_id: MemberId) -> None:
    """Two transactions, as the counter makes them: the price accepted, then Confirm."""
    asked = Asked(member_id=member_id, points=PRICE)
    held = keyed(session, actor, RESERVE, _once(asked), Asked, partial(_reserve, session, actor, asked))
    keyed(session, actor, CONFIRM, _once(held), Done, partial(_confirm, session, actor, held))


def prepare(url: str, members: int) -> list[MemberId]:
    """A migrated database with members who have plenty of points."""
    options = alembic.config.CommandLine().parser.parse_args(["-x", f"url={url}", "current"])
    alembic.command.upgrade(alembic.config.Config(ROOT / "alembic.ini", cmd_opts=options), "head")
    made = [MemberId(ledger.new_id()) for _member in range(members)]
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    with database.session() as session:
        ledger.transact(session, partial(_fill, session, made))
    database.dispose()
    return made


def load(url: str, members: Sequence[MemberId], seconds: float, threads: int) -> list[float]:
    """Seconds of every redemption, over all threads of this process."""
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    database.asked.know(frozenset(), seconds=math.inf)  # as a server knows it where no webhook is
    latencies: list[list[float]] = [[] for _thread in range(threads)]
    start = threading.Barrier(threads)

    def work(number: int) -> None:
        actor = at_till()
        with database.session() as session:
            redeem(session, actor, members[number % len(members)])  # connect and build the statements first
            start.wait()
            stop_at = time.perf_counter() + seconds
            turn = number
            while (began := time.perf_counter()) < stop_at:
                redeem(session, actor, members[turn % len(members)])
                turn += threads + 7
                latencies[number].append(time.perf_counter() - began)

    _run(work, threads)
    database.dispose()
    return [latency for mine in latencies for latency in mine]


def _reserve(session: Session, actor: Actor, asked: Asked) -> Asked:
    hold = ledger.place_hold(
        session, actor.origin(), member_id=asked.member_id, points=Points(asked.points), ttl=TTL
    )
    audit.record(session, actor, "redemption.reserved", member_id=asked.member_id, points=asked.points)
    return Asked(member_id=asked.member_id, points=asked.points, hold_id=hold.id)


def _confirm(session: Session, actor: Actor, held: Asked) -> Done:
    if held.hold_id is None:
        raise ValueError("nothing is held")
    entry = ledger.capture_hold(session, actor.origin(), held.hold_id)
    audit.record(session, actor, "redemption.confirmed", member_id=held.member_id, points=held.points)
    return Done(entry_id=entry.id, balance_after=entry.balance_after)


def _once(body: object) -> Keyed:
    return Keyed(key=str(ledger.new_id()), body=body)


def _fill(session: Session, members: Sequence[MemberId]) -> None:
    ledger.open_house(session)
    origin = Origin(client="bench", source="system")
    for member_id in members:
        ledger.open_member(session, member_id)
        given = Credit(member_id=member_id, points=PLENTY, kind=EarnKind.PROGRAMME_RULE)
        ledger.credit(session, origin, given)


def _run(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
