"""Twenty tills at the default server on PostgreSQL, each with one redemption every two seconds; with webhooks, too.

python -m benchmarks.tills [--tills N] [--seconds N] [--rounds N] [--receivers none well hostile]. A till is a
browser's session: signed in, at its place, with kept-alive connection and cookies. A redemption is a camera's frame
with the code of a claim (scan and quote), the price accepted (reserve), and Confirm with cash. Well-behaved receivers
answer at once; of the hostile four one answers 500, one is silent for 30 s, one redirects to an inside address, one
closes the connection. Rows of a round take turns; figures are over all rounds.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np

from benchmarks.api import served
from benchmarks.till_sessions import TillSession, opened_till
from panel_app.programme import webhooks
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.scopes import Scope
from panel_app.programme.webhook_terms import EventType
from panel_app.programme.webhooks import NewEndpoint
from scanner import qr_png
from tests.journeys.furniture import SEED
from tests.journeys.shop import Shop
from tests.panel_app.receiving import Exchange, ok, receiver

EVERY_SECONDS = 2.0
KNOWN_FOR_SECONDS = 4.0
"""A server goes by what it knows of the endpoints for three seconds."""


def refuse(exchange: Exchange) -> None:
    exchange.say(500)


def be_silent(exchange: Exchange) -> None:
    time.sleep(30)
    exchange.say(204)


def lead_inside(exchange: Exchange) -> None:
    exchange.say(302, Location="http://169.254.169.254/latest/meta-data/")


def hang_up(exchange: Exchange) -> None:
    exchange.connection.close()


RECEIVERS = {"none": [], "well": [ok] * 4, "hostile": [refuse, be_silent, lead_inside, hang_up]}


@dataclass(slots=True)
class Times:
    """Seconds of each step over all tills and rounds, and what was answered otherwise than it should be."""

    steps: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    late: int = 0  # redemptions that began after their time, because the one before took longer

    def add(self, step: str, seconds: float) -> None:
        self.steps.setdefault(step, []).append(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--receivers", choices=list(RECEIVERS), nargs="+", default=list(RECEIVERS))
    chosen = parser.parse_args()
    found = {name: Times() for name in chosen.receivers}
    with served("postgresql", COUNTERMARK_WEBHOOKS_TO_LOOPBACK="true") as shop:
        made = tills(shop, chosen.tills, round(chosen.seconds * chosen.rounds * len(found) / EVERY_SECONDS))
        run(made, 4, Times())  # the server builds its statements and templates at their first use
        for _round in range(chosen.rounds):
            for name, times in found.items():
                with listening(shop, name):
                    run(made, chosen.seconds, times)
    print_table(found)


def tills(shop: Shop, number: int, redemptions: int) -> list[TillSession]:
    """Signed-in tills with claims for so many redemptions each, and for the first four seconds."""
    made = []
    for _till in range(number):
        member = shop.customer(points=1000 * (redemptions + 4))
        codes = [shop.claim(member, "FLOWERS", option=1).code for _claim in range(redemptions + 4)]
        made.append(opened_till(shop, [frame(code) for code in codes]))
    return made


def frame(code: str) -> bytes:
    """A phone on the counter as the page sends it: 640 × 480, JPEG at 0.7."""
    shown = cv2.imdecode(np.frombuffer(qr_png(code), np.uint8), cv2.IMREAD_COLOR)
    if shown is None:
        raise ValueError("the code is no picture")
    picture = np.full((480, 640, 3), 120, np.uint8)
    picture[100:380, 180:460] = cv2.resize(shown, (280, 280), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()


def run(made: Sequence[TillSession], seconds: float, times: Times) -> None:
    lock = threading.Lock()
    began = time.perf_counter()

    def work(position: int) -> None:
        till = made[position]
        # Spread over the two seconds: people don't press in step.
        due = began + EVERY_SECONDS * position / len(made)
        while due < began + seconds:
            wait = due - time.perf_counter()
            time.sleep(max(0.0, wait))
            steps, error = till.redeem()
            with lock:
                times.late += wait < -0.05  # noqa: PLR2004 - a twentieth of a second is no delay to a person
                times.errors += [error] if error else []
                for step, taken in steps.items():
                    times.add(step, taken)
            due += EVERY_SECONDS

    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(work, range(len(made))))


@contextmanager
def listening(shop: Shop, name: str) -> Iterator[None]:
    """These receivers are told everything, until the block ends."""
    with ExitStack() as stack, shop.database.session() as session:
        there = [stack.enter_context(receiver(behave)) for behave in RECEIVERS[name]]
        client = f"{name} {time.time()}"
        new = NewKey(client=client, source="bench", scopes=frozenset({Scope.ADMIN}))
        issue_key(session, SEED, new)
        ends = [
            webhooks.add_endpoint(
                session, SEED, NewEndpoint(client=client, url=one.url, events=frozenset(EventType))
            )
            for one in there
        ]
        time.sleep(KNOWN_FOR_SECONDS)
        yield
        for end in ends:
            webhooks.disable(session, SEED, end.id)
        told = ", ".join(str(len(one.got)) for one in there)
        print(f"{name}: receivers were asked {told or 'nothing'}")


def print_table(found: dict[str, Times]) -> None:
    print("| receivers | step | count | p50 ms | p95 ms | p99 ms | max ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, times in found.items():
        for step, seconds in times.steps.items():
            at = statistics.quantiles(seconds, n=100, method="inclusive")
            row = " | ".join(f"{part * 1000:.0f}" for part in (at[49], at[94], at[98], max(seconds)))
            print(f"| {name} | {step} | {len(seconds)} | {row} |")
        print(
            f"\n{name}: {len(times.errors)} errors {sorted(set(times.errors))[:3]}, {times.late} began late\n"
        )


if __name__ == "__main__":
    main()
