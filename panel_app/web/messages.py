"""Reason → words: what happened, and what to do, for the person at the counter. One closed table; decides nothing.

Other languages are in translations/*.po. The web's errors.py has the HTTP status of each.
"""

from typing import Any

from ledger import Reason, Refusal
from panel_app.programme.refusals import InvalidInput
from panel_app.web import foreign_words, formats, reason_words, rule_words
from panel_app.web.gettext import gettext as _
from panel_app.web.gettext import ngettext
from scanner import ForeignKind


def title_of(refusal: Refusal | Reason | str) -> str:
    """What happened, in a few words."""
    reason, data = _parts(refusal)
    if reason is Reason.NOT_ENOUGH_POINTS and data:
        return _("Not enough points: %(missing)s missing", missing=formats.points(data["missing"]))
    if reason is Reason.HELD_ELSEWHERE and data.get("branch"):
        return _(
            "Held at %(branch)s, till %(till)s, %(seconds)s s left",
            branch=data["branch"],
            till=data["till"] or "–",
            seconds=data["seconds_left"],
        )
    return reason_words.title(reason)


def action_of(refusal: Refusal | Reason | str) -> str:
    """What to do now."""
    reason, data = _parts(refusal)
    return _with_data(reason, data) if data else reason_words.action(reason)


def field_text(refusal: Refusal) -> str:
    """The words beside a form field."""
    if isinstance(refusal, InvalidInput):
        return rule_words.words_of(refusal)
    return f"{title_of(refusal)}. {action_of(refusal)}"


def beside_fields(refusal: Refusal) -> dict[str, str]:
    """The words of a refused form by field; under "" what is about none of them."""
    field = refusal.field if isinstance(refusal, InvalidInput) else ""
    return {field: field_text(refusal)}


def _parts(refusal: Refusal | Reason | str) -> tuple[Reason, dict[str, Any]]:
    if isinstance(refusal, Refusal):
        return refusal.reason, refusal.data()
    return Reason(refusal), {}


def _with_data(reason: Reason, data: dict[str, Any]) -> str:  # noqa: C901 - one row a reason, no logic
    """The action with the refusal's own data, where it says more; else the plain one."""
    match reason:
        case Reason.NOT_YET_VALID:
            return _(
                "Valid from %(date)s. Another reward may be in reach.", date=formats.day(data["valid_from"])
            )
        case Reason.CLAIM_EXPIRED:
            return _(
                "It ended on %(date)s. Another reward may be in reach.", date=formats.day(data["valid_until"])
            )
        case Reason.WRONG_BRANCH:
            return _("It can be used at: %(branches)s.", branches=", ".join(data["branches"]))
        case Reason.LIMIT_REACHED:
            return _("At most %(limit)s a day. It is possible again tomorrow.", limit=data["limit"])
        case Reason.PROOF_TOO_WEAK:
            return _(
                "A card or typed code is good for %(limit)s points at most. Ask for the live code in the app.",
                limit=formats.points(data["limit"]),
            )
        case Reason.LOCKED_OUT | Reason.TOO_MANY_ATTEMPTS:
            minutes = -(-data["seconds_left"] // 60)
            wait = ngettext("Wait %(num)s minute.", "Wait %(num)s minutes.", minutes)
            return f"{wait} " + (_("Scanning goes on.") if reason is Reason.TOO_MANY_ATTEMPTS else "")
        case Reason.TOO_MANY_WRONG_SCANS:
            seconds = data["seconds_left"]
            return ngettext("Scan again in %(num)s second.", "Scan again in %(num)s seconds.", seconds)
        case Reason.VOUCHER_USED:
            return _(
                "It paid at %(branch)s, %(when)s. Ask for another voucher, or take the amount in another way.",
                branch=data["branch"],
                when=formats.when(data["used_at"]),
            )
        case Reason.VOUCHER_EXPIRED:
            return _(
                "Its last day was %(date)s. Ask for another voucher, or take the amount in another way.",
                date=formats.day(data["last_day"]),
            )
        case Reason.STALE_MEMBER_CODE:
            return _(
                "The code is %(seconds)s seconds old. Ask for the live code in the app, not a picture; "
                "check that the phone's clock is right.",
                seconds=data["seconds_old"],
            )
        case Reason.FOREIGN_CODE:
            return foreign_words.words_of(ForeignKind(data["kind"]))
        case _:
            return reason_words.action(reason)
