"""Whether the server lives and can work, for whoever watches it. Says nothing about the programme."""

import sqlalchemy as sa
from flask import Blueprint

import ledger
from panel_app.programme.access import Permission
from panel_app.web.database import books
from panel_app.web.permissions import needs

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
@needs(Permission.PUBLIC)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@blueprint.get("/healthz")
@needs(Permission.PUBLIC)
def healthy() -> dict[str, str]:
    """The process answers and reaches its database."""
    return ready()


@blueprint.get("/readyz")
@needs(Permission.PUBLIC)
def ready() -> dict[str, str]:
    """Requests can be worked on: the database answers."""
    with ledger.read(books()):
        books().execute(sa.select(1))
    return {"status": "ok"}
