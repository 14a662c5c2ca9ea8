"""countermark seal: seals, the anchor's newest line, and what shows that a booking is sealed. Decides nothing."""

import json
import sys
from pathlib import Path
from typing import IO

import click

import ledger
from ledger import AnchorFile, PublicKey, SealError
from panel_app.commands.opening import database_to_write, opened_database
from panel_app.config import load_settings
from panel_app.seal_files import seal_key

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def seal() -> None:
    """Seal records, and show that one is sealed."""


@seal.command()
def now() -> None:
    """Seal what is not sealed yet; a server does this every few seconds."""
    settings = load_settings()
    with database_to_write() as database, database.session() as session:
        key = seal_key(settings, database)
        try:
            made = ledger.seal_and_anchor(session, key, AnchorFile(settings.anchor_file))
        except SealError as fault:
            raise click.ClickException(str(fault)) from fault
    click.echo("Nothing was left to seal." if made is None else f"Seal {made.number}: {made.leaves} records.")


@seal.command()
def newest() -> None:
    """Print the newest seal's line for an anchor elsewhere: a print, an e-mail, another machine."""
    with opened_database() as database, database.session() as session, ledger.read(session):
        head = ledger.newest_seal(session)
    if head is None:
        raise click.ClickException("nothing is sealed yet")
    click.echo(ledger.seal_line(head))


@seal.command()
@click.argument("booking_id")
def prove(booking_id: str) -> None:
    """Print what shows that a booking's records are sealed: JSON, for countermark seal check."""
    # Here, not above: the other commands do without the programme.
    from panel_app.programme.audit import SEALED

    with opened_database() as database, database.session() as session:
        try:
            shown = ledger.inclusion_of(session, SEALED, booking_id)
        except SealError as fault:
            raise click.ClickException(str(fault)) from fault
    click.echo(json.dumps(shown, indent=1))


@seal.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--public-key", "public", type=FILE, required=True, help="As var/seal.pub.")
def check(file: IO[str], public: Path) -> None:
    """Check what seal prove printed, with the public key alone: no database, no secret."""
    try:
        proved = ledger.check_inclusion(json.load(file), PublicKey(public.read_bytes()))
    except SealError as fault:
        raise click.ClickException(str(fault)) from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise click.ClickException(f"this is nothing that seal prove printed ({fault})") from fault
    for record in proved:
        click.echo(json.dumps(record))
    click.echo(f"{len(proved)} records are sealed as they stand here.", file=sys.stderr)
