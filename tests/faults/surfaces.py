"""Three other surfaces under load: each asks the API for all it can do, and keeps a journal of what it was told.

A surface asks again with the same key until it is told something. What the books say to all three journals is judged
at the end. Knows no fault: the line that loses answers is test_lost_api_answers.py's.
"""

import http.client
import json
import random
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

import ledger
from examples.countermark_client import Api
from ledger import MemberId
from tests.journeys.shop import Shop

EARNED = 100_000
EUR_4 = {"type": "cash", "amount_minor": 400, "currency": "EUR"}


@dataclass(slots=True, kw_only=True)
class Journal:
    """What answers said: points that moved, and the newest status of each hold, redemption and claim."""

    moved: Counter[tuple[str, int]] = field(default_factory=Counter)
    holds: dict[str, tuple[str, str, int]] = field(default_factory=dict)  # status, member, points
    redemptions: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)  # the code, until it is used
    debits: list[str] = field(default_factory=list)  # that can be reversed
    refused: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def move(self, member: str, points: int) -> None:
        if points:
            self.moved[member, points] += 1


@dataclass(slots=True)
class Surface:
    """One client of the API at a till of its own, with members that all surfaces share."""

    api: Api
    till: str
    members: Sequence[MemberId]
    rewards: dict[str, UUID]
    chance: random.Random
    journal: Journal = field(default_factory=Journal)
    unanswered: int = 0

    def act(self) -> None:
        """One thing of those that can be done now, more or less by chance."""
        self.chance.choice(self._acts())()

    def ask(self, what: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Until it is told; None for a refusal."""
        key, give_up_at = self.new_key(), time.monotonic() + 60
        while time.monotonic() < give_up_at:
            try:
                told = self.api._ask(method, path, body, key)
            except urllib.error.HTTPError as answer:
                code = _code(answer)
                if code == "key_in_use":  # our own first asking is still under way
                    time.sleep(0.05)
                    continue
                if answer.code >= 500:
                    raise AssertionError(f"{what} was answered {answer.code}") from None
                self.journal.refused[code] += 1
                self.journal.answered[what] += 1
                return None
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                key = self.next_key(key)
            else:
                self.journal.answered[what] += 1
                return told
        raise AssertionError(f"{what} was not answered in a minute")

    def new_key(self) -> str:
        return str(uuid4())

    def next_key(self, key: str) -> str:
        """The one to ask again with: the same."""
        return key

    def _acts(self) -> list[Callable[[], None]]:
        found = [self._balance, self._credit, self._debit, self._hold, self._hold, self._claim]
        found += 2 * [self._reserve_for_member]
        if any(status == "held" for status, *_ in self.journal.holds.values()):
            found += [self._capture, self._capture, self._release]
        if self.journal.claims:
            found += [self._reserve_by_code]
        if any(status == "reserved" for status, *_ in self.journal.redemptions.values()):
            found += [self._confirm, self._confirm, self._confirm, self._cancel]
        if any(status == "completed" for status, *_ in self.journal.redemptions.values()):
            found += [self._reverse_redemption]
        return [*found, self._reverse_debit] if self.journal.debits else found

    def _member(self) -> str:
        return str(self.chance.choice(self.members))

    def _one(self, of: dict[str, tuple[str, str, int]], status: str) -> str:
        return self.chance.choice([name for name, one in of.items() if one[0] == status])

    def _balance(self) -> None:
        told = self.ask("balance", "GET", f"/members/{self._member()}/balance")
        assert min(told["available"], told["held"]) >= 0

    def _credit(self) -> None:
        member, points = self._member(), self.chance.randint(1, 50)
        body = {"points": points, "type": "programme_rule", "reference": "order"}
        if self.ask("credit", "POST", f"/members/{member}/credits", body):
            self.journal.move(member, points)

    def _debit(self) -> None:
        # Once in a while more than anybody has: a refusal is an answer that is lost and asked for again, too.
        member, points = self._member(), self.chance.choice([1, 7, 40, 10**7])
        told = self.ask(
            "debit", "POST", f"/members/{member}/debits", {"points": points, "reference": "order"}
        )
        if told:
            self.journal.move(member, -points)
            self.journal.debits.append(told["id"])

    def _reverse_debit(self) -> None:
        entry = self.journal.debits.pop(self.chance.randrange(len(self.journal.debits)))
        told = self.ask("reversal", "POST", f"/entries/{entry}/reversal", {"reason": "returned"})
        if told:
            self.journal.move(told["member_id"], told["points"])

    def _hold(self) -> None:
        wish = {"member_id": self._member(), "points": self.chance.randint(1, 90), "reference": "cart"}
        self._note_hold(self.ask("hold", "POST", "/holds", wish | {"ttl_seconds": 3600}))

    def _capture(self) -> None:
        hold = self._one(self.journal.holds, "held")
        points = self.journal.holds[hold][2]
        body = self.chance.choice([{}, {"points": (points + 1) // 2}])
        told = self.ask("capture", "POST", f"/holds/{hold}/capture", body)
        if told:
            self._note_hold(told)
            self.journal.move(told["member_id"], -body.get("points", points))

    def _release(self) -> None:
        hold = self._one(self.journal.holds, "held")
        self._note_hold(self.ask("release", "POST", f"/holds/{hold}/release", {}))

    def _claim(self) -> None:
        member = self._member()
        wish = {"member_id": member, "reward_id": str(self.rewards["COFFEE"])}
        told = self.ask("claim", "POST", "/claims", wish)
        if told:
            self.journal.claims[told["id"]] = told["code"]
            self.journal.move(member, -120)

    def _reserve_by_code(self) -> None:
        claim = self.chance.choice([one for one in self.journal.claims if self.journal.claims[one]])
        self._reserve({"code": self.journal.claims[claim]})

    def _reserve_for_member(self) -> None:
        self._reserve({"member_id": self._member(), "reward_id": str(self.rewards["COFFEE"])})

    def _reserve(self, line: dict[str, str]) -> None:
        self._note_redemption(
            self.ask("redemption", "POST", "/redemptions", {"branch": "BER", "till": self.till} | line)
        )

    def _confirm(self) -> None:
        booking = self._one(self.journal.redemptions, "reserved")
        told = self.ask("confirm", "POST", f"/redemptions/{booking}/confirm", {})
        if told:
            self._note_redemption(told)
            self.journal.move(told["member_id"], -told["points_due"])

    def _cancel(self) -> None:
        booking = self._one(self.journal.redemptions, "reserved")
        self._note_redemption(self.ask("cancel", "POST", f"/redemptions/{booking}/cancel", {}))

    def _reverse_redemption(self) -> None:
        booking = self._one(self.journal.redemptions, "completed")
        told = self.ask(
            "reversal of a redemption", "POST", f"/redemptions/{booking}/reversal", {"reason": "returned"}
        )
        if told:
            self._note_redemption(told)
            self.journal.move(told["member_id"], told["points"])

    def _note_hold(self, told: dict[str, Any] | None) -> None:
        if told:
            self.journal.holds[told["id"]] = told["status"], told["member_id"], told["points"]

    def _note_redemption(self, told: dict[str, Any] | None) -> None:
        if told:
            noted = told["status"], told["member_id"], told["points_due"]
            self.journal.redemptions[told["booking_id"]] = noted


class Forgetful(Surface):
    """A surface that takes a new key each time it asks."""

    def next_key(self, key: str) -> str:
        del key
        return self.new_key()


def disagreements(shop: Shop, surfaces: Sequence[Surface]) -> list[str]:
    """Where the journals and the books differ; empty when each operation had its effect once."""
    journals = [surface.journal for surface in surfaces]
    moved: Counter[tuple[str, int]] = sum((one.moved for one in journals), Counter())
    with shop.database.session() as session, ledger.read(session):
        rows = session.execute(sa.text(_MOVED)).all()
        found = _differences("points", moved, Counter((str(UUID(str(row[0]))), row[1]) for row in rows))
        for what, sql, told in (
            ("hold", _HOLDS, [(id_, one[0]) for each in journals for id_, one in each.holds.items()]),
            (
                "redemption",
                _REDEMPTIONS,
                [(id_, one[0]) for each in journals for id_, one in each.redemptions.items()],
            ),
            ("claim", _CLAIMS, [(claim, "made") for each in journals for claim in each.claims]),
        ):
            there = Counter((_text(row[0]), row[1]) for row in session.execute(sa.text(sql)))
            found += _differences(what, Counter(told), there)
        for member_id in surfaces[0].members:
            held = sum(_held(journal, str(member_id)) for journal in journals)
            posted = EARNED + sum(
                points * times for (member, points), times in moved.items() if member == str(member_id)
            )
            balance = ledger.balance_of(session, member_id)
            is_told = (int(balance.available), int(balance.held)) == (posted - held, held)
            found += [] if is_told else [f"the balance of {member_id} is {balance}, and {posted} were told"]
        return found + [str(finding) for finding in ledger.verify(session)]


_MOVED = "SELECT member_id, points FROM entries WHERE source <> 'system' AND points <> 0"
_HOLDS = "SELECT id, status FROM holds WHERE booking_id IS NULL"
_REDEMPTIONS = "SELECT booking_id, status FROM redemptions"
_CLAIMS = "SELECT id, 'made' FROM claims"


def _held(journal: Journal, member: str) -> int:
    everything = [*journal.holds.values(), *journal.redemptions.values()]
    return sum(
        points for status, who, points in everything if who == member and status in {"held", "reserved"}
    )


def _text(value: object) -> str:
    """An id as the API tells it; a booking ID as it is."""
    return str(value if not isinstance(value, bytes) else UUID(bytes=value))


def _differences(what: str, told: Counter[Any], there: Counter[Any]) -> list[str]:
    return [f"{what} {one} was told, but is not in the books" for one in (told - there).elements()] + [
        f"{what} {one} is in the books, but was never told" for one in (there - told).elements()
    ]


def _code(answer: urllib.error.HTTPError) -> str:
    with answer:
        return str(json.load(answer)["code"])
