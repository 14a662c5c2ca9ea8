"""A marketplace that sells for points: a client of the API in one file, with the standard library alone.

    python examples/marketplace.py http://127.0.0.1:8000 MEMBER_ID POINTS < key.txt

It holds the points while the order is packed, takes them when it leaves, and gives them back when it can't. Each wish
has a key of its own, written down before it is sent: when an answer is lost, the same wish is asked again.
"""

import json
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

ASKED_AGAIN_MAX = 8
TOO_MANY, SERVER_FAILED = 429, 500


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """The API said no: `code` is the reason, `data` says more."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem['code']}: {problem['title']}")
        self.status = status
        self.code: str = problem["code"]
        self.data: dict[str, Any] = problem.get("data", {})


@dataclass(slots=True)
class Api:
    """One client with its key."""

    url: str
    key: str
    timeout_seconds: float = 10.0

    def read(self, path: str) -> Any:
        return self._asked_until_told("GET", path, None, None)

    def wish(self, path: str, body: dict[str, Any], idempotency_key: str | None = None) -> Any:
        """Do it once, however often it has to be asked."""
        return self._asked_until_told("POST", path, body, idempotency_key or str(uuid4()))

    def _asked_until_told(self, method: str, path: str, body: object, idempotency_key: str | None) -> Any:
        for attempt in range(1, ASKED_AGAIN_MAX + 1):
            try:
                return self._ask(method, path, body, idempotency_key)
            except urllib.error.HTTPError as answer:
                problem = json.load(answer)
                is_passing = answer.code == TOO_MANY or answer.code >= SERVER_FAILED
                is_passing |= problem["code"] == "key_in_use"  # our own first asking is still under way
                if not is_passing or attempt == ASKED_AGAIN_MAX:
                    raise Refused(answer.code, problem) from None
                time.sleep(float(answer.headers.get("Retry-After", 0.2 * attempt)))
            except OSError:  # the answer was lost; whether the wish was done is found out by asking again
                if attempt == ASKED_AGAIN_MAX:
                    raise
                time.sleep(0.05 * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _ask(self, method: str, path: str, body: object, idempotency_key: str | None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's own
            f"{self.url}/api/v1{path}", data, headers, method=method
        )
        with urllib.request.urlopen(request, timeout=self.timeout_seconds) as answer:  # noqa: S310
            return json.load(answer)


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
    print(f"sold; {shop.available(member_id)} points are left")  # noqa: T201 - what the example shows


if __name__ == "__main__":
    main()
