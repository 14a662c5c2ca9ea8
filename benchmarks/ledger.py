"""Reserve + capture through the ledger's public functions, beside pgbench's TPC-B on the same PostgreSQL.

python -m benchmarks.ledger [--seconds N] [--threads N]. One table; the ratio is to TPC-B with as many clients,
measured just before. The server is thrown away afterwards: data in memory, synchronous commit and fsync on.
"""

import argparse
import multiprocessing
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import alembic.command
import alembic.config

import ledger
from ledger import Credit, Database, EarnKind, Keyring, MemberId, Origin, Points, SystemClock
from tests.postgres import program, throw_away_server

ROOT = Path(__file__).parents[1]
ORIGIN = Origin(client="bench", source="in-store")
KEYRING = Keyring(bytes(32))
MEMBERS = 1000
PLENTY = Points(10**9)
TTL = timedelta(seconds=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--threads", type=int, default=8)
    chosen = parser.parse_args()
    print("| hold + capture | per second | p50 ms | p99 ms | max ms | of TPC-B |")
    print("| --- | --- | --- | --- | --- | --- |")
    with throw_away_server("fsync=on", "full_page_writes=on", "shared_buffers=256MB") as server:
        _postgresql(server, chosen.seconds, chosen.threads)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        members = prepare(url)
        found = _measure(url, members, chosen.seconds, chosen.threads, processes=1)
        print(_line(f"SQLite, spread, {chosen.threads} threads", found, chosen.seconds, None))


def _postgresql(server: str, seconds: float, threads: int) -> None:
    members = prepare(server)
    tpcb = _pgbench(server, seconds, threads)
    print(f"| pgbench TPC-B, {threads} clients | {tpcb:.0f} | | | | 1.00 |")
    for name, chosen, processes in (
        ("spread", members, 1),
        ("one member", members[:1], 1),
        ("spread", members, 4),
    ):
        found = _measure(server, chosen, seconds, threads, processes)
        where = f"PostgreSQL, {name}, {threads} threads in {processes}"
        print(_line(where, found, seconds, tpcb))


def prepare(url: str) -> list[MemberId]:
    options = alembic.config.CommandLine().parser.parse_args(["-x", f"url={url}", "current"])
    alembic.command.upgrade(alembic.config.Config(ROOT / "alembic.ini", cmd_opts=options), "head")
    members = [MemberId(ledger.new_id()) for _member in range(MEMBERS)]
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    with database.session() as session:

        def fill() -> None:
            ledger.open_house(session)
            for member_id in members:
                ledger.open_member(session, member_id)
                given = Credit(member_id=member_id, points=PLENTY, kind=EarnKind.PROGRAMME_RULE)
                ledger.credit(session, ORIGIN, given)

        ledger.transact(session, fill)
    database.dispose()
    return members


def _pgbench(server: str, seconds: float, clients: int) -> float:
    pgbench = program("pgbench")
    subprocess.run([pgbench, "-i", "-q", "-s", "20", server], check=True, capture_output=True)  # noqa: S603
    load = [
        pgbench,
        "-b",
        "tpcb-like",
        "-c",
        str(clients),
        "-j",
        "2",
        "-T",
        str(max(1, int(seconds))),
        "-n",
        server,
    ]
    done = subprocess.run(load, check=True, capture_output=True, text=True)  # noqa: S603
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench said no rate: {done.stdout}")
    return float(found[1])


def _measure(url: str, members: list[MemberId], seconds: float, threads: int, processes: int) -> list[float]:
    """Seconds of every hold + capture, over all threads."""
    if processes == 1:
        return load(url, members, seconds, threads)
    share = threads // processes
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        jobs = [(url, members, seconds, share)] * processes
        return [latency for found in pool.starmap(load, jobs) for latency in found]


def load(url: str, members: list[MemberId], seconds: float, threads: int) -> list[float]:
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    latencies: list[list[float]] = [[] for _thread in range(threads)]
    start = threading.Barrier(threads)

    def work(number: int) -> None:
        with database.session() as session:
            _redeem(session, members[number % len(members)])  # connect and build the statements first
            start.wait()
            stop_at = time.perf_counter() + seconds
            turn = number
            while (began := time.perf_counter()) < stop_at:
                _redeem(session, members[turn % len(members)])
                turn += threads + 7
                latencies[number].append(time.perf_counter() - began)

    _run_threads(work, threads)
    database.dispose()
    return [latency for mine in latencies for latency in mine]


def _redeem(session: ledger.Session, member_id: MemberId) -> None:
    """Two transactions, as the counter makes them: the price accepted, then Confirm."""
    hold = ledger.transact(
        session,
        lambda: ledger.place_hold(session, ORIGIN, member_id=member_id, points=Points(10), ttl=TTL),
    )
    ledger.transact(session, lambda: ledger.capture_hold(session, ORIGIN, hold.id))


def _run_threads(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _line(name: str, found: list[float], seconds: float, tpcb: float | None) -> str:
    ordered = sorted(found)
    rate = len(ordered) / seconds
    half, most, last = (ordered[int((len(ordered) - 1) * part)] * 1000 for part in (0.5, 0.99, 1))
    ratio = "" if tpcb is None else f"{rate / tpcb:.2f}"
    return f"| {name} | {rate:.0f} | {half:.1f} | {most:.1f} | {last:.1f} | {ratio} |"


if __name__ == "__main__":
    main()
