"""Statements: filters and pages of the entries, and the log with the holds in it."""

from datetime import timedelta

import ledger
from ledger import EntryType, HoldEvent, LogLine, ManualClock, Origin
from tests.conftest import NOON
from tests.ledger.books import MEMBER, ORIGIN, Books

HOUR = timedelta(hours=1)


def filled(books: Books, clock: ManualClock) -> None:
    """One entry an hour: +10 in-store, −1, +20 by the API, −2, +30 in-store."""
    for hour, points in enumerate((10, -1, 20, -2, 30)):
        clock.set(NOON + hour * HOUR)
        if points == 20:
            given = ledger.Credit(
                member_id=MEMBER, points=ledger.Points(20), kind=ledger.EarnKind.MILESTONE_AWARD
            )
            books.run(lambda: ledger.credit(books.session, Origin(client="a", source="api"), given))  # noqa: B023
        elif points > 0:
            books.credit(points)
        else:
            books.charge(-points)


def found(books: Books, **filters: object) -> list[int]:
    return [
        entry.points
        for entry in books.read(lambda: ledger.entries_of(books.session, MEMBER, **{"limit": 100, **filters}))
    ]


def test_entries_are_found_by_type_source_and_time(books: Books, clock: ManualClock):
    filled(books, clock)

    assert found(books) == [30, -2, 20, -1, 10]
    assert found(books, types=[EntryType.EARN]) == [30, 20, 10]
    assert found(books, types=[EntryType.EARN, EntryType.DEBIT_BY_REDEMPTION]) == [30, -2, 20, -1, 10]
    assert found(books, types=[EntryType.POINTS_EXPIRY]) == []
    assert found(books, source="api") == [20]
    assert found(books, source="in-store") == [30, -2, -1, 10]
    assert found(books, since=NOON + HOUR, until=NOON + 3 * HOUR) == [20, -1]
    assert found(books, types=[EntryType.EARN], source="in-store", since=NOON + HOUR) == [30]


def test_a_filtered_list_pages_by_the_number_of_its_last_entry(books: Books, clock: ManualClock):
    filled(books, clock)

    assert found(books, types=[EntryType.EARN], limit=2) == [30, 20]
    assert found(books, types=[EntryType.EARN], limit=2, before=3) == [10]


def test_the_log_has_the_holds_as_lines_of_no_points(books: Books, clock: ManualClock):
    earned = books.credit(100)
    hold = books.hold(30)
    clock.advance(timedelta(seconds=1))
    books.run(lambda: ledger.release_hold(books.session, ORIGIN, hold.id, reason="no voucher left"))
    clock.advance(timedelta(seconds=1))
    part = books.hold(40)
    clock.advance(timedelta(seconds=1))
    captured = books.capture(part.id, points=25)

    lines = books.read(lambda: ledger.log_of(books.session, MEMBER, limit=100))

    assert [(line.what, line.points, line.concerned, line.reason) for line in lines] == [
        (HoldEvent.RELEASED, 0, 15, "the rest of a part capture"),
        (EntryType.DEBIT_BY_REDEMPTION, -25, 25, None),
        (HoldEvent.HELD, 0, 40, None),
        (HoldEvent.RELEASED, 0, 30, "no voucher left"),
        (HoldEvent.HELD, 0, 30, None),
        (EntryType.EARN, 100, 100, None),
    ]
    assert {line.entry_id for line in lines} == {None, earned.id, captured.id}
    released = next(line for line in lines if line.reason == "no voucher left")
    assert released == LogLine(
        id=released.id,
        member_id=MEMBER,
        at=NOON + timedelta(seconds=1),
        what=HoldEvent.RELEASED,
        points=ledger.Points(0),
        concerned=ledger.Points(30),
        entry_id=None,
        hold_id=hold.id,
        balance_after=None,
        source="in-store",
        branch_id=released.branch_id,
        till_id=released.till_id,
        operator_id=None,
        on_behalf=False,
        booking_id="B1-1",
        reference=None,
        reason="no voucher left",
    )


def test_the_log_pages_without_a_gap_or_a_line_twice(books: Books, clock: ManualClock):
    for points in range(1, 5):
        books.credit(points)  # four lines at one moment
    for points in range(1, 5):
        clock.advance(timedelta(seconds=1))
        books.release(books.hold(points).id)
    whole = books.read(lambda: ledger.log_of(books.session, MEMBER, limit=100))
    assert len(whole) == 12

    pages, before = [], None
    while page := books.read(lambda: ledger.log_of(books.session, MEMBER, limit=5, before=before)):  # noqa: B023
        pages.append(page)
        before = (page[-1].at, page[-1].id)

    assert [len(page) for page in pages] == [5, 5, 2]
    assert [line for page in pages for line in page] == whole


def test_the_log_of_one_member_has_nothing_of_another(books: Books):
    other = ledger.MemberId(ledger.new_id())
    books.run(lambda: ledger.open_member(books.session, other))
    books.credit(5)
    books.hold(1)

    assert books.read(lambda: ledger.log_of(books.session, other, limit=10)) == []
