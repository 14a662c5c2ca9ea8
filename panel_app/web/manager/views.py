"""The manager's first pages: the branch's redemptions of a day, and one booking's whole life."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import ledger
from panel_app.programme import branch_review, reversals
from panel_app.programme import member_log as account_log
from panel_app.programme.access import Permission
from panel_app.programme.branch_review import Filter
from panel_app.programme.giving_back import MANAGERS_REASONS, Goods, ReversalReason
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.reversals import Reversal
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
        entries=found.entries,
        reasons=MANAGERS_REASONS,
        key=ledger.new_id(),
    )


@blueprint.post("/redemptions/<booking_id>/reverse")
@needs(Permission.REVERSE)
def reverse(booking_id: str) -> Response:
    """Give points and cash back the way they came, once; the booking shows it."""
    reversals.reverse(books(), identity.actor(), fields.key(), _reversal(booking_id))
    return redirect(url_for("manager.booking", booking_id=booking_id))


@blueprint.get("/redemptions/<booking_id>/member")
@needs(Permission.VIEW_MEMBER_LOG)
def member_log(booking_id: str) -> str:
    """What happened on the account of the booking's member, a page at a time."""
    cursor = request.args.get("cursor", "")[:80] or None
    with ledger.read(books()):
        found = account_log.log_of(books(), identity.actor(), booking_id, cursor)
    return render_template("manager/member_log.html", booking_id=booking_id, log=found)


def _reversal(booking_id: str) -> Reversal:
    try:
        reason, goods = ReversalReason(fields.required("reason")), Goods(fields.required("goods"))
    except ValueError:
        raise InvalidInput(field="reason", rule=Rule.CHOICE) from None
    return Reversal(booking_id=booking_id, reason=reason, goods=goods)


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
