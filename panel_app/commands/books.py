"""countermark verify and holds expire: the books from the console. Knows no rule of theirs."""

import click

import ledger
from panel_app.commands.opening import opened_database


@click.command()
@click.pass_context
def verify(context: click.Context) -> None:
    """Recompute the books from their postings.

    The exit code is 0 when all holds, and 1 with the first broken place named.
    """
    with opened_database() as database, database.session() as session, ledger.read(session):
        findings = ledger.verify(session)
    if not findings:
        click.echo("The books hold.")
        return
    first = findings[0]
    click.echo(f"{first.invariant} is broken at {first.id}: {first.what}", err=True)
    if len(findings) > 1:
        click.echo(f"{len(findings) - 1} more places are broken.", err=True)
    context.exit(1)


@click.group()
def holds() -> None:
    """Work on the holds of points."""


@holds.command()
def expire() -> None:
    """Release what has run out, with its stock and claims; the server also does this by itself."""
    # Here, not above: the other commands do without the programme.
    from panel_app.programme.access import system
    from panel_app.programme.redemptions import expire_due

    with opened_database() as database, database.session() as session:
        released = 0
        # In portions, so that no transaction grows with what has piled up.
        while portion := expire_due(session, system("console")):
            released += portion
    click.echo(f"{released} ran out and were closed.")
