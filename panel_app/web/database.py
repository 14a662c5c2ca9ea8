"""One session of the books for each request, opened when it is first asked for. Commits nothing itself."""

from flask import Flask, current_app, g

from ledger import Database, Session


def init_app(app: Flask, database: Database) -> None:
    """Keep the database with the app, and close each request's session at its end."""
    app.extensions["countermark-database"] = database
    app.teardown_appcontext(_close)


def books() -> Session:
    """This request's session."""
    if "books" not in g:
        database: Database = current_app.extensions["countermark-database"]
        g.books = database.session()
    session: Session = g.books
    return session


def _close(error: BaseException | None) -> None:
    del error
    session = g.pop("books", None)
    if session is not None:
        session.close()
