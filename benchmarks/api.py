"""The HTTP API on the default server: balances, holds with their capture, redemptions; beside /livez of the same run.

python -m benchmarks.api [--database sqlite|postgresql] [--seconds N] [--rounds N] [--connections N …]. The server is
`countermark serve` as a process of its own, the client this process, with kept-alive connections on loopback. The
only setting that differs from the default is how often one client may ask. Rows of a round take turns; a figure is
the median over the rounds, a ratio is to the same round's /livez with as many connections.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from pathlib import Path
from uuid import uuid4

import alembic.command

import ledger
from benchmarks.kept_line import KeptLine
from ledger import Credit, EarnKind, MemberId, Points
from panel_app.programme import members
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from tests.conftest import alembic_config
from tests.journeys.furniture import SEED
from tests.journeys.shop import Shop, open_shop
from tests.postgres import throw_away_server

MEMBERS = 200
PLENTY = Points(10**9)
OFTEN = {"COUNTERMARK_API_CALLS_PER_MINUTE": "10000000"}
SETTINGS = ("fsync=on", "full_page_writes=on", "shared_buffers=256MB")
_turns = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the operations ask, and for whom."""

    url: str
    key: str
    members: list[MemberId]
    reward: str
    till: str

    def line(self) -> KeptLine:
        return KeptLine(self.url, {"Authorization": f"Bearer {self.key}"})

    def member(self) -> str:
        """Another one each time: rows that many wait for are the ledger's benchmark."""
        return str(self.members[next(_turns) % len(self.members)])


Operation = Callable[[Place, KeptLine], int]
"""Gives how many of its answers were not what they should be."""


def live(_place: Place, line: KeptLine) -> int:
    return int(line.get("/livez").status != HTTPStatus.OK)


def balance(place: Place, line: KeptLine) -> int:
    return int(line.get(f"/api/v1/members/{place.member()}/balance").status != HTTPStatus.OK)


def hold_and_capture(place: Place, line: KeptLine) -> int:
    wish = {"member_id": place.member(), "points": 10, "reference": "bench"}
    held = line.post_json("/api/v1/holds", wish, str(uuid4()))
    if held.status != HTTPStatus.CREATED:
        return 1
    taken = line.post_json(f"/api/v1/holds/{held.json()['id']}/capture", {}, str(uuid4()))
    return int(taken.status != HTTPStatus.OK)


def redemption(place: Place, line: KeptLine) -> int:
    """What it costs, then the points held, then taken."""
    wish = {"branch": "BER", "member_id": place.member(), "reward_id": place.reward}
    quoted = line.post_json("/api/v1/redemptions/quote", wish, str(uuid4()))
    reserved = line.post_json("/api/v1/redemptions", wish | {"till": place.till}, str(uuid4()))
    if (quoted.status, reserved.status) != (200, 201):
        return 1
    path = f"/api/v1/redemptions/{reserved.json()['booking_id']}/confirm"
    return int(line.post_json(path, {}, str(uuid4())).status != HTTPStatus.OK)


OPERATIONS: dict[str, Operation] = {
    "/livez": live,
    "balance": balance,
    "hold + capture": hold_and_capture,
    "quote + reserve + confirm": redemption,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of one round: seconds of each operation, and what went wrong."""

    latencies: list[float]
    errors: int
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 16])
    chosen = parser.parse_args()
    print("| API | connections | operations/s | p50 ms | p99 ms | errors | of /livez |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for kind in [chosen.database] if chosen.database else ["sqlite", "postgresql"]:
        with served(kind) as shop:
            place = prepared(shop)
            measure(kind, place, chosen.seconds, chosen.rounds, chosen.connections)


@contextmanager
def served(kind: str, **settings: str) -> Iterator[Shop]:
    """The shop of the journeys on a fresh database of this kind."""
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
        alembic.command.upgrade(alembic_config(url), "head")
        with open_shop(Path(folder), url, **OFTEN, **settings) as shop:
            yield shop


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/bench.db"
        return
    with throw_away_server(*SETTINGS) as url:
        yield url


def prepared(shop: Shop) -> Place:
    """Members with plenty of points, a key for everything, a till."""
    new = NewKey(client="Bench", source="bench", scopes=frozenset({Scope.ADMIN}))
    with shop.database.session() as session:
        key = issue_key(session, SEED, new).text
        enrolled = [members.enrol(session, SEED, external_id=f"B{n}", name="Bench") for n in range(MEMBERS)]
        for member_id in enrolled:
            given = Credit(member_id=member_id, points=PLENTY, kind=EarnKind.PROGRAMME_RULE)
            ledger.transact(session, lambda given=given: ledger.credit(session, SEED.origin(), given))  # type: ignore[misc]
    reward = str(shop.reward_ids["COFFEE"])
    return Place(url=shop.url, key=key, members=enrolled, reward=reward, till=shop.till())


def measure(kind: str, place: Place, seconds: float, rounds: int, connections: list[int]) -> None:
    rows = [(number, name) for number in connections for name in OPERATIONS]
    found: dict[tuple[int, str], list[Run]] = {row: [] for row in rows}
    run(place, redemption, 1, 0.5)  # the server builds its statements at their first use
    for _round in range(rounds):
        for number, name in rows:
            found[number, name].append(run(place, OPERATIONS[name], number, seconds))
    for number, name in rows:
        print(table_row(kind, name, number, found[number, name], found[number, "/livez"]))


def run(place: Place, operation: Operation, connections: int, seconds: float) -> Run:
    latencies: list[list[float]] = [[] for _number in range(connections)]
    errors = [0] * connections
    start = threading.Barrier(connections)

    def work(number: int) -> None:
        with place.line() as line:
            operation(place, line)
            start.wait()
            stop_at = time.perf_counter() + seconds
            while (began := time.perf_counter()) < stop_at:
                errors[number] += operation(place, line)
                latencies[number].append(time.perf_counter() - began)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Run(latencies=[one for mine in latencies for one in mine], errors=sum(errors), seconds=seconds)


def table_row(kind: str, name: str, connections: int, runs: list[Run], baseline: list[Run]) -> str:
    """Medians over the rounds."""
    rate = statistics.median(run.rate for run in runs)
    half, most = (
        statistics.median(sorted(run.latencies)[int((len(run.latencies) - 1) * part)] for run in runs) * 1000
        for part in (0.5, 0.99)
    )
    ratio = statistics.median(one.rate / base.rate for one, base in zip(runs, baseline, strict=True))
    errors = sum(run.errors for run in runs)
    title = f"{kind}, {name}"
    return f"| {title} | {connections} | {rate:.0f} | {half:.1f} | {most:.1f} | {errors} | {ratio:.2f} |"


if __name__ == "__main__":
    main()
