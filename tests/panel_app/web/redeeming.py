"""Short ways through the counter's forms: a price accepted, its payment, and where it goes on. Asserts no outcome."""

from werkzeug.test import TestResponse

from tests.panel_app.web.browser import Browser, state
from tests.panel_app.web.house import House


def accepted(house: House, till: Browser, option: int = 1, key: str = "accepted") -> TestResponse:
    """The price of the mug (600 points and 4.00 EUR, or 1,000 points) accepted for Lena at Berlin's first till."""
    order = house.shop.direct(house.world.mug, option)
    form = {
        "key": key,
        "visit_id": str(order.lines[0].visit_id),
        "reward_id": str(order.lines[0].reward_id),
        "option_id": str(order.lines[0].option_id),
        "units": "1",
    }
    answer = till.ask("/counter/redemptions", form)
    assert state(answer) == "amount-due"
    return answer


def address(answer: TestResponse, step: str) -> str:
    """Where the shown reservation is confirmed, cancelled or renewed."""
    return answer.text.partition('action="')[2].partition('"')[0].replace("/confirm", f"/{step}")


def cash(amount: str, given: str = "") -> dict[str, str]:
    return {"tender-0-type": "cash", "tender-0-amount": amount, "tender-0-given": given}


def card(amount: str, reference: str, row: int = 0) -> dict[str, str]:
    name = f"tender-{row}"
    return {f"{name}-type": "card", f"{name}-amount": amount, f"{name}-reference": reference}


def booking_id(answer: TestResponse) -> str:
    return address(answer, "confirm").split("/")[3]
