"""The transaction report and the other lists at 1,000, 100,000 and 1,000,000 entries, on both databases.

python -m benchmarks.reports [--entries N…] [--questions N]. Each question is asked again and again with what can
vary in it drawn anew (a place in the history, a day, a branch, a member); a row has the milliseconds until
the bytes of the answer are there, and the ratio of the medians at the largest and the smallest books.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

import ledger
from benchmarks.history import BEGINS, PLACES, SECONDS_BETWEEN, write_history
from benchmarks.redeeming import KEYRING
from ledger import Database, Session, SystemClock
from panel_app.programme.access import Actor
from panel_app.programme.models import Branch, Member
from panel_app.programme.reports import csv_text, terms, transactions
from panel_app.programme.scopes import Scope, permissions_of
from panel_app.programme.steps import canonical
from panel_app.programme.surfaces import members, records, told, wishes
from tests.postgres import throw_away_server

SIZES = (1_000, 100_000)
FILE_ROWS = 20_000
READER = Actor(client="bench", source="bench", permissions=permissions_of({Scope.REPORTS}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A history to ask: its session, its length, and ids to ask by."""

    session: Session
    size: int
    member_ids: list[Any]
    branch_ids: list[Any]

    def moment(self) -> datetime:
        """Some moment of the history."""
        begins = datetime.fromisoformat(BEGINS).replace(tzinfo=UTC)
        return begins + timedelta(seconds=SECONDS_BETWEEN * random.randrange(self.size))


