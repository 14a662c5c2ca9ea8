"""Many threads at once, each with a session of its own, and what each of them came to."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ledger import Database, Session

T = TypeVar("T")


def at_once(database: Database, jobs: Sequence[Callable[[Session], T]]) -> list[T]:
    """Starts every job at the same moment; a fault in one is a fault of the test."""
    start = threading.Barrier(len(jobs))

    def one(job: Callable[[Session], T]) -> T:
        with database.session() as session:
            start.wait(10)
            return job(session)

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(one, jobs))
