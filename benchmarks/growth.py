"""The same redemptions on books of 1,000, 100,000 and 1,000,000 entries, and what verify costs there.

python -m benchmarks.growth [--entries N…] [--seconds N] [--rounds N]. The history is written by SQL: for every
member an Earn and a debit of it in turn. It has no leaves; what sealing costs is in benchmarks/sealing.py. Each
size is a database of its own, and the sizes take turns, so that a ratio is between neighbours in time.
"""

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack

import sqlalchemy as sa

import ledger
from benchmarks import ledger as books
from benchmarks.redeeming import KEYRING, load, prepare
from ledger import POINTS_ASSET, AccountKind, Database, MemberId, SystemClock
from ledger.database import engine_for
from tests.postgres import throw_away_server

MEMBERS = 500
THREADS = 8
PORTION = 20
SIZES = (1_000, 100_000, 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print("| books | entries | per second | p99 ms | of the smallest | verify s |")
    print("| --- | --- | --- | --- | --- | --- |")
    with ExitStack() as kept:
        urls = {size: kept.enter_context(throw_away_server(*books.SETTINGS)) for size in chosen.entries}
        _table("PostgreSQL", urls, chosen.seconds, chosen.rounds)
    with tempfile.TemporaryDirectory() as folder:
        files = {size: f"sqlite:///{folder}/{size}.db" for size in chosen.entries}
        _table("SQLite", files, chosen.seconds, chosen.rounds)


def _table(name: str, urls: dict[int, str], seconds: float, rounds: int) -> None:
    members = {size: grown(url, size) for size, url in urls.items()}
    found: dict[int, list[list[float]]] = {size: [] for size in urls}
    for _round in range(rounds):
        for size, url in urls.items():
            found[size].append(load(url, members[size], seconds, THREADS))
    smallest = found[min(urls)]
    for size, runs in found.items():
        rate = statistics.median(len(run) / seconds for run in runs)
        most = statistics.median(sorted(run)[int((len(run) - 1) * 0.99)] for run in runs) * 1000
        ratio = statistics.median(len(run) / len(base) for run, base in zip(runs, smallest, strict=True))
        print(
            f"| {name} | {size} | {rate:.0f} | {most:.1f} | {ratio:.2f} | {_verified(urls[size]):.1f} |",
            flush=True,
        )


def grown(url: str, size: int) -> list[MemberId]:
    """Members with so many entries between them."""
    members = prepare(url, MEMBERS)
    engine = engine_for(url)
    words, statements = (_POSTGRESQL, (_BOOKED, *_REST)) if is_postgresql(engine) else (_SQLITE, _STATEMENTS)
    pairs = size // MEMBERS // 2
    for first in range(1, pairs + 1, PORTION):
        last = min(first + PORTION - 1, pairs)
        with engine.connect().execution_options(countermark_writes=True) as connection:
            for statement in statements:
                filled = (_NUMBERED + statement).format(**words, first=first, last=last)
                connection.exec_driver_sql(filled)
            connection.commit()
    if is_postgresql(engine):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    return members


def is_postgresql(engine: sa.Engine) -> bool:
    return engine.dialect.name == "postgresql"


# Ids in the order of time, as UUIDv7 are: by the pair's number first.
def _ids(template: str) -> dict[str, str]:
    return {
        name: template.replace("KIND", kind) for name, kind in (("earn", "a"), ("debit", "b"), ("lot", "c"))
    }


def _words(ids: dict[str, str], key: str, moment: str, no: str) -> dict[str, str]:
    accounts = {"issued": AccountKind.ISSUED, "redeemed": AccountKind.REDEEMED}
    return {
        **ids,
        **{name: key.format(ledger.account_id(kind, POINTS_ASSET)) for name, kind in accounts.items()},
        "at": moment,
        "no": no,
    }


_POSTGRESQL = _words(
    _ids("CAST('0190' || lpad(to_hex(n), 8, '0') || '7KIND008000' || lpad(to_hex(m), 12, '0') AS uuid)"),
    key="CAST('{}' AS uuid)",
    moment="CAST('2026-01-01 00:00:00+00' AS timestamptz)",
    no="false",
)
_SQLITE = _words(
    _ids("printf('0190%04x-%04x-7KIND00-8000-%012x', n / 65536, n % 65536, m)"),
    key="'{}'",
    moment="'2026-01-01T00:00:00.000000Z'",
    no="0",
)
_NUMBERED = """
WITH RECURSIVE pair(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM pair WHERE n < {last}),
whose AS (SELECT member_id, account_id, posted, row_number() OVER (ORDER BY member_id) AS m FROM balances)
"""
_ENTRY = (
    "id, type, kind, member_id, points, number, balance_after, lines, created_at, client, source, on_behalf"
)
_POSTINGS = (
    "INSERT INTO postings (entry_id, line, account_id, member_id, asset, amount)"
    " SELECT {earn}, 1, account_id, member_id, 'PTS', 10 FROM whose, pair"
    " UNION ALL SELECT {earn}, 2, {issued}, member_id, 'PTS', -10 FROM whose, pair"
    " UNION ALL SELECT {debit}, 1, account_id, member_id, 'PTS', -10 FROM whose, pair"
    " UNION ALL SELECT {debit}, 2, {redeemed}, member_id, 'PTS', 10 FROM whose, pair"
)
_ENTRIES = (
    f"INSERT INTO entries ({_ENTRY})"
    " SELECT {earn}, 'Earn', 'programme_rule', member_id, 10, 2 * n, posted + 10, 2, {at}, 'bench', 'system',"
    " {no}"
    " FROM whose, pair UNION ALL"
    " SELECT {debit}, 'Debit By Redemption', NULL, member_id, -10, 2 * n + 1, posted, 2, {at}, 'bench', 'system',"
    " {no}"
    " FROM whose, pair"
)
_REST = (
    (
        "INSERT INTO lots (id, member_id, entry_id, points, remaining)"
        " SELECT {lot}, member_id, {earn}, 10, 0 FROM whose, pair"
    ),
    "INSERT INTO draws (entry_id, lot_id, points) SELECT {debit}, {lot}, 10 FROM whose, pair",
    "UPDATE balances SET entries = entries + 2 * ({last} - {first} + 1)",
)
_STATEMENTS = (_POSTINGS, _ENTRIES, *_REST)
# PostgreSQL wants an entry and its postings in one statement.
_BOOKED = f", booked AS ({_POSTINGS}) {_ENTRIES}"


def _verified(url: str) -> float:
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    with database.session() as session, ledger.read(session):
        began = time.perf_counter()
        findings = ledger.verify(session)
        took = time.perf_counter() - began
    database.dispose()
    if findings:
        raise RuntimeError(f"the history does not hold: {findings[:3]}")
    return took


if __name__ == "__main__":
    main()
