"""An order of the marketplace: hold, fulfil, confirm. Without goods the hold goes back. Knows no page."""

from dataclasses import dataclass

from examples.countermark_client import Refused
from examples.redeeming import Surface
from examples.voucher_stock import VoucherStock


class SoldOut(Exception):  # noqa: N818 - an answer, not an error
    """The codes were gone when the points were held already. The points are the member's again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What the member has now."""

    voucher: str
    booking_id: str
    points: int
    balance_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Marketplace:
    """Sells voucher codes of its own stock for the programme's points."""

    surface: Surface
    stock: VoucherStock

    def order(self, wish: str, reward_id: str, **proof: str) -> Sold:
        """`proof` is `code`, what the member's phone shows, or `member_id`, for a member who has signed in here.

        The same `wish` asks for the same order. Raises Refused, SoldOut, Unanswered.
        """
        held = self.surface.reserve(wish, reward_id=reward_id, **proof)
        booking_id = held["booking_id"]
        voucher = self.stock.draw(held["lines"][0]["name"], booking_id)
        if voucher is None:
            self.surface.cancel(booking_id)
            raise SoldOut
        try:
            done = self.surface.confirm(booking_id)
        except Refused:
            # Nothing was taken: the hold ran out, say. After Unanswered the code stays aside until settle() knows.
            self.stock.put_back(booking_id)
            raise
        self.stock.sell(booking_id)
        return Sold(
            voucher=voucher,
            booking_id=booking_id,
            points=done["points_due"],
            balance_after=done["balance_after"],
        )

    def settle(self) -> None:
        """What a crash left open: sold where the points were taken, else released and back on the shelf."""
        for booking_id in self.stock.drawn():
            match self.surface.status(booking_id):
                case "completed":
                    self.stock.sell(booking_id)
                case "reserved":
                    self.surface.cancel(booking_id)
                    self.stock.put_back(booking_id)
                case _:
                    self.stock.put_back(booking_id)
