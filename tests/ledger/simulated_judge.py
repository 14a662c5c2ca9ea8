"""Judges a simulated run by what the surfaces asked and were told, and by nothing else. Knows no database.

While requests are open it can only bound: what may have been earned, what surely was taken. Once all are
answered, balance() says exactly what each member must have.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime

from ledger import MemberId
from tests.ledger.simulated_wishes import EARNS, Answer, Wish

TAKES = ("capture", "charge")


@dataclass(slots=True)
class Judge:
    asked: dict[str, Wish] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)

    def hear(self, wish: Wish, answer: bytes) -> None:
        """One answer, the first under this key or another."""
        first = self.answers.setdefault(wish.key, answer)
        assert answer == first, f"{wish.key} was told {first!r} and now {answer!r}"

    def told(self, *operations: str) -> list[tuple[Wish, Answer]]:
        """What was granted of these operations, in the order it was heard."""
        heard = [(self.asked[key], json.loads(answer)) for key, answer in self.answers.items()]
        return [
            (wish, answer)
            for wish, answer in heard
            if wish.operation in operations and "refused" not in answer
        ]

    def open(self, *operations: str) -> list[Wish]:
        """What was asked of these operations and never answered: it may have been done or not."""
        unanswered = [wish for key, wish in self.asked.items() if key not in self.answers]
        return [wish for wish in unanswered if wish.operation in operations]

    def judge(self) -> None:
        self._holds_end_once()
        self._nothing_reversed_beyond_what_was_taken()
        for member_id in {wish.member_id for wish in self.asked.values()}:
            self._granted_is_within_earned(member_id)

    def balance(self, member_id: MemberId) -> int:
        """What the answers leave a member with, once every request is answered and every hold has ended."""
        moved = self.told(*EARNS, "reverse")
        given = sum(answer["points"] for wish, answer in moved if wish.member_id == member_id)
        return given - self._taken(member_id)

    def entries(self, member_id: MemberId) -> dict[str, int]:
        """The points of each entry that a member must have, by id; one that moved none is the house's alone."""
        made = self.told(*EARNS, *TAKES, "reverse")
        mine = [answer for wish, answer in made if wish.member_id == member_id]
        return {answer["id"]: answer["points"] for answer in mine if answer["points"]}

    def _taken(self, member_id: MemberId) -> int:
        taken = self.told(*TAKES)
        return -sum(answer["points"] for wish, answer in taken if wish.member_id == member_id)

    def _granted_is_within_earned(self, member_id: MemberId) -> None:
        earned = sum(answer["points"] for wish, answer in self.told(*EARNS) if wish.member_id == member_id)
        earned += sum(wish.body["points"] for wish in self.open(*EARNS) if wish.member_id == member_id)
        back = sum(
            max(answer["points"], 0) for wish, answer in self.told("reverse") if wish.member_id == member_id
        )
        unsure = {wish.body["id"] for wish in self.open("reverse")}
        back += sum(-answer["points"] for _wish, answer in self.told(*TAKES) if answer["id"] in unsure)
        taken = self._taken(member_id)
        assert taken <= earned + back, f"{member_id} was granted {taken} of {earned} earned and {back} back"

    def _holds_end_once(self) -> None:
        holds = {answer["id"]: answer for _wish, answer in self.told("hold")}
        moved = {wish.body["id"] for wish in self.open("extend")}
        expiries = {hold_id: [hold["expires_at"]] for hold_id, hold in holds.items()}
        for _wish, answer in self.told("extend"):
            expiries[answer["id"]].append(answer["expires_at"])
        ended: set[str] = set()
        for wish, answer in self.told("capture", "release"):
            hold_id = wish.body["id"]
            assert hold_id not in ended, f"{hold_id} ended twice"
            ended.add(hold_id)
            if wish.operation == "capture":
                wanted = wish.body["points"] or holds[hold_id]["points"]
                assert -answer["points"] == wanted <= holds[hold_id]["points"], f"{answer} of {wanted}"
                last = max(map(datetime.fromisoformat, expiries[hold_id]))
                in_time = datetime.fromisoformat(answer["at"]) < last
                assert in_time or hold_id in moved, f"{hold_id} was captured at its expiry"

    def _nothing_reversed_beyond_what_was_taken(self) -> None:
        left = {answer["id"]: -answer["points"] for _wish, answer in self.told(*TAKES)}
        for wish, answer in self.told("reverse"):
            if wish.body["id"] in left:
                left[wish.body["id"]] -= answer["points"]
                assert left[wish.body["id"]] >= 0, f"{wish.body['id']} was reversed beyond what it took"
