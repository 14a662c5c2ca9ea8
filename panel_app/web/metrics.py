"""GET /metrics: what this process did and what waits, for Prometheus. Numbers only: no member, no id, no code.

The counts belong to one process; a server of several is read process by process. What waits is asked of the
database when somebody looks, so that no step pays for it.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

import ledger
from ledger import Database
from panel_app.programme import webhook_queue
from panel_app.programme.access import Permission
from panel_app.programme.programme_facts import programme_of
from panel_app.programme.tallies import StepTally
from panel_app.web.database import books
from panel_app.web.permissions import needs
from panel_app.web.request_times import SECONDS, RequestTally, Times
from scanner import PoolTotals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = {"127.0.0.1", "::1"}
_EXTENSION = "countermark-metrics"

blueprint = Blueprint("metrics", __name__)


def init_app(
    app: Flask, database: Database, token: SecretStr | None, requests: RequestTally, steps: StepTally
) -> None:
    """A registry of this app's own: what other parts of the process register elsewhere does not show up."""
    registry = CollectorRegistry()
    registry.register(_Figures(app=app, database=database, requests=requests, steps=steps))
    ProcessCollector(registry=registry)
    app.extensions[_EXTENSION] = registry, None if token is None else token.get_secret_value().encode()
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
@needs(Permission.PUBLIC)
def metrics() -> Response:
    """For whoever has the token; without one set, for this machine, and only of a demo."""
    registry, token = current_app.extensions[_EXTENSION]
    if token is None:
        _judge_demo()
    else:
        _judge_token(token)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE)


def _judge_token(token: bytes) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token):
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))


def _judge_demo() -> None:
    """Behind a proxy on this machine the whole world comes from loopback: alone it opens nothing in production."""
    with ledger.read(books()):
        programme = programme_of(books())
    if request.remote_addr not in LOOPBACK or programme is None or not programme.demo:
        raise NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures(Collector):
    """Turns the tallies, and what the database says just now, into Prometheus' families."""

    app: Flask
    database: Database
    requests: RequestTally
    steps: StepTally

    def collect(self) -> Iterable[Metric]:
        yield self._request_seconds()
        yield from self._steps()
        pool = self.app.extensions.get("countermark-pool")
        if pool is not None:
            yield from _reading(pool.totals())
        yield from self._waiting()

    def _request_seconds(self) -> Metric:
        what = "Requests by route template, method and class of status, and what they took."
        family = HistogramMetricFamily(
            "countermark_request_seconds", what, labels=("route", "method", "status")
        )
        for kind, times in sorted(self.requests.snapshot().items()):
            family.add_metric(kind, buckets=_cumulative(times), sum_value=times.seconds)
        return family

    def _steps(self) -> Iterator[Metric]:
        totals = self.steps.snapshot()
        done = "Steps done by operation and source; asked again they are not done again."
        yield _counters("countermark_steps", done, ("operation", "source"), totals.done)
        by_reason = {(reason.value,): count for reason, count in totals.refused.items()}
        yield _counters("countermark_refusals", "Steps refused, by reason.", ("reason",), by_reason)

    def _waiting(self) -> Iterator[Metric]:
        """What waits in the database; nothing of it, but that it is away, while it is away."""
        up = GaugeMetricFamily("countermark_database_up", "Whether the database answers.")
        try:
            with self.database.session() as session, ledger.read(session):
                deliveries = webhook_queue.pending(session)
                unsealed, sealed_at = ledger.unsealed_count(session), ledger.newest_sealed_at(session)
        except OperationalError:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        yield _one("countermark_webhook_deliveries_pending", "Deliveries under way or waiting.", deliveries)
        yield _one("countermark_unsealed_records", "Records that wait for the next seal.", unsealed)
        if sealed_at is not None:
            at = sealed_at.timestamp()
            yield _one("countermark_newest_seal_timestamp_seconds", "When the newest seal was made.", at)


def _reading(totals: PoolTotals) -> Iterator[Metric]:
    outcomes = {"hit": totals.hits, "miss": totals.misses, "unchanged": totals.unchanged}
    outcomes |= {reason.value: count for reason, count in totals.refused.items()}
    what = "Pictures by what came of them; timed_out and decoder_failed cost a worker."
    by_outcome = {(outcome,): count for outcome, count in outcomes.items()}
    yield _counters("countermark_frames", what, ("outcome",), by_outcome)
    stages = {(stage.value,): one for stage, one in totals.stages.items()}
    for name, what, counts in (
        ("runs", "How often a stage of the reader looked.", {key: one.runs for key, one in stages.items()}),
        ("hits", "How often it read something.", {key: one.hits for key, one in stages.items()}),
        ("cpu_seconds", "Its CPU time.", {key: one.ms / 1000 for key, one in stages.items()}),
    ):
        yield _counters(f"countermark_reader_{name}", what, ("stage",), counts)


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)


def _counters(name: str, what: str, labels: Sequence[str], counts: Mapping[Any, float]) -> Metric:
    family = CounterMetricFamily(name, what, labels=labels)
    for values, count in sorted(counts.items()):
        family.add_metric(values, count)
    return family


def _cumulative(times: Times) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    so_far = 0
    for bound, count in zip((*map(str, SECONDS), "+Inf"), times.buckets, strict=True):
        so_far += count
        found.append((bound, so_far))
    return found
