"""countermark backup and restore: a consistent copy while serving, and its way back. Knows no table."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import sqlalchemy as sa

import ledger
from ledger import AnchorFile, Database, Gap
from panel_app.commands.books import gap_in_words, tell_broken, verified
from panel_app.commands.database import require_file, require_newest, sqlite_file
from panel_app.commands.serve import only_server_of
from panel_app.config import Settings, load_database_url, load_settings
from panel_app.seal_files import seal_key


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Copy the database to FILE as it is at one moment, while the server goes on.

    The secret, the seal key and the anchor are not in it: keep copies of those elsewhere.
    """
    url = load_database_url()
    require_file(url)
    if file.exists():
        raise click.ClickException(f"{file} is there already: choose another name")
    if not file.parent.is_dir():
        raise click.ClickException(f"{file.parent} is no folder: make it, or choose another place")
    draft = file.with_name(f"{file.name}.part")
    # For its owner only: it holds what the database holds.
    draft.touch(mode=0o600)
    try:
        source = sqlite_file(url)
        if source is not None:
            _copy_sqlite(source, draft)
        else:
            _postgresql("pg_dump", url, "--format=custom", f"--file={draft}")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    click.echo(f"{file} holds the database as it was just now.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put the copy FILE in the place of a database that is not there, verified first.

    The anchor is told of it by a signed gap, which countermark verify then reports as known.
    """
    settings = load_settings()
    with _restored(file, settings) as copy, _opened(copy) as database:
        require_newest(database.engine)
        gap = _told_to_anchor(settings, database)
    click.echo(f"The copy is in place, {gap_in_words(gap)}.")


def _told_to_anchor(settings: Settings, database: Database) -> Gap:
    """Verifies the copy, begins its new era and writes the gap. ClickException when the copy is broken."""
    key, anchor = seal_key(settings, database), AnchorFile(settings.anchor_file)
    with database.session() as session:
        with ledger.read(session):
            head = ledger.newest_seal(session)
        kept = head.number if head else 0
        gap = ledger.gap_between(key, kept=kept, last=anchor.last(), at=database.clock.now())
        _report, findings = verified(database, restored=(gap,))
        if findings:
            tell_broken(findings)
            raise click.ClickException("the copy is broken: nothing was restored")
        ledger.seal_restored(session, key)
        anchor.append_gap(gap)
        ledger.anchor_seals(session, anchor)
    return gap


@contextmanager
def _restored(file: Path, settings: Settings) -> Iterator[Settings]:
    """The settings that lead to the copy; it takes the database's place when the block ends well."""
    target = sqlite_file(settings.database_url)
    if target is None:
        _refuse_full(settings.database_url)
        _postgresql(
            "pg_restore",
            settings.database_url,
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            str(file),
        )
        try:
            yield settings
        except BaseException:
            _empty_again(settings.database_url)
            raise
        return
    # A log that another database left behind would be played into the copy.
    for there in (Path(f"{target}{end}") for end in ("", "-wal", "-shm")):
        if there.exists():
            raise click.ClickException(f"{there} is there: stop the server and move it away first")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.restoring")
    with only_server_of(target):
        try:
            draft.touch(mode=0o600)
            _copy_sqlite(file, draft)
            yield settings.model_copy(update={"database_url": f"sqlite:///{draft}"})
            _as_one_file(draft)
            draft.replace(target)
        finally:
            for end in ("", "-wal", "-shm"):
                Path(f"{draft}{end}").unlink(missing_ok=True)


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    # Here, not above: `countermark --help` does without the web.
    from panel_app.app import open_database

    database = open_database(settings)
    try:
        yield database
    finally:
        database.dispose()


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own backup: one moment, and writers are not kept waiting."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new, pages=-1)  # in one step: in portions every writer would begin it anew
    except sqlite3.DatabaseError as fault:
        raise click.ClickException(f"{source} can't be copied: {fault}") from fault
    _as_one_file(target)


def _as_one_file(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _refuse_full(url: str) -> None:
    with _engine_of(url) as engine:
        if sa.inspect(engine).get_table_names():
            raise click.ClickException("the database has tables: restore into an empty one (createdb)")


_TRIGGER_FUNCTIONS = (
    "SELECT oid::regprocedure::text FROM pg_proc"
    " WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype"
)


def _empty_again(url: str) -> None:
    """Take out of PostgreSQL what was put into an empty database and proved to be broken."""
    with _engine_of(url) as engine, engine.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            quoted = connection.dialect.identifier_preparer.quote(table)
            connection.execute(sa.text(f"DROP TABLE {quoted} CASCADE"))
        for function in connection.exec_driver_sql(_TRIGGER_FUNCTIONS).scalars().all():
            connection.execute(sa.text(f"DROP FUNCTION {function}"))


@contextmanager
def _engine_of(url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), hide_parameters=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _postgresql(program: str, url: str, *words: str) -> None:
    """Runs one of PostgreSQL's own programs on the database; the password goes by the environment."""
    found = shutil.which(program)
    if found is None:
        raise click.ClickException(
            f"{program} is needed and was not found: install PostgreSQL's client programs"
        )
    address = sa.make_url(url)
    place = address.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = os.environ | ({"PGPASSWORD": str(address.password)} if address.password else {})
    done = subprocess.run(  # noqa: S603 - our own words and the operator's
        [found, "--no-privileges", f"--dbname={place}", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise click.ClickException(f"{program} failed: {done.stderr.strip()}")
