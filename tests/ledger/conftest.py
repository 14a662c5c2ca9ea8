"""The member's books as a fixture; see books.py for what they can do."""

from collections.abc import Iterator

import pytest

from ledger import Session
from tests.ledger.books import Books, open_books


@pytest.fixture
def books(session: Session) -> Iterator[Books]:
    """A member with nothing yet; afterwards every invariant must still hold."""
    opened = open_books(session)
    yield opened
    assert opened.findings() == []
