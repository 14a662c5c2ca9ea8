"""The database of this environment, opened for one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger import Database
from panel_app.commands.database import require_file
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
