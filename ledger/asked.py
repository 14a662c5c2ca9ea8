"""Which types of event anybody asks for, as far as this process knows just now. Knows no endpoint and no table."""

import time
from collections.abc import Callable


class Asked:
    """Without fresh knowledge everything is asked for: a step then tells what nobody reads, and never too little."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._known: tuple[frozenset[str], float] = (frozenset(), 0.0)

    def know(self, types: frozenset[str], *, seconds: float) -> None:
        """Only these, for so long."""
        self._known = (types, self._monotonic() + seconds)

    def has(self, event_type: str) -> bool:
        types, until = self._known
        return event_type in types or self._monotonic() >= until
