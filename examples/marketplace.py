"""A marketplace that sells for points at prices of its own: hold, capture or release, from the command line.

    python -m examples.marketplace http://127.0.0.1:8000 MEMBER_ID POINTS < key.txt

It holds the points while the order is packed, takes them when it leaves, and gives them back when it can't. Each wish
has a key of its own, written down before it is sent: when an answer is lost, the same wish is asked again.
"""

import sys
from dataclasses import dataclass
from uuid import uuid4

from examples.countermark_client import Api, Refused


@dataclass(slots=True)
class Marketplace:
    """Sells for points: hold, then capture or release."""

    api: Api

    def available(self, member_id: str) -> int:
        """What the member may spend at this moment, wherever it was earned or spent."""
        return int(self.api.read(f"/members/{member_id}/balance")["available"])

    def order(self, member_id: str, points: int, reference: str) -> str:
        """Hold the points; gives the hold's id. Refused with `not_enough_points` when they are not there."""
        wish = {"member_id": member_id, "points": points, "reference": reference, "ttl_seconds": 900}
        return str(self.api.wish("/holds", wish, f"order {reference}".replace(" ", "-"))["id"])

    def ship(self, hold_id: str) -> str:
        """Take the points; gives the entry's id."""
        return str(self.api.wish(f"/holds/{hold_id}/capture", {}, f"ship-{hold_id}")["closing_entry"])

    def give_up(self, hold_id: str) -> None:
        """Give the points back: the goods are not there after all."""
        self.api.wish(f"/holds/{hold_id}/release", {}, f"give-up-{hold_id}")

    def take_back(self, entry_id: str, points: int | None = None) -> int:
        """The goods came back: all of the points, or a part; gives the balance afterwards."""
        wish = {"reason": "goods_came_back"} | ({} if points is None else {"points": points})
        return int(self.api.wish(f"/entries/{entry_id}/reversal", wish)["balance_after"])


def main() -> None:
    """Sell something once, and say what the member has left."""
    url, member_id, points = sys.argv[1:]
    shop = Marketplace(Api(url.rstrip("/"), sys.stdin.readline().strip()))
    try:
        shop.ship(shop.order(member_id, int(points), str(uuid4())))
    except Refused as refused:
        sys.exit(str(refused))
    print(f"sold; {shop.available(member_id)} points are left")


if __name__ == "__main__":
    main()
