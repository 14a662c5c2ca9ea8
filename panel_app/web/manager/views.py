"""The manager's first pages: the branch's redemptions of a day, and one booking's whole life."""

from flask import Blueprint, render_template, request

import ledger
from panel_app.programme import branch_review
from panel_app.programme.access import Permission
from panel_app.programme.branch_review import Filter
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.terms import EntryMode, RedemptionStatus
from panel_app.web import fields, identity
from panel_app.web.database import books
from panel_app.web.permissions import needs

blueprint = Blueprint("manager", __name__, url_prefix="/manager")


@blueprint.get("/redemptions")
@needs(Permission.VIEW_REDEMPTIONS)
def redemptions() -> str:
    """The branch's redemptions of one day, with filters."""
    chosen = _filter()
    with ledger.read(books()):
        page = branch_review.redemptions_of_day(books(), identity.actor(), chosen)
    return render_template(
        "manager/redemptions.html",
        day=page.day,
        rows=page.rows,
        next_cursor=page.next_cursor,
        totals=page.totals,
        operators=page.operators,
    )


@blueprint.get("/redemptions/<booking_id>")
@needs(Permission.VIEW_REDEMPTIONS)
def booking(booking_id: str) -> str:
    """Everything that happened to one booking of the branch."""
    with ledger.read(books()):
        found = branch_review.life_of(books(), identity.actor(), booking_id)
    return render_template(
        "manager/booking.html",
        receipt=found.receipt,
        life=found.life,
        hold=found.hold,
        entries=[] if found.entry is None else [found.entry],
    )


def _filter() -> Filter:
    asked = request.args
    try:
        return Filter(
            day=fields.day(asked.get("day", "")),
            operator=asked.get("operator", "")[:120] or None,
            status=RedemptionStatus(asked["status"]) if asked.get("status") else None,
            entry_mode=EntryMode(asked["entry_mode"]) if asked.get("entry_mode") else None,
            before=asked.get("cursor", "")[:64] or None,
        )
    except ValueError:
        raise InvalidInput(field="filter", rule=Rule.CHOICE) from None
