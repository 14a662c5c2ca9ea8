"""countermark db: migrations. Knows Alembic and no table."""

import sys
from argparse import Namespace
from pathlib import Path

import click
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import make_url

from panel_app.config import load_database_url
from panel_app.revisions import ALEMBIC_INI, newest_revision, revision_of


@click.group()
def db() -> None:
    """Migrate the database."""


@db.command()
def upgrade() -> None:
    """Bring the tables to the newest revision; a missing SQLite file is made."""
    url = load_database_url()
    file = sqlite_file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    try:
        command.upgrade(_alembic(url), "head")
    except CommandError as error:
        raise click.ClickException(_in_words(url, error)) from error


@db.command()
def current() -> None:
    """Print the revision that the database is at; nothing when it has no tables yet."""
    url = load_database_url()
    require_file(url)
    try:
        command.current(_alembic(url))
    except CommandError as error:
        raise click.ClickException(_in_words(url, error)) from error


def sqlite_file(url: str) -> Path | None:
    """The file behind a sqlite:/// address; None for other databases and for one in memory."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or address.database in {None, "", ":memory:"}:
        return None
    return Path(str(address.database))


def require_file(url: str) -> None:
    """ClickException for a SQLite file that is not there: opening it would make an empty one."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        raise click.ClickException(f"there is no {file}: run countermark db upgrade")


def require_newest(engine: sa.Engine) -> None:
    """ClickException unless the tables are at the newest revision."""
    with engine.connect() as connection:
        found = revision_of(connection)
    newest = newest_revision()
    if found != newest:
        raise click.ClickException(
            f"the database is at revision {found or 'none'}, this version needs {newest}: "
            "run countermark db upgrade"
        )


def _alembic(url: str) -> Config:
    return Config(ALEMBIC_INI, stdout=sys.stdout, cmd_opts=Namespace(x=[f"url={url}"]))


def _in_words(url: str, error: CommandError) -> str:
    if "Can't locate revision" not in str(error):
        return str(error)
    file = sqlite_file(url)
    fresh = "name a fresh database in DATABASE_URL" if file is None else f"delete {file}"
    return (
        f"this database was made by another version ({error}). "
        f"If it holds demo data only, {fresh} and start again."
    )
