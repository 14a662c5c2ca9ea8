"""Puts the panel together: settings, database, reader and faces. Knows no rule of the programme."""

from datetime import timedelta

import sqlalchemy as sa
from apiflask import APIFlask
from flask import Flask, redirect, url_for
from flask_login import current_user
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response

import ledger
from ledger import AnchorFile, Database, Keyring, SystemClock
from panel_app import log
from panel_app.config import Settings, SettingsError
from panel_app.deliverer import deliverer_of
from panel_app.programme.access import Permission
from panel_app.programme.programme_facts import secret_fits
from panel_app.programme.tallies import StepTally
from panel_app.seal_files import seal_key
from panel_app.sealer import Sealer
from panel_app.sweeper import Sweeper
from panel_app.web import database as web_database
from panel_app.web import (
    errors,
    health,
    identity,
    localisation,
    metrics,
    permissions,
    rate_limits,
    request_times,
    security,
)
from panel_app.web.admin import keys as admin_keys
from panel_app.web.admin import reversal_events as admin_reversals
from panel_app.web.admin import webhooks as admin_webhooks
from panel_app.web.api import serving as api
from panel_app.web.counter import scanner_setup, vouchers
from panel_app.web.counter import views as counter
from panel_app.web.manager import tills
from panel_app.web.manager import views as manager
from panel_app.web.member import views as member
from panel_app.web.sign_in import views as sign_in
from panel_app.web.table_sessions import TableSessionInterface
from scanner import DecodePool

ANOTHER_DATABASE = (
    "the secret is not the one that this database was made with: codes and answers could not be read. "
    "Set COUNTERMARK_SECRET or COUNTERMARK_SECRET_FILE to that one."
)


def open_database(settings: Settings) -> Database:
    """The database of the settings, with its clock and keys. SettingsError when the secret is another one's."""
    database = Database(settings.database_url, clock=SystemClock(), keyring=Keyring(settings.secret_bytes()))
    if sa.inspect(database.engine).has_table("programme_settings"):
        with database.session() as session, ledger.read(session):
            if not secret_fits(session):
                raise SettingsError(ANOTHER_DATABASE)
    return database


def create_app(settings: Settings) -> Flask:
    """The panel as a WSGI application; starts its reader's processes, its sweeper, its sealer and its deliverer."""
    database = open_database(settings)
    app = build_app(settings, database)
    app.extensions["countermark-pool"] = DecodePool(workers=settings.decode_workers)
    sweeper = Sweeper(database)
    sweeper.start()
    app.extensions["countermark-sweeper"] = sweeper
    sealer = Sealer(database, seal_key(settings, database), AnchorFile(settings.anchor_file))
    sealer.start()
    app.extensions["countermark-sealer"] = sealer
    deliverer = deliverer_of(settings, database)
    deliverer.start()
    app.extensions["countermark-deliverer"] = deliverer
    return app


def build_app(settings: Settings, database: Database) -> Flask:
    """The application on an open database, with nothing running beside it."""
    log.configure()
    # Its pages of documents come from elsewhere, and its errors are the API's own: both are off.
    app = APIFlask("panel_app", spec_path="/api/v1/openapi.json", docs_path=None, json_errors=False)
    app.secret_key = database.keyring.mac("web", "form tokens")
    app.session_interface = TableSessionInterface(database, timedelta(hours=settings.session_hours))
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a form token lives as long as its session
    security.init_app(app)
    requests, steps = request_times.RequestTally(), StepTally()
    request_times.init_app(app, requests)
    web_database.init_app(app, database, steps)
    identity.init_app(app)
    localisation.init_app(app)
    permissions.init_app(app)
    rate_limits.init_app(app)
    csrf = CSRFProtect(app)
    errors.init_app(app)
    # A program sends a key with each request, and cookies count for nothing there.
    csrf.exempt(api.init_app(app, settings.api_calls_per_minute))
    app.context_processor(_context)
    app.jinja_env.filters["picture"] = _picture
    for blueprint in (
        sign_in.blueprint,
        counter.blueprint,
        scanner_setup.blueprint,
        vouchers.blueprint,
        manager.blueprint,
        tills.blueprint,
        admin_keys.blueprint,
        admin_webhooks.blueprint,
        admin_reversals.blueprint,
        member.blueprint,
        localisation.blueprint,
    ):
        app.register_blueprint(blueprint)
    health.init_app(app)
    metrics.init_app(app, database, settings.metrics_token, requests, steps)
    app.add_url_rule("/", view_func=_start)
    return app


@permissions.needs(Permission.PUBLIC)
def _start() -> Response:
    return redirect(url_for("counter.page"))


def _context() -> dict[str, object]:
    """What every template may name."""
    known = current_user.is_authenticated
    return {
        "actor": current_user.actor if known else None,
        "place": current_user.place if known else None,
        "operator_name": current_user.name if known else "",
        "may": identity.may,
    }


def _picture(name: str) -> str:
    return url_for("static", filename=f"rewards/{name}.svg")
