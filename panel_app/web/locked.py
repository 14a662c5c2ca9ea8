"""Why the counter's page can't go on, and where it leads: the state “locked”. Knows no refusal of the programme."""

from enum import StrEnum

from flask import Response, make_response, render_template
from werkzeug.exceptions import Forbidden


class Lock(StrEnum):
    """What the state says; its template has the words of each."""

    SIGNED_OUT = "signed_out"
    TILL_LOST = "till_lost"
    OUT_OF_DATE = "out_of_date"


_STATUS = {Lock.SIGNED_OUT: 401, Lock.TILL_LOST: 403, Lock.OUT_OF_DATE: 400}


class TillLost(Forbidden):
    """Another browser has become this till, or its device was revoked: a place must be chosen first."""


def shown(lock: Lock) -> Response:
    """The state, for the counter's script."""
    response = make_response(render_template("counter/states/locked.html", lock=lock.value))
    response.status_code = _STATUS[lock]
    response.headers["Countermark-State"] = "locked"
    return response
