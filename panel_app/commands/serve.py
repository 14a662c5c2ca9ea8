"""countermark serve: the production server. Knows waitress and no route."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from panel_app.commands.database import require_newest, sqlite_file
from panel_app.commands.opening import opened_database
from panel_app.config import Settings, load_settings

if TYPE_CHECKING:  # The other commands do without the web.
    from flask import Flask

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
FORWARDED = {"x-forwarded-for", "x-forwarded-proto"}
CONNECTIONS_MAX = 1000
CHANNEL_TIMEOUT_SECONDS = 20
"""With waitress's own 100 and 120 s, 300 idle sockets stop the server."""


@click.command()
@click.option("--host", help="Address to listen on; COUNTERMARK_HOST, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="COUNTERMARK_PORT or PORT, else 8000.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the panel until it is stopped."""
    settings = load_settings()
    with opened_database() as database:
        require_newest(database.engine)
    # Here, not above: the other commands do without the web.
    from panel_app.app import create_app

    host, port = host or settings.host, port or settings.port
    _judge_host(host, settings.trusted_proxy)
    with only_server_of(sqlite_file(settings.database_url)):
        app = create_app(settings)
        server = _listen(app, host, port, settings)
        click.echo(f"Countermark is on http://{host}:{port} (Ctrl+C stops it)")
        signal.signal(signal.SIGTERM, _stop)
        try:
            server.run()
        finally:
            app.extensions["countermark-sweeper"].stop()
            app.extensions["countermark-deliverer"].stop()
            # Nothing writes any more: what was recorded is sealed before the process ends.
            app.extensions["countermark-sealer"].stop()


def _judge_host(host: str, trusted_proxy: str | None) -> None:
    """Refuse to serve passwords and codes over plain http to a network; a TLS proxy must stand in front."""
    if host in LOOPBACK or trusted_proxy is not None:
        return
    raise click.ClickException(
        f"{host} would be served over plain http. Listen on 127.0.0.1 behind a TLS proxy, "
        "or name the proxy's address in COUNTERMARK_TRUSTED_PROXY"
    )


@contextmanager
def only_server_of(file: Path | None) -> Iterator[None]:
    """Hold FILE.lock, so that a second server process of one SQLite file is refused; None needs no lock.

    Writers wait for each other in a queue inside one process; two processes would starve each other.
    The kernel frees the lock when this process ends, however it ends.
    """
    if file is None:
        yield
        return
    try:
        import fcntl
    except ImportError:
        click.echo(
            "this system has no file locks: see to it that only one server uses the database", err=True
        )
        yield
        return
    with Path(f"{file}.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise click.ClickException(
                f"process {lock.read().strip()} already serves {file}: stop it first, "
                "or use PostgreSQL, which takes several servers"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _listen(app: "Flask", host: str, port: int, settings: Settings) -> Any:
    from waitress.server import create_server  # late for the same reason

    proxy: dict[str, Any] = {"clear_untrusted_proxy_headers": True}
    if settings.trusted_proxy is not None:
        proxy |= {"trusted_proxy": settings.trusted_proxy, "trusted_proxy_headers": FORWARDED}
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=settings.threads,
            connection_limit=CONNECTIONS_MAX,
            channel_timeout=CHANNEL_TIMEOUT_SECONDS,
            **proxy,
        )
    except OSError as error:
        raise click.ClickException(
            f"{host}:{port} can not be listened on ({error.strerror}); choose another --port"
        ) from error


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    del signum, frame
    # waitress lets running requests end on SystemExit; the default of SIGTERM would cut them off.
    sys.exit(0)
