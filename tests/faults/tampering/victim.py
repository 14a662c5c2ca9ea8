"""What the attacker meets: three seals over every kind of record, and of each kind one that is not sealed yet."""

import itertools
from dataclasses import dataclass
from datetime import timedelta

import ledger
from ledger import AnchorFile, Finding, Session
from panel_app.programme import audit
from panel_app.programme.access import system
from tests.conftest import NOON
from tests.ledger.books import CASH, Books, open_books
from tests.sealing import Sealing


@dataclass(frozen=True, slots=True)
class Victim:
    books: Books
    sealing: Sealing

    def sealed(self) -> list[Finding]:
        return self.sealing.findings()


def build(session: Session, anchor: AnchorFile) -> None:
    """The victim in an empty migrated database."""
    books, sealing = open_books(session), Sealing(session, anchor)
    numbers = itertools.count(1)

    def record() -> None:
        number = next(numbers)
        ledger.transact(session, lambda: audit.record(session, system("test"), "tested", number=number))

    books.credit(500)
    for points in (1, 2, 3):
        books.credit(points, expires_at=NOON + timedelta(days=400 + points))
        books.capture(books.hold(10).id, CASH)
        record()
        sealing.seal()
    books.charge(5)
    books.release(books.hold(5).id)
    record()
    assert books.findings() == []