Question = Callable[[Books], bytes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--questions", type=int, default=100)
    chosen = parser.parse_args()
    with ExitStack() as kept:
        folder = kept.enter_context(tempfile.TemporaryDirectory())
        urls = {
            "PostgreSQL": {size: kept.enter_context(throw_away_server()) for size in chosen.entries},
            "SQLite": {size: f"sqlite:///{folder}/{size}.db" for size in chosen.entries},
        }
        for name, of_size in urls.items():
            for size, url in of_size.items():
                write_history(url, size)
            print_table(name, of_size, chosen.questions)


def print_table(name: str, urls: dict[int, str], count: int) -> None:
    """A row for each question, its p50 and p95 at each size; then the rows of a file a second."""
    sizes = sorted(urls)
    found = {size: measured(urls[size], size, count) for size in sizes}
    print(f"| {name} | " + " | ".join(f"{size:,}: p50 / p95 ms" for size in sizes) + " | ratio |")
    print("| --- |" + " --- |" * (len(sizes) + 1))
    for question in QUESTIONS:
        runs = [found[size][question] for size in sizes]
        cells = [f"{statistics.median(run):.1f} / {sorted(run)[int(len(run) * 0.95)]:.1f}" for run in runs]
        ratio = statistics.median(runs[-1]) / statistics.median(runs[0])
        print(f"| {question} | " + " | ".join(cells) + f" | {ratio:.1f} |", flush=True)
    rates = [f"{found[size]['file'][0]:,.0f} rows a second" for size in sizes]
    print("| file of 20,000 rows | " + " | ".join(rates) + " | |", flush=True)


def measured(url: str, size: int, count: int) -> dict[str, list[float]]:
    """Milliseconds of each question, `count` times; and under `file` the rows a second of a file."""
    random.seed(7)
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    with database.session() as session:
        with ledger.read(session):
            member_ids = list(session.scalars(sa.select(Member.id)))
            branch_ids = list(session.scalars(sa.select(Branch.id).order_by(Branch.code)))
        books = Books(session=session, size=size, member_ids=member_ids, branch_ids=branch_ids)
        found = {
            name: [_timed(books, question) for _ in range(count)] for name, question in QUESTIONS.items()
        }
        found["file"] = [_file_rate(session)]
    database.dispose()
    return found


def _timed(books: Books, question: Question) -> float:
    began = time.perf_counter()
    with ledger.read(books.session):
        question(books)
    return (time.perf_counter() - began) * 1000


def _file_rate(session: Session) -> float:
    began = time.perf_counter()
    with ledger.read(session):
        wish = terms.TransactionsFileWish(limit=FILE_ROWS)
        keys = transactions.file_of(session, READER, wish).keys
    for first in range(0, len(keys), 500):
        with ledger.read(session):
            csv_text.body(transactions.rows_of(session, keys[first : first + 500]))
    return len(keys) / (time.perf_counter() - began)


def _report(books: Books, **wish: Any) -> bytes:
    drawn = {name: value(books) if callable(value) else value for name, value in wish.items()}
    asked = terms.TransactionsWish(**drawn)
    return canonical(terms.TransactionsTold, transactions.page(books.session, READER, asked))


def _redemptions(books: Books, **wish: Any) -> bytes:
    drawn = {name: value(books) if callable(value) else value for name, value in wish.items()}
    asked = wishes.RedemptionsWish(**drawn)
    return canonical(told.RedemptionsTold, records.page(books.session, READER, asked))


def _entries(books: Books) -> bytes:
    wish = wishes.EntriesWish()
    found = members.entries(books.session, READER, random.choice(books.member_ids), wish)
    return canonical(told.EntriesTold, found)


def _deep(books: Books) -> str:
    microseconds = int(books.moment().timestamp() * 1_000_000)
    return f"{microseconds}-" + "f" * 32


def _day(books: Books) -> bytes:
    begins = books.moment()
    return _report(books, since=begins, until=begins + timedelta(days=1))


def _day_of_branch(books: Books) -> bytes:
    begins = books.moment()
    return _redemptions(books, branch=_branch, since=begins, until=begins + timedelta(days=1))


def _branch(_books: Books) -> str:
    return f"B{random.randrange(PLACES - 1):02}"


def _operator(_books: Books) -> str:
    return f"operator{random.randrange(PLACES - 1):02}"


def _member(books: Books) -> str:
    return str(random.choice(books.member_ids))


def _of_some_branches(books: Books) -> bytes:
    reader = Actor(
        client="bench",
        source="bench",
        permissions=READER.permissions,
        reach=frozenset(random.sample(books.branch_ids, 5)),
    )
    wish = terms.TransactionsWish(cursor=_deep(books))
    return canonical(terms.TransactionsTold, transactions.page(books.session, reader, wish))


QUESTIONS: dict[str, Question] = {
    "first page": _report,
    "deep page": partial(_report, cursor=_deep),
    "500 rows": partial(_report, cursor=_deep, limit=500),
    "a day": _day,
    "member": partial(_report, member=_member),
    "type, common": partial(_report, type=terms.TransactionType.DEBIT_BY_REDEMPTION, cursor=_deep),
    "type, rare": partial(_report, type=terms.TransactionType.POINTS_TRANSFER),
    "source, common": partial(_report, source="in-store", cursor=_deep),
    "source, rare": partial(_report, source="vending"),
    "on behalf": partial(_report, on_behalf=True),
    "not on behalf": partial(_report, on_behalf=False, cursor=_deep),
    "branch": partial(_report, branch=_branch, cursor=_deep),
    "branch with little to do": partial(_report, branch="B19"),
    "operator": partial(_report, operator=_operator, cursor=_deep),
    "operator and type": partial(_report, operator=_operator, type=terms.TransactionType.GOODWILL_CREDIT),
    "branch and operator": partial(_report, branch=_branch, operator=_operator),
    "branch and source, rare": partial(_report, branch=_branch, source="vending"),
    "branch and source, none": partial(_report, branch=_branch, source="system"),
    "operator and source, none": partial(_report, operator=_operator, source="market"),
    "key of five branches": _of_some_branches,
    "a member's entries": _entries,
    "redemptions, first page": _redemptions,
    "redemptions, branch and day": _day_of_branch,
    "redemptions, source, rare": partial(_redemptions, source="vending"),
    "redemptions, on behalf": partial(_redemptions, on_behalf=True),
}


if __name__ == "__main__":
    main()
