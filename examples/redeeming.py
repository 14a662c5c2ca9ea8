"""What a surface asks at its till: the catalogue, and a redemption from the hold to its end. Knows no goods."""

import os
from dataclasses import dataclass
from typing import Any

from examples.countermark_client import Api


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """One API client at one till."""

    api: Api
    branch: str
    till: str

    @classmethod
    def from_environment(cls) -> "Surface":
        """`PANEL_URL`, `SURFACE_KEY` and `SURFACE_TILL` as BRANCH/TILL. Others see a command line, never these."""
        branch, _, till = os.environ.get("SURFACE_TILL", "BER/1").partition("/")
        url = os.environ.get("PANEL_URL", "http://127.0.0.1:8000").rstrip("/")
        return cls(api=Api(url, os.environ["SURFACE_KEY"]), branch=branch, till=till)

    def rewards(self) -> list[dict[str, Any]]:
        """What can be redeemed at this branch for points alone: no cash changes hands here."""
        items = self.api.read(f"/rewards?branch={self.branch}")["items"]
        return [reward for reward in items if points_price(reward) is not None]

    def reserve(self, wish: str, **line: str) -> dict[str, Any]:
        """Hold what a line costs, see POST /redemptions; two minutes long. Nothing is taken yet."""
        body = {"branch": self.branch, "till": self.till, **line}
        return dict(self.api.wish("/redemptions", body, f"{wish}-reserve"))

    def confirm(self, booking_id: str) -> dict[str, Any]:
        """Take the points."""
        return dict(self.api.wish(f"/redemptions/{booking_id}/confirm", {}, f"{booking_id}-confirm"))

    def cancel(self, booking_id: str) -> None:
        """Before Confirm: release everything."""
        self.api.wish(f"/redemptions/{booking_id}/cancel", {}, f"{booking_id}-cancel")

    def reverse(self, booking_id: str, reason: str) -> None:
        """After Confirm: the points go back."""
        self.api.wish(f"/redemptions/{booking_id}/reversal", {"reason": reason}, f"{booking_id}-reverse")

    def status(self, booking_id: str) -> str:
        return str(self.api.read(f"/redemptions/{booking_id}")["status"])


def points_price(reward: dict[str, Any]) -> int | None:
    """The lowest price without cash, or None."""
    options = reward["price_options"]
    return min((int(one["points"]) for one in options if not one["cash"]["amount_minor"]), default=None)
