"""Many presses at the same moment, each in a thread of its own: what came of each, a refusal or a fault included."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from ledger import Database, Session
from tests.ledger.threads import at_once

Act = Callable[[Session], Any]


def outcomes_of(database: Database, acts: Sequence[Act]) -> list[Any]:
    """Each act in a thread and session of its own, let go together: answers, refusals and faults in their order."""

    def asked(act: Act) -> Act:
        def run(session: Session) -> Any:
            try:
                return act(session)
            except Exception as fault:  # noqa: BLE001 - a fault is an outcome that the test must see
                return fault

        return run

    return at_once(database, [asked(act) for act in acts])


def told(outcomes: Sequence[Any]) -> Counter[str]:
    """How many of each: “done”, a refusal's name, or a fault's."""
    names = (type(outcome).__name__ if isinstance(outcome, Exception) else "done" for outcome in outcomes)
    return Counter(names)
