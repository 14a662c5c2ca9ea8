"""Reserve + confirm with key, leaves and audit record, beside pgbench's TPC-B on the same PostgreSQL; and SQLite.

python -m benchmarks.ledger [--seconds N] [--rounds N]. The rows of one round take turns with TPC-B, each with as
many clients as it has threads; a figure is the median over the rounds, a ratio is to the same round's TPC-B with
eight. The server is thrown away afterwards: data in memory, synchronous commit and fsync on.
"""

import argparse
import multiprocessing
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass

from benchmarks.redeeming import load, prepare
from ledger import MemberId
from tests.postgres import program, throw_away_server

MEMBERS = 1000
SETTINGS = ("fsync=on", "full_page_writes=on", "shared_buffers=256MB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table."""

    members: int
    threads: int
    processes: int = 1

    def __str__(self) -> str:
        where = "spread" if self.members > 1 else "one member"
        return f"{where}, {self.threads} threads in {self.processes}"


CASES = (
    Case(members=MEMBERS, threads=1),
    Case(members=MEMBERS, threads=8),
    Case(members=MEMBERS, threads=16),
    Case(members=MEMBERS, threads=8, processes=4),
    Case(members=1, threads=8),
    Case(members=1, threads=8, processes=4),
)
ON_SQLITE = (CASES[0], CASES[1], CASES[2], CASES[4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print("| redemptions | per second | p50 ms | p99 ms | max ms | of TPC-B |")
    print("| --- | --- | --- | --- | --- | --- |")
    with throw_away_server(*SETTINGS) as server:
        _postgresql(server, chosen.seconds, chosen.rounds)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        members = prepare(url, MEMBERS)
        for case in ON_SQLITE:
            runs = [measure(url, members, chosen.seconds, case) for _round in range(chosen.rounds)]
            print(line(f"SQLite, {case}", runs, chosen.seconds, []))


def _postgresql(server: str, seconds: float, rounds: int) -> None:
    members = prepare(server, MEMBERS)
    make_tpcb(server)
    baseline: list[float] = []
    found: dict[Case, list[list[float]]] = {case: [] for case in CASES}
    for _round in range(rounds):
        baseline.append(tpcb(server, seconds, clients=8))
        for case in CASES:
            found[case].append(measure(server, members, seconds, case))
    print(f"| pgbench TPC-B, 8 clients | {statistics.median(baseline):.0f} | | | | 1.00 |")
    for case in CASES:
        print(line(f"PostgreSQL, {case}", found[case], seconds, baseline))


def make_tpcb(server: str) -> None:
    subprocess.run([program("pgbench"), "-i", "-q", "-s", "20", server], check=True, capture_output=True)  # noqa: S603


def tpcb(server: str, seconds: float, clients: int) -> float:
    """Transactions a second of pgbench's own TPC-B."""
    options = ["-b", "tpcb-like", "-c", str(clients), "-j", "2", "-T", str(max(1, int(seconds))), "-n"]
    done = subprocess.run([program("pgbench"), *options, server], check=True, capture_output=True, text=True)  # noqa: S603
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench said no rate: {done.stdout}")
    return float(found[1])


def measure(url: str, members: list[MemberId], seconds: float, case: Case) -> list[float]:
    """Seconds of every redemption, over all threads and processes."""
    chosen = members[: case.members]
    if case.processes == 1:
        return load(url, chosen, seconds, case.threads)
    job = (url, chosen, seconds, case.threads // case.processes)
    with multiprocessing.get_context("spawn").Pool(case.processes) as pool:
        return [latency for found in pool.starmap(load, [job] * case.processes) for latency in found]


def line(name: str, runs: list[list[float]], seconds: float, baseline: list[float]) -> str:
    """A row of the table: medians over the rounds."""
    rate = statistics.median(len(run) / seconds for run in runs)
    half, most, last = (
        statistics.median(sorted(run)[int((len(run) - 1) * part)] for run in runs) * 1000
        for part in (0.5, 0.99, 1)
    )
    ratios = [len(run) / seconds / base for run, base in zip(runs, baseline, strict=False)]
    ratio = f"{statistics.median(ratios):.2f}" if ratios else ""
    return f"| {name} | {rate:.0f} | {half:.1f} | {most:.1f} | {last:.1f} | {ratio} |"


if __name__ == "__main__":
    main()
