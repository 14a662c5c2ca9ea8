"""countermark codes and vouchers: lists from partners, read in from CSV files. Knows no rule of the programme."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from panel_app.commands.opening import database_to_write

if TYPE_CHECKING:
    from panel_app.programme.csv_lists import Report

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
LINES_SHOWN = 50


@click.group()
def codes() -> None:
    """Partners' own codes for rewards."""


@codes.command("import")
@_FILE
@click.option("--reward", "sku", required=True, help="The reward's SKU; it must accept external codes.")
def import_codes(file: Path, sku: str) -> None:
    """Add the column `code` of a CSV file to a reward's list; each claim of it will draw one.

    Lines that are not taken are named; the exit code is 1 when there is one.
    """
    from panel_app.programme import importing
    from panel_app.programme.access import system

    with database_to_write() as database, database.session() as session:
        report = importing.import_codes(session, system("console"), sku, _bytes_of(file))
    _tell(report, f"codes of {sku}")


@click.group()
def vouchers() -> None:
    """Vouchers that pay a cash part."""


@vouchers.command("import")
@_FILE
@click.option("--reward", "sku", help="Into the list of this reward, which points are converted into.")
def import_vouchers(file: Path, sku: str | None) -> None:
    """Add vouchers from a CSV file with the columns code, amount (12.50), currency and last_day (2027-12-31).

    Without --reward they pay at once. With it they wait until a conversion draws them, and are of its worth.
    Lines that are not taken are named; the exit code is 1 when there is one.
    """
    from panel_app.programme import importing
    from panel_app.programme.access import system

    with database_to_write() as database, database.session() as session:
        report = importing.import_vouchers(session, system("console"), _bytes_of(file), sku)
    _tell(report, "vouchers")


def _bytes_of(file: Path) -> bytes:
    from panel_app.programme.csv_lists import BYTES_MAX

    with file.open("rb") as opened:  # one byte more shows that it is too large
        return opened.read(BYTES_MAX + 1)


def _tell(report: "Report", what: str) -> None:
    click.echo(f"{report.taken} {what} were taken.")
    for line in report.not_taken[:LINES_SHOWN]:
        click.echo(f"line {line.line} was not: {line.fault.value.replace('_', ' ')}", err=True)
    more = len(report.not_taken) - LINES_SHOWN
    if more > 0:
        click.echo(f"and {more} lines more were not", err=True)
    if report.not_taken:
        raise SystemExit(1)
