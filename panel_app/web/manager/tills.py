"""The manager's page of the branch's tills: which browser is which till is seen here, and ended."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

import ledger
from panel_app.programme import branch_tills, branches
from panel_app.programme.access import Permission
from panel_app.web import identity
from panel_app.web.database import books
from panel_app.web.permissions import needs

blueprint = Blueprint("tills", __name__, url_prefix="/manager/tills")


@blueprint.get("")
@needs(Permission.ENROL_TILL)
def page() -> str:
    """All tills of the branch."""
    with ledger.read(books()):
        found = branch_tills.tills(books(), identity.actor())
    return render_template("manager/tills.html", tills=found)


@blueprint.get("/<uuid:till_id>/revoke")
@needs(Permission.ENROL_TILL)
def question(till_id: UUID) -> str:
    """What revoking this till would mean, before it is done."""
    with ledger.read(books()):
        found = branch_tills.enrolled_till(books(), identity.actor(), till_id)
    return render_template("manager/revoke_till.html", till=found)


@blueprint.post("/<uuid:till_id>/revoke")
@needs(Permission.ENROL_TILL)
def revoke(till_id: UUID) -> Response:
    """Its browser is no till any more, from its next request on."""
    branches.revoke_till(books(), identity.actor(), till_id)
    return redirect(url_for("tills.page"))
