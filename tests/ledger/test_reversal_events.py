"""The log of what went back, of all members: what is in it, by time, branch and source, and its pages."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

import ledger
from ledger import LogLine, ManualClock, WentBack
from ledger.models import ENDED_WITHOUT_CAPTURE, IS_REVERSAL
from tests.conftest import NOON
from tests.ledger.books import BRANCH, GRACE, ORIGIN, Books

ELSEWHERE = UUID("018f0000-0000-7000-8000-00000000b002")
ALL = WentBack(since=NOON, until=NOON + timedelta(days=1), reasons={"no_voucher_left"})


def lived(books: Books, clock: ManualClock) -> None:
    """A release that failed, one that somebody wanted, a time-out, a reversal elsewhere; a minute apart."""
    books.credit(100)
    failed, wanted, late = books.hold(1), books.hold(2), books.hold(3)
    books.run(lambda: ledger.release_hold(books.session, ORIGIN, failed.id, reason="no_voucher_left"))
    books.run(lambda: ledger.release_hold(books.session, ORIGIN, wanted.id, reason="cancelled_at_till"))
    clock.advance(timedelta(seconds=120))
    books.run(lambda: ledger.expire_hold(books.session, ORIGIN, late.id))
    clock.advance(timedelta(seconds=60))
    taken = books.capture(books.hold(4).id)
    there = replace(ORIGIN, branch_id=ELSEWHERE, source="desk")
    books.run(
        lambda: ledger.reverse_entry(books.session, there, taken.id, reason="wrong_reward", grace=GRACE)
    )


def found(books: Books, which: WentBack, *, limit: int = 10, before: LogLine | None = None) -> list[LogLine]:
    last = None if before is None else (before.at, before.id)
    return books.read(lambda: ledger.reversal_events(books.session, which, limit=limit, before=last))


def concerned(lines: list[LogLine]) -> list[int]:
    return [line.concerned for line in lines]


def test_reversals_time_outs_and_releases_after_a_failure_are_in_it(books: Books, clock: ManualClock):
    lived(books, clock)
    lines = found(books, ALL)
    assert [(line.what, line.points, line.concerned, line.reason) for line in lines] == [
        ("Redemption Reversal", 4, 4, "wrong_reward"),
        ("expired", 0, 3, None),
        ("released", 0, 1, "no_voucher_left"),
    ]
    assert {line.member_id for line in lines} == {books.member_id}


def test_time_branch_and_source_choose_among_them(books: Books, clock: ManualClock):
    lived(books, clock)
    late = NOON + timedelta(seconds=120)
    assert concerned(found(books, replace(ALL, since=late))) == [4, 3]
    assert concerned(found(books, replace(ALL, until=late))) == [1]
    assert concerned(found(books, replace(ALL, branch_id=BRANCH))) == [3, 1]
    assert concerned(found(books, replace(ALL, source="desk"))) == [4]
    assert concerned(found(books, replace(ALL, reasons=()))) == [4, 3]


def test_its_pages_meet_without_a_gap_also_within_one_moment(books: Books, clock: ManualClock):
    books.credit(100)
    for points in range(1, 8):
        hold = books.hold(points)
        books.run(
            lambda held=hold.id: ledger.release_hold(books.session, ORIGIN, held, reason="no_voucher_left")
        )
    whole = found(books, ALL)
    pages: list[LogLine] = []
    while page := found(books, ALL, limit=3, before=pages[-1] if pages else None):
        pages += page
    assert pages == whole
    assert sorted(concerned(whole)) == [1, 2, 3, 4, 5, 6, 7]


def test_each_side_is_read_by_its_own_index(books: Books, clock: ManualClock):
    explain = "EXPLAIN" if books.session.dialect == "postgresql" else "EXPLAIN QUERY PLAN"
    sides = {
        "ix_entries_reversals": f"SELECT id FROM entries WHERE {IS_REVERSAL}",
        "ix_hold_events_ended": f"SELECT id FROM hold_events WHERE {ENDED_WITHOUT_CAPTURE}",
    }
    for index, question in sides.items():

        def plan(asked: str = question) -> str:
            if books.session.dialect == "postgresql":
                books.session.execute(sa.text("SET LOCAL enable_seqscan = off"))
            rows = books.session.execute(
                sa.text(f"{explain} {asked} ORDER BY created_at DESC, id DESC LIMIT 50")
            )
            return str(rows.all())

        assert index in books.read(plan)
