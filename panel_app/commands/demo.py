"""countermark seed --demo: demo data for an empty database, and its logins on screen."""

import json
import sys
from pathlib import Path
from typing import Any

import click

import ledger
from ledger import AnchorFile, Database, read
from panel_app.commands.opening import database_to_write
from panel_app.config import load_settings
from panel_app.seal_files import seal_key, set_anchor_aside

LOGINS = Path("var/demo.json")
LOGINS_SHOWN = 5


@click.command()
@click.option(
    "--demo", is_flag=True, required=True, help="Say so: the data is invented, its passwords are public."
)
@click.option("--members", type=click.IntRange(min=1), help="Members to enrol.  [default: some dozens]")
@click.option("--entries", type=click.IntRange(min=1), help="Entries in the books.  [default: some hundreds]")
@click.option("--if-empty", is_flag=True, help="Leave a database that has data as it is, without an error.")
def seed(*, demo: bool, members: int | None, entries: int | None, if_empty: bool) -> None:
    """Fill an empty database with demo data."""
    del demo  # its presence is all that was asked for
    # Here, not above: the other commands do without the programme.
    from panel_app.demo import ENTRIES, MEMBERS
    from panel_app.demo import seed as fill
    from panel_app.programme.programme_facts import programme_of

    members, entries = members or MEMBERS, entries or ENTRIES
    with database_to_write() as database:
        # Asked before the bar is drawn, which would promise work.
        with database.session() as session, read(session):
            empty = programme_of(session) is None
        if empty:
            with click.progressbar(length=entries, label="Seeding", file=sys.stderr) as bar:
                fill(database, members=members, entries=entries, report=bar.update)
            _seal(database)
        elif not if_empty:
            raise click.ClickException("the database has data: the demo fills an empty one only")
    print_logins()


def _seal(database: Database) -> None:
    """Seals what the seed has made. An anchor of earlier data is set aside: those books are gone."""
    settings = load_settings()
    aside = set_anchor_aside(settings, database.clock.now())
    if aside is not None:
        click.echo(f"The anchor of earlier data is now {aside}.", err=True)
    with database.session() as session:
        ledger.seal_and_anchor(session, seal_key(settings, database), AnchorFile(settings.anchor_file))


def print_logins() -> None:
    """Print who may sign in, from what the seed wrote; nothing when this is no demo."""
    if not LOGINS.exists():
        return
    logins: dict[str, list[dict[str, Any]]] = json.loads(LOGINS.read_text(encoding="utf-8"))
    click.echo("Demo logins of staff: user name, password, PIN, branches")
    for one in logins["staff"]:
        name, password, pin = one["username"], one["password"], one.get("pin") or ""
        click.echo(f"  {name:<12} {password:<28} {pin:<8} {', '.join(one['branches'])}")
    click.echo("Demo logins of members, on the phone: identifier, PIN")
    for one in logins["members"][:LOGINS_SHOWN]:
        click.echo(f"  {one['login']['identifier']:<34} {one['login']['pin']}")
