"""A secret that is told once: of its wish is remembered what was made, never the secret. Makes none itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from ledger import Session
from panel_app.programme.access import Actor
from panel_app.programme.steps import Keyed, Step, keyed_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What was made, by the name that finds it, and the secret; None when the same wish came before."""

    name: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    name: str


def told_once(
    session: Session, actor: Actor, step: Step, once: Keyed, run: Callable[[], tuple[str, str]]
) -> Secret:
    """Run a step that makes a name and a secret. A page that is loaded again makes nothing and learns nothing."""
    made: list[tuple[str, str]] = []

    def remembered() -> _Remembered:
        made.append(run())
        return _Remembered(name=made[-1][0])

    told = keyed_bytes(session, actor, step, once, _Remembered, remembered)
    if told.value is None:
        return Secret(name=json.loads(told.body)["name"], text=None)
    name, text = made[-1]  # of the attempt that was kept
    return Secret(name=name, text=text)
