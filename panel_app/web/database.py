"""One session of the books for each request, opened when it is first asked for. Commits nothing itself."""

from flask import Flask, current_app, g

from ledger import Database, Session
from panel_app.programme.tallies import TALLY, StepTally


def init_app(app: Flask, opened: Database, tally: StepTally) -> None:
    """Keep the database with the app, close each request's session at its end, and count its steps."""
    app.extensions["countermark-database"] = opened
    app.extensions["countermark-tally"] = tally
    app.teardown_appcontext(_close)


def database() -> Database:
    """The app's database, for what goes on after its request."""
    found: Database = current_app.extensions["countermark-database"]
    return found


def books() -> Session:
    """This request's session."""
    if "books" not in g:
        g.books = database().session()
        g.books.info[TALLY] = current_app.extensions["countermark-tally"]
    session: Session = g.books
    return session


def _close(error: BaseException | None) -> None:
    del error
    session = g.pop("books", None)
    if session is not None:
        session.close()
