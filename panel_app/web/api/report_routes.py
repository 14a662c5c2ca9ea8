"""The API's reports: each route with its scopes and its answer, and a report as a file. Decides nothing."""

from collections.abc import Iterator, Sequence

from flask import request

import ledger
from ledger import Database, LineKey
from panel_app.programme.reports import csv_text, terms, transactions
from panel_app.programme.scopes import Scope
from panel_app.web.api.operations import Call, File, Media, Operation
from panel_app.web.database import database

PORTION_ROWS = 500


def _transactions_file(call: Call) -> File:
    chosen = transactions.file_of(call.session, call.actor, call.query)
    return File(
        name="transactions.csv",
        portions=_portions(database(), chosen.keys),
        rows=len(chosen.keys),
        fields=sorted(request.args),
        next_cursor=chosen.next_cursor,
    )


def _portions(opened: Database, keys: Sequence[LineKey]) -> Iterator[bytes]:
    """The file, so many rows at a time. No session is open while the reader takes its time, nor the request's."""
    yield csv_text.head()
    for first in range(0, len(keys), PORTION_ROWS):
        with opened.session() as session, ledger.read(session):
            rows = transactions.rows_of(session, keys[first : first + PORTION_ROWS])
        yield csv_text.body(rows)


_REPORTS = frozenset({Scope.REPORTS})

OPERATIONS = (
    Operation(
        name="report_transactions",
        method="GET",
        path="/reports/transactions",
        scopes=_REPORTS,
        query=terms.TransactionsWish,
        answer=terms.TransactionsTold,
        summary="The transaction report, newest first",
        run=lambda call: transactions.page(call.session, call.actor, call.query),
    ),
    Operation(
        name="export_transactions",
        method="GET",
        path="/reports/transactions.csv",
        scopes=_REPORTS,
        query=terms.TransactionsFileWish,
        answer=str,
        media=Media.CSV,
        summary="The transaction report as a file for spreadsheets",
        run=_transactions_file,
    ),
)
