"""The administrator's page of what went back to members: reversals, time-outs, releases after a failure."""

from flask import Blueprint, render_template, request

import ledger
from panel_app.programme import reversal_events
from panel_app.programme.access import Permission
from panel_app.programme.reversal_events import Filter
from panel_app.web import fields, identity
from panel_app.web.database import books
from panel_app.web.permissions import needs

blueprint = Blueprint("admin_reversals", __name__, url_prefix="/admin/reversals")


@blueprint.get("")
@needs(Permission.ADMINISTER)
def page() -> str:
    """The newest first, with filters, a page at a time."""
    asked = request.args
    chosen = Filter(
        day=fields.day(asked.get("day", "")),
        branch=asked.get("branch", "")[:64] or None,
        source=asked.get("source", "")[:64].strip() or None,
        before=asked.get("cursor", "")[:80] or None,
    )
    with ledger.read(books()):
        found = reversal_events.page(books(), identity.actor(), chosen)
    return render_template("admin/reversal_events.html", chosen=chosen, page=found)
