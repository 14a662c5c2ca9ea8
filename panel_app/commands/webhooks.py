"""countermark webhook: where events of the programme go. A secret is printed once, alone on standard output."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from panel_app.commands.opening import database_to_write, opened_database

EVENTS = (
    "entry.posted",
    "hold.placed",
    "hold.captured",
    "hold.released",
    "hold.expired",
    "redemption.completed",
    "redemption.reversed",
    "claim.issued",
    "claim.expired",
    "conversion.fulfilled",
    "conversion.failed",
)


@click.group()
def webhook() -> None:
    """Addresses that are told what happens."""


@webhook.command("add")
@click.argument("url")
@click.option("--client", required=True, help="The API client whose endpoint it is, by its name.")
@click.option(
    "--event", "events", multiple=True, required=True, type=click.Choice(EVENTS), help="Several times."
)
def add(url: str, client: str, events: tuple[str, ...]) -> None:
    """Add an endpoint and print its secret: it is never shown again."""
    # Here and below, not above: `countermark --help` does without the programme.
    from panel_app.programme.access import system
    from panel_app.programme.webhook_terms import EventType
    from panel_app.programme.webhooks import NewEndpoint, add_endpoint

    new = NewEndpoint(client=client, url=url, events=frozenset(EventType(event) for event in events))
    with database_to_write() as database, database.session() as session:
        made = add_endpoint(session, system("console"), new)
    click.echo(f"endpoint {made.id}", err=True)
    click.echo(made.secret)


@webhook.command("list")
def show() -> None:
    """Every endpoint: id, client, address, events, state, and how many deliveries are pending and failed."""
    import ledger
    from panel_app.programme.access import system
    from panel_app.programme.webhook_faces import endpoints

    with opened_database() as database, database.session() as session, ledger.read(session):
        for endpoint in endpoints(session, system("console")):
            state = "enabled" if endpoint.since is None else f"{endpoint.state} {endpoint.since:%Y-%m-%d}"
            words = [str(endpoint.id), endpoint.client, endpoint.url, ",".join(endpoint.events), state]
            click.echo("  ".join([*words, f"{endpoint.pending} pending", f"{endpoint.failed} failed"]))


@webhook.command("rotate")
@click.argument("endpoint", type=click.UUID)
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, show_default=True)
def rotate(endpoint: UUID, overlap_hours: int) -> None:
    """Print a new secret; the old one signs as well for the overlap."""
    from panel_app.programme.access import system
    from panel_app.programme.webhooks import rotate_secret

    with database_to_write() as database, database.session() as session:
        secret = rotate_secret(session, system("console"), endpoint, timedelta(hours=overlap_hours))
    click.echo(secret)


@webhook.command("disable")
@click.argument("endpoint", type=click.UUID)
def disable(endpoint: UUID) -> None:
    """Send nothing there any more."""
    from panel_app.programme import webhooks
    from panel_app.programme.access import system

    with database_to_write() as database, database.session() as session:
        webhooks.disable(session, system("console"), endpoint)
    click.echo(f"{endpoint} is disabled.")


@webhook.command("enable")
@click.argument("endpoint", type=click.UUID)
def enable(endpoint: UUID) -> None:
    """Send there again what happens from now on, and what was pending."""
    from panel_app.programme import webhooks
    from panel_app.programme.access import system

    with database_to_write() as database, database.session() as session:
        webhooks.enable(session, system("console"), endpoint)
    click.echo(f"{endpoint} is enabled.")


@webhook.command("replay")
@click.argument("endpoint", type=click.UUID)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]), help="Everything since then, in UTC."
)
def replay(endpoint: UUID, since: datetime | None) -> None:
    """Send once more what was given up, or everything since a moment."""
    from panel_app.programme import webhook_replays
    from panel_app.programme.access import system

    with database_to_write() as database, database.session() as session:
        actor = system("console")
        if since is None:
            count = webhook_replays.replay_failed(session, actor, endpoint)
        else:
            count = webhook_replays.replay_since(session, actor, endpoint, since.replace(tzinfo=UTC))
    click.echo(f"{count} deliveries begin anew.")


@webhook.command("deliver")
def deliver() -> None:
    """Deliver what is due, once, and go; a server does this by itself."""
    from panel_app.config import load_settings
    from panel_app.deliverer import deliverer_of

    with database_to_write() as database:
        count = deliverer_of(load_settings(), database).deliver()
    click.echo(f"{count} attempts.")
