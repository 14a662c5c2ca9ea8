"""A use case's answer as the counter's next state: which fragment, under which name. Decides nothing."""

from datetime import datetime
from typing import Any, assert_never

from flask import Response, make_response, render_template

from panel_app.programme.terms import (
    AlreadyDone,
    BookingAtCounter,
    ClaimAtCounter,
    CounterView,
    MemberAtCounter,
    PriceAtCounter,
    Receipt,
    Reservation,
)
from panel_app.web.database import books


def shown(view: CounterView | Reservation | Receipt) -> Response:
    """The state that shows this answer."""
    match view:
        case ClaimAtCounter():
            return state("claim", view=view)
        case MemberAtCounter():
            return state("member", view=view, seconds_left=seconds_until(view.expires_at))
        case PriceAtCounter():
            return state("price", view=view)
        case AlreadyDone():
            return state("already_done", view=view)
        case BookingAtCounter():
            return state("booking", view=view)
        case Reservation():
            return amount_due(view)
        case Receipt():
            return state("done", receipt=view)
        case _:
            assert_never(view)


def amount_due(
    reservation: Reservation, *, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response:
    """The state “amount due”, with what was typed and what is wrong with it."""
    return state(
        "amount_due",
        reservation=reservation,
        seconds_left=seconds_until(reservation.expires_at),
        typed=typed or {},
        errors=errors or {},
    )


def state(name: str, **context: Any) -> Response:
    """A fragment with the header by which the page knows the state."""
    response = make_response(render_template(f"counter/states/{name}.html", **context))
    response.headers["Countermark-State"] = name.replace("_", "-")
    return response


def seconds_until(moment: datetime) -> int:
    """Whole seconds from the server's now."""
    return max(0, round((moment - books().clock.now()).total_seconds()))
