"""How long requests took, by route, method and class of status. Knows no address, no id and nobody who asked."""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Flask, Request

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the histogram; what took longer is in one more bucket."""
NO_ROUTE = ("no route", "any")


class Kind(NamedTuple):
    """What requests are told apart by. Routes are templates, so that no stranger makes up new kinds."""

    route: str
    method: str
    status: str


@dataclass(slots=True)
class Times:
    """Requests of one kind: how many fell into each bucket, and their seconds in all."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    seconds: float = 0.0


class RequestTally:
    """Adds up; shared by any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[Kind, Times] = {}

    def add(self, kind: Kind, seconds: float) -> None:
        bucket = bisect_left(SECONDS, seconds)
        with self._lock:
            times = self._times.get(kind)
            if times is None:
                times = self._times[kind] = Times()
            times.buckets[bucket] += 1
            times.seconds += seconds

    def snapshot(self) -> Mapping[Kind, Times]:
        with self._lock:
            return {
                kind: Times(buckets=list(times.buckets), seconds=times.seconds)
                for kind, times in self._times.items()
            }


def init_app(app: Flask, tally: RequestTally) -> None:
    """Time each request from its head to its answer, the session's work before and after the view included."""
    answer: Any = app.wsgi_app

    def timed(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        began = time.perf_counter()
        # A fault that leaves the application counts too, as the 500 that the server makes of it.
        kind = Kind(*NO_ROUTE, "5xx")

        def noted(line: str, *rest: Any) -> Any:
            nonlocal kind
            kind = Kind(*_route_of(environ), f"{line[0]}xx")
            return start_response(line, *rest)

        try:
            answered: Iterable[bytes] = answer(environ, noted)
        finally:
            tally.add(kind, time.perf_counter() - began)
        return answered

    app.wsgi_app = timed  # type: ignore[method-assign]


def _route_of(environ: Mapping[str, Any]) -> tuple[str, str]:
    """Template and method; one name for all that leads nowhere, because strangers choose those."""
    request: Request | None = environ.get("werkzeug.request")
    if request is None or request.url_rule is None:
        return NO_ROUTE
    return request.url_rule.rule, request.method
