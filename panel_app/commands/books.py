"""countermark verify and holds expire: the books from the console. Knows no rule of theirs."""

from pathlib import Path

import click

import ledger
from ledger import Database, Finding, Gap, SealReport
from panel_app.commands.opening import database_to_write, opened_database
from panel_app.config import load_settings
from panel_app.seal_files import anchors, public_key

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--anchor", "others", type=FILE, multiple=True, help="A copy of the anchor that was kept elsewhere."
)
@click.pass_context
def verify(context: click.Context, others: tuple[Path, ...]) -> None:
    """Recompute the books from their postings, and check every record against its seal and the anchor.

    The exit code is 0 when all holds, and 1 with the first broken place named. A live server may go on.
    """
    with opened_database() as database:
        report, findings = verified(database, others)
    if findings:
        tell_broken(findings)
        context.exit(1)
    click.echo("The books hold.")
    click.echo(
        f"{report.records} records in {report.seals} seals; {report.unsealed} of them wait for the next seal."
    )
    for gap in report.gaps:
        click.echo(f"Known gap: {gap_in_words(gap)}")


def verified(
    database: Database, others: tuple[Path, ...] = (), restored: tuple[Gap, ...] = ()
) -> tuple[SealReport, list[Finding]]:
    """The books and the seals of a database, with what is broken in them."""
    # Here, not above: the other commands do without the programme.
    from panel_app.programme import (
        claim_expiry,
        conversion_findings,
        redemption_findings,
        voucher_findings,
    )
    from panel_app.programme.audit import SEALED

    settings = load_settings()
    with database.session() as session:
        with ledger.read(session):
            findings = [
                *ledger.verify(session),
                *claim_expiry.findings(session),
                *redemption_findings.findings(session),
                *voucher_findings.findings(session),
                *conversion_findings.findings(session),
            ]
        report = ledger.verify_seals(
            session,
            SEALED,
            public_key(settings, database),
            anchors(settings, database, others),
            restored,
        )
    return report, [*findings, *report.findings]


def tell_broken(findings: list[Finding]) -> None:
    """The first broken place, and how many more there are."""
    first = findings[0]
    click.echo(f"{first.invariant} is broken at {first.id}: {first.what}", err=True)
    if len(findings) > 1:
        click.echo(f"{len(findings) - 1} more places are broken.", err=True)


def gap_in_words(gap: Gap) -> str:
    """What a restore gave up."""
    if gap.last <= gap.kept:
        return f"restored on {gap.at} with all {gap.kept} seals"
    return f"restored on {gap.at}: seals {gap.kept + 1} to {gap.last} were lost with the backup"


@click.group()
def holds() -> None:
    """Work on the holds of points."""


@holds.command()
def expire() -> None:
    """Close what has run out: reservations, points and claims; the server also does this by itself."""
    # Here, not above: the other commands do without the programme.
    from panel_app.programme.access import system
    from panel_app.programme.sweeping import SWEEPS

    with database_to_write() as database, database.session() as session:
        closed = 0
        for sweep in SWEEPS:
            # In portions, so that no transaction grows with what has piled up.
            while portion := sweep(session, system("console")):
                closed += portion
    click.echo(f"{closed} ran out and were closed.")
