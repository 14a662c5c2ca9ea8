"""The database of this environment, opened for one command."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from ledger import Database
from panel_app.commands.beside import risk_beside_server
from panel_app.commands.database import require_file, sqlite_file
from panel_app.config import load_settings


@contextmanager
def opened_database() -> Iterator[Database]:
    """Open the database with this environment's secret; SettingsError when either is not as it should be."""
    # Here, not above: `countermark --help` does without the web.
    from panel_app.app import open_database

    settings = load_settings()
    require_file(settings.database_url)
    database = open_database(settings)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def database_to_write() -> Iterator[Database]:
    """The same for a command that writes; one line on standard error when that is a risk beside the server."""
    file = sqlite_file(load_settings().database_url)
    risk = None if file is None else risk_beside_server(file)
    if risk is not None:
        click.echo(risk, err=True)
    with opened_database() as database:
        yield database
