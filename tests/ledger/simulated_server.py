"""A server of the simulator: one keyed step a request, and it can be killed at named points. Knows no network.

The points are reached in the step around the ledger and in the session's commit; the ledger knows none of them.
"""

import json
import shutil
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

import ledger
from ledger import Database, Keyring, ManualClock, Origin, Refusal, Request, Session
from tests.ledger.simulated_wishes import Answer, Wish, fulfil

T = TypeVar("T")


class Point(StrEnum):
    BEFORE_OUTCOME = "before the outcome row"
    AFTER_OUTCOME = "after the outcome row"
    AFTER_EFFECT = "after the effect"
    BEFORE_COMMIT = "before the commit"
    AFTER_COMMIT = "after the commit, before the answer"


class KilledError(Exception):
    """The process is gone; whoever asked gets no answer."""


class Server:
    """One process on one database; after a kill it is opened again on what a killed process leaves behind."""

    def __init__(self, url: str, clock: ManualClock) -> None:
        self.clock = clock
        self._url = url
        self._die_at: Point | None = None
        self._image: str | None = None
        self._images = count(1)
        self._open()

    def answer(self, wish: Wish, die_at: Point | None = None) -> bytes:
        """The answer as the surface gets it; KilledError where the server dies on the way to it."""
        self._die_at = die_at
        with self._session() as session:
            answer = ledger.transact(session, partial(self._keyed, session, wish))
            self._reach(Point.AFTER_COMMIT, None)
        return answer

    def do(self, step: Callable[[Session], T], die_at: Point | None = None) -> T:
        """A step that needs no key, such as a sweep."""
        self._die_at = die_at
        with self._session() as session:
            done = ledger.transact(session, lambda: step(session))
            self._reach(Point.AFTER_COMMIT, None)
        return done

    def read(self, question: Callable[[Session], T]) -> T:
        with self.database.session() as session, ledger.read(session):
            return question(session)

    def reopen(self) -> None:
        """A new process, on the image of the killed one where there is one."""
        self.close()
        if self._image is not None:
            self._url, self._image = self._image, None
        self._open()

    def close(self) -> None:
        self.database.dispose()

    def _open(self) -> None:
        self.database = Database(self._url, clock=self.clock, keyring=Keyring(bytes(32)))

    def _session(self) -> Session:
        session = self.database.session()
        sa.event.listen(session, "before_commit", self._reach_commit)
        return session

    def _reach_commit(self, session: Session) -> None:
        self._reach(Point.BEFORE_COMMIT, session.connection())

    def _keyed(self, session: Session, wish: Wish) -> bytes:
        """What a use case does with a key: its row first, the effects in a savepoint, then what came of it."""
        request = Request(
            client=wish.surface,
            operation=wish.operation,
            key=wish.key,
            fingerprint=ledger.fingerprint(session.keyring, wish.canonical()),
        )
        connection = session.connection()
        self._reach(Point.BEFORE_OUTCOME, connection)
        stored = ledger.claim_key(session, request)
        if stored is not None:
            return stored.answer
        self._reach(Point.AFTER_OUTCOME, connection)
        savepoint = ledger.Savepoint(session)
        try:
            done = fulfil(session, Origin(client=wish.surface, source="in-store"), wish)
        except Refusal as refusal:
            savepoint.undo()
            self._reach(Point.AFTER_EFFECT, connection)
            answer = _bytes({"refused": refusal.reason.value, **refusal.data()})
            ledger.remember_refusal(session, request, answer, wish.member_id)
        else:
            self._reach(Point.AFTER_EFFECT, connection)
            answer = _bytes(done)
            ledger.remember_success(session, request, answer, wish.member_id)
        return answer

    def _reach(self, point: Point, connection: sa.Connection | None) -> None:
        if point is not self._die_at:
            return
        self._die_at = None
        if self.database.engine.dialect.name == "sqlite":
            self._image = self._picture()
        if connection is not None:
            connection.invalidate()  # the connection is cut: nobody rolls back in good order
        raise KilledError

    def _picture(self) -> str:
        """The files as they are at this moment, half-written log included: what a killed process leaves."""
        file = Path(self._url.removeprefix("sqlite:///"))
        image = file.with_name(f"image-{next(self._images)}.db")
        shutil.copyfile(file, image)
        log = file.with_name(f"{file.name}-wal")
        if log.exists():
            shutil.copyfile(log, image.with_name(f"{image.name}-wal"))
        return f"sqlite:///{image}"


def _bytes(answer: Answer) -> bytes:
    return json.dumps(answer, sort_keys=True, default=str).encode()
