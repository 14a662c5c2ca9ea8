"""What tamper-evidence costs: hold + capture without leaves, with them, and with a sealer every second beside.

python -m benchmarks.sealing [--seconds N] [--threads N] [--rounds N]. The three take turns on one database; each
figure is the median over the rounds, and the ratio is to the same round's run without leaves. The last lines
say how long one seal and one verify of it all take.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import ledger
from benchmarks.ledger import MEMBERS
from benchmarks.redeeming import KEYRING, load, prepare
from ledger import AnchorFile, Database, MemberId, SealKey, SystemClock
from ledger.steps import Answer, Plan
from panel_app.programme.audit import SEALED
from tests.postgres import throw_away_server

KINDS = ("without leaves", "with leaves", "and a sealer")
KEY_PEM = ledger.new_seal_key()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print("| hold + capture | per second | p50 ms | p99 ms | max ms | of without |")
    print("| --- | --- | --- | --- | --- | --- |")
    with throw_away_server("fsync=on", "full_page_writes=on", "shared_buffers=256MB") as server:
        _table("PostgreSQL", server, chosen)
    with tempfile.TemporaryDirectory() as folder:
        _table("SQLite", f"sqlite:///{folder}/bench.db", chosen)


def _table(name: str, url: str, chosen: argparse.Namespace) -> None:
    members = prepare(url, MEMBERS)
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        anchor = f"{folder}/anchors.jsonl"
        for _round in range(chosen.rounds):
            for kind in KINDS:
                job = (kind, url, members, chosen.seconds, chosen.threads, anchor, KEY_PEM)
                # A process of its own: the statements of a step are built once a process.
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    found[kind].append(sorted(pool.apply(_run, job)))
        for kind in KINDS:
            print(_line(f"{name}, {kind}", found[kind], found[KINDS[0]], chosen.seconds))
        _whole(name, url, anchor)


def _run(
    kind: str, url: str, members: list[MemberId], seconds: float, threads: int, anchor: str, pem: bytes
) -> list[float]:
    """Seconds of every hold + capture."""
    if kind == KINDS[0]:
        # The control: as if there were no leaves.
        setattr(Plan, "record", _insert)  # noqa: B010 - no type allows for a method that is replaced
    stop = threading.Event()
    sealer = threading.Thread(target=_seal_on, args=(url, anchor, SealKey(pem), stop))
    if kind == KINDS[2]:
        sealer.start()
    found = load(url, members, seconds, threads)
    stop.set()
    if kind == KINDS[2]:
        sealer.join()
    return found


def _insert(plan: Plan, table: sa.Table, after: Answer, *rows: Mapping[str, Any]) -> None:
    plan.insert(table.name, table, after, *rows)


def _seal_on(url: str, anchor: str, key: SealKey, stop: threading.Event) -> None:
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    with database.session() as session:
        while not stop.wait(1):
            ledger.seal_and_anchor(session, key, AnchorFile(Path(anchor)))
    database.dispose()


def _line(name: str, runs: list[list[float]], control: list[list[float]], seconds: float) -> str:
    rate = statistics.median(len(run) / seconds for run in runs)
    parts = (
        statistics.median(run[int((len(run) - 1) * part)] for run in runs) * 1000 for part in (0.5, 0.99, 1)
    )
    half, most, last = parts
    ratio = statistics.median(len(run) / len(base) for run, base in zip(runs, control, strict=True))
    return f"| {name} | {rate:.0f} | {half:.1f} | {most:.1f} | {last:.1f} | {ratio:.2f} |"


def _whole(name: str, url: str, anchor: str) -> None:
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    key = SealKey(KEY_PEM)
    with database.session() as session:
        began = time.perf_counter()
        made = ledger.seal_and_anchor(session, key, AnchorFile(Path(anchor)))
        sealed = time.perf_counter()
        report = ledger.verify_seals(session, SEALED, key.public(), [Path(anchor)])
        done = time.perf_counter()
    database.dispose()
    print(f"{name}: a seal of {made.leaves if made else 0} leaves took {sealed - began:.2f} s;", end=" ")
    print(f"verify of {report.records} records in {report.seals} seals took {done - sealed:.1f} s.")


if __name__ == "__main__":
    main()
