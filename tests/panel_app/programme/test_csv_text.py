"""The transaction report as CSV: what a spreadsheet would run stays a text, and every script comes through whole."""

import csv
import io
from datetime import UTC, datetime
from uuid import UUID

import pytest

from panel_app.programme.reports import csv_text
from panel_app.programme.reports.terms import TransactionTold, TransactionType
from panel_app.programme.surfaces.told import MoneyTold

ID = UUID("018f0000-0000-7000-8000-00000000a001")


def row(**changes: object) -> TransactionTold:
    ordinary = {
        "id": ID,
        "created_at": datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC),
        "type": TransactionType.DEBIT_BY_REDEMPTION,
        "kind": None,
        "member_id": ID,
        "member": "M-1",
        "points": -600,
        "concerned": 600,
        "cash": [MoneyTold(amount_minor=400, currency="EUR")],
        "source": "in-store",
        "branch": "BER",
        "till": "1",
        "operator": "anna",
        "on_behalf": False,
        "booking_id": "B1-CM000000000",
        "reference": "r",
        "reason": None,
        "balance_after": 4400,
        "hold_id": None,
        "reverses": None,
    }
    return TransactionTold(**(ordinary | changes))


def cells(one: TransactionTold) -> dict[str, str]:
    read = csv.reader(io.StringIO(csv_text.body([one]).decode(), newline=""), strict=True)
    return dict(zip(csv_text.HEADER, next(read), strict=True))


def test_a_line_is_told_in_the_reports_words() -> None:
    assert csv_text.body([row()]) == (
        b"2026-03-02T12:00:00.000005Z,Debit By Redemption,,M-1,-600,600,4.00,EUR,4400,in-store,BER,1,anna,no,"
        b"B1-CM000000000,r,,018f0000-0000-7000-8000-00000000a001,018f0000-0000-7000-8000-00000000a001,,\r\n"
    )


def test_the_file_begins_with_the_mark_of_utf_8_and_one_line_of_names() -> None:
    head = csv_text.head()
    assert head.startswith(
        b"\xef\xbb\xbfTime (UTC),Type,Kind,Member,Points,Concerned,Cash,Currency,Balance after,"
    )
    assert (head.count(b"\r\n"), len(csv_text.HEADER)) == (1, 21)


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30 1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff201"]
)  # fmt: skip
@pytest.mark.parametrize("field", ["member", "reference", "source", "branch", "till", "operator", "reason"])
def test_what_begins_like_a_formula_stays_a_text(field: str, text: str) -> None:
    assert cells(row(**{field: text}))[field.capitalize()] == f"'{text}"


def test_control_a_text_that_is_none_stays_as_it_is() -> None:
    for text in ("order 7", "a=b", "1-2", "'", "", " =1"):
        assert cells(row(reference=text))["Reference"] == text


@pytest.mark.parametrize(
    "text",
    ["café", "Ω≈ç", "مرحبا", "名前", "👩‍👩‍👧", "\u202eevil", 'O"Brien, Ltd.; x', "two\r\nlines", "\ufeffx"],
)
def test_a_text_of_any_script_comes_through_whole(text: str) -> None:
    assert cells(row(reference=text))["Reference"] == text


@pytest.mark.parametrize(
    ("cash", "amounts", "currencies"),
    [
        ([], "", ""),
        ([("EUR", -400)], "-4.00", "EUR"),
        ([("JPY", 400)], "400", "JPY"),
        ([("KWD", 5)], "0.005", "KWD"),
        ([("EUR", 9007199254740991), ("GBP", 1)], "90071992547409.91; 0.01", "EUR; GBP"),
    ],
)
def test_money_stands_in_the_currencys_own_units(
    cash: list[tuple[str, int]], amounts: str, currencies: str
) -> None:
    told = cells(row(cash=[MoneyTold(amount_minor=amount, currency=name) for name, amount in cash]))
    assert (told["Cash"], told["Currency"]) == (amounts, currencies)


def test_numbers_stay_numbers_and_what_is_not_there_is_empty() -> None:
    told = cells(row(points=0, balance_after=None, member=None, till=None, on_behalf=True))
    assert (told["Points"], told["Balance after"], told["Member"], told["Till"]) == ("0", "", "", "")
    assert told["On behalf"] == "yes"
