"""countermark api-key: keys of the programs that use the API. A key is printed once, alone on standard output."""

from datetime import timedelta

import click

import ledger
from panel_app.commands.opening import database_to_write, opened_database

SCOPES = ("members", "points", "holds", "redemptions", "reversals", "reports", "admin")


@click.group("api-key")
def api_key() -> None:
    """Keys of the programs that use the API."""


@api_key.command("create")
@click.option("--client", required=True, help="The program's name; one that is there gets a further key.")
@click.option("--source", required=True, help="What stands on its entries, as marketplace.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="Several times."
)
@click.option(
    "--branch", "branch_codes", multiple=True, help="A branch's code; several times; none: every branch."
)
@click.option(
    "--days", type=click.IntRange(1, 3650), help="For how long the key is good; without it, until revoked."
)
def create(
    client: str, source: str, scopes: tuple[str, ...], branch_codes: tuple[str, ...], days: int | None
) -> None:
    """Make a key and print it: it is never shown again."""
    from panel_app.programme.access import system
    from panel_app.programme.api_clients import NewKey, issue_key
    from panel_app.programme.branches import branch_by_code
    from panel_app.programme.scopes import Scope

    with database_to_write() as database, database.session() as session:
        with ledger.read(session):
            branch_ids = tuple(branch_by_code(session, code) for code in branch_codes)
        new = NewKey(
            client=client,
            source=source,
            scopes=frozenset(Scope(scope) for scope in scopes),
            branch_ids=branch_ids,
            expires_at=None if days is None else session.clock.now() + timedelta(days=days),
        )
        issued = issue_key(session, system("console"), new)
    click.echo(issued.text)


@api_key.command("list")
def show() -> None:
    """Every key by its prefix: client, source, scopes, expiry, last use. Never the key itself."""
    from panel_app.programme.access import system
    from panel_app.programme.key_faces import keys

    with opened_database() as database, database.session() as session, ledger.read(session):
        for key in keys(session, system("console")):
            words = [key.prefix, key.client, key.source, ",".join(key.scopes)]
            words.append(f"branches {len(key.branch_ids)}" if key.branch_ids else "every branch")
            ends = key.revoked_at or key.expires_at
            words.append(
                "no end" if ends is None else f"{'revoked' if key.revoked_at else 'until'} {ends:%Y-%m-%d}"
            )
            words.append(
                "never used" if key.last_used_at is None else f"used {key.last_used_at:%Y-%m-%d %H:%M}"
            )
            click.echo("  ".join(words))


@api_key.command("rotate")
@click.argument("prefix")
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, show_default=True)
def rotate(prefix: str, overlap_hours: int) -> None:
    """Print a new key that may do the same; the old one goes on for the overlap."""
    from panel_app.programme.access import system
    from panel_app.programme.api_clients import rotate_key

    with database_to_write() as database, database.session() as session:
        issued = rotate_key(session, system("console"), prefix, timedelta(hours=overlap_hours))
    click.echo(issued.text)


@api_key.command("revoke")
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """End a key at once."""
    from panel_app.programme.access import system
    from panel_app.programme.api_clients import revoke_key

    with database_to_write() as database, database.session() as session:
        revoke_key(session, system("console"), prefix)
    click.echo(f"{prefix} is revoked.")
