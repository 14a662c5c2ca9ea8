"""The sweeper: a thread that closes what has run out. Safe in many copies; nothing waits for it to be right."""

import threading
from collections.abc import Callable
from functools import partial

import structlog

import ledger
from ledger import Database, Session
from panel_app.programme import attempts
from panel_app.programme.access import Actor, system
from panel_app.programme.sweeping import SWEEPS
from panel_app.web.table_sessions import forget_expired

SECONDS_BETWEEN = 2.0
# Sessions end by the hour: they are looked at this often only.
ROUNDS_BETWEEN_SLOW = 150

log = structlog.get_logger()


class Sweeper:
    """Closes overdue redemptions, holds, claims and sessions and settles due points, until it is stopped."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        round_number = 0
        while not self._stopped.wait(SECONDS_BETWEEN):
            self.sweep(round_number)
            round_number += 1

    def sweep(self, round_number: int) -> None:
        """One round; the slow part in every 150th. A job that fails leaves the others their turn."""
        jobs: list[Callable[[Session, Actor], object]] = [*SWEEPS]
        if round_number % ROUNDS_BETWEEN_SLOW == 0:
            jobs.append(self._forget)
        for job in jobs:
            try:
                with self._database.session() as session:
                    job(session, system("sweeper"))
            except Exception:
                # The next round tries again; a sweeper that dies quietly would keep points held for ever.
                log.exception("the sweeper failed", job=job.__name__)

    def _forget(self, session: Session, _actor: Actor) -> None:
        """What nobody needs any more: sessions that are over, failures that no longer count."""
        forget_expired(self._database)
        ledger.transact(session, partial(attempts.forget_ended, session))
