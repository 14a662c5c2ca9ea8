"""Whether the server lives and can work, for whoever watches it. Says nothing about the programme."""

import sqlalchemy as sa
from flask import Blueprint, Flask, current_app
from sqlalchemy.exc import OperationalError

import ledger
from ledger import Session
from panel_app.programme.access import Permission
from panel_app.revisions import newest_revision, revision_of
from panel_app.web.database import books
from panel_app.web.permissions import needs

_EXTENSION = "countermark-revision"

blueprint = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Look up once which revision this version needs."""
    app.extensions[_EXTENSION] = newest_revision()
    app.register_blueprint(blueprint)


@blueprint.get("/livez")
@needs(Permission.PUBLIC)
def live() -> dict[str, str]:
    """The process answers. Asks no database: one that is away is no reason to start the process anew."""
    return {"status": "ok"}


@blueprint.get("/healthz")
@needs(Permission.PUBLIC)
def healthy() -> tuple[dict[str, str], int]:
    """The same as readyz, by another usual name."""
    return ready()


@blueprint.get("/readyz")
@needs(Permission.PUBLIC)
def ready() -> tuple[dict[str, str], int]:
    """Requests can be worked on here: send some. 503 says why not, and only that."""
    try:
        with ledger.read(books()):
            why_not = _why_not(books())
    except OperationalError:
        why_not = "the database is away"
    return ({"status": "ok"}, 200) if why_not is None else ({"status": why_not}, 503)


def _why_not(session: Session) -> str | None:
    if revision_of(session.connection()) != current_app.extensions[_EXTENSION]:
        return "the tables are of another version"
    # A standby answers and refuses to write, and after a failover the old address may lead to one.
    reads_only = session.dialect == "postgresql" and session.scalar(_READS_ONLY) == "on"
    return "the database takes no writes" if reads_only else None


_READS_ONLY = sa.text("SELECT current_setting('transaction_read_only')")
