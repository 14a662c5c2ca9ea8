"""The lines of a report: each filter, the order over both tables, pages while rows are added, and the plans."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

import ledger
from ledger import (
    CashLeg,
    Credit,
    Database,
    EarnKind,
    EntryType,
    HoldEvent,
    LineKey,
    ManualClock,
    MemberId,
    Minor,
    Origin,
    Points,
    ReportFilter,
    ReportLine,
)
from tests.conftest import NOON
from tests.ledger.books import BRANCH, MEMBER, TILL, Books

SECOND = timedelta(seconds=1)
OTHER = MemberId(UUID("018f0000-0000-7000-8000-00000000a002"))
ANNA = UUID("018f0000-0000-7000-8000-00000000d001")
HOUSE = UUID("018f0000-0000-7000-8000-00000000b002")
AT_TILL = Origin(client="till-1", source="in-store", branch_id=BRANCH, till_id=TILL, operator_id=ANNA)
MARKET = Origin(client="api:1", source="market", reference="order 7")
DESK = Origin(client="desk", source="desk", branch_id=HOUSE, operator_id=ANNA, on_behalf=True)

EARNED = (EntryType.EARN, 100)
MARKETED = (EntryType.EARN, 20)
HELD = (HoldEvent.HELD, 0)
TAKEN = (EntryType.DEBIT_BY_REDEMPTION, -25)
RELEASED = (HoldEvent.RELEASED, 0)
BEHALF = (EntryType.DEBIT_BY_ON_BEHALF_REDEMPTION, -7)
EXPIRED = (HoldEvent.EXPIRED, 0)
OTHERS = (EntryType.GOODWILL_CREDIT, 9)
WHOLE = [OTHERS, EXPIRED, HELD, BEHALF, RELEASED, TAKEN, HELD, MARKETED, EARNED]


@pytest.fixture
def day(books: Books, clock: ManualClock) -> Books:
    """A second apart: 100 earned in the shop, 20 from the market; 40 held and 25 of them taken with 4.00 by Anna;
    7 taken on behalf at the house; 5 held and run out; 9 given to another member."""
    session = books.session

    def step(run: object) -> object:
        done = books.run(run)
        clock.advance(SECOND)
        return done

    def earned(points: int, origin: Origin) -> object:
        credit = Credit(member_id=MEMBER, points=Points(points), kind=EarnKind.PROGRAMME_RULE)
        return ledger.credit(session, origin, credit)

    def held(points: int) -> object:
        return ledger.place_hold(session, AT_TILL, member_id=MEMBER, points=Points(points), ttl=4 * SECOND)

    books.run(lambda: ledger.open_member(session, OTHER))
    step(lambda: earned(100, Origin(client="till-1", source="in-store", branch_id=BRANCH)))
    step(lambda: earned(20, MARKET))
    hold = step(lambda: held(40))
    cash = CashLeg(branch_id=BRANCH, tender="cash", amount=Minor(400), currency="USD")
    step(lambda: ledger.capture_hold(session, AT_TILL, hold.id, cash=[cash], points=Points(25)))
    step(lambda: ledger.charge_claim(session, DESK, member_id=MEMBER, points=Points(7)))
    step(lambda: held(5))
    clock.advance(4 * SECOND)
    step(lambda: ledger.expire_holds(session, AT_TILL, limit=9))
    step(lambda: ledger.goodwill(session, MARKET, member_id=OTHER, points=Points(9)))
    return books


def lines(
    books: Books, limit: int = 100, before: LineKey | None = None, **wanted: object
) -> list[ReportLine]:
    def ask() -> list[ReportLine]:
        keys = ledger.line_keys(books.session, ReportFilter(**wanted), limit=limit, before=before)
        return ledger.lines_of(books.session, keys)

    return books.read(ask)


def told(found: list[ReportLine]) -> list[tuple[object, int]]:
    return [(line.what, line.points) for line in found]


def test_holds_and_entries_of_all_members_are_one_list_newest_first(day: Books):
    found = lines(day)
    assert told(found) == WHOLE
    assert [line.concerned for line in found] == [9, 5, 5, 7, 15, 25, 40, 20, 100]
    assert [line.balance_after for line in found] == [9, None, None, 88, None, 95, None, 120, 100]
    assert [list(line.cash) for line in found if line.cash] == [[("USD", 400)]]
    assert {line.at for line in found[4:6]} == {NOON + 3 * SECOND}


FOUND = [
    ({"member_id": OTHER}, [OTHERS]),
    ({"member_id": MEMBER, "source": "market"}, [MARKETED]),
    ({"kinds": frozenset({EntryType.EARN})}, [MARKETED, EARNED]),
    ({"kinds": frozenset({EntryType.GOODWILL_CREDIT})}, [OTHERS]),
    ({"kinds": frozenset({EntryType.POINTS_EXPIRY})}, []),
    ({"kinds": frozenset({HoldEvent.HELD})}, [HELD, HELD]),
    ({"kinds": frozenset({HoldEvent.RELEASED})}, [RELEASED]),
    ({"kinds": frozenset({HoldEvent.EXPIRED, EntryType.EARN})}, [EXPIRED, MARKETED, EARNED]),
    ({"source": "market"}, [OTHERS, MARKETED]),
    ({"source": "in-store"}, [EXPIRED, HELD, RELEASED, TAKEN, HELD, EARNED]),
    ({"source": "nowhere"}, []),
    ({"on_behalf": True}, [BEHALF]),
    ({"on_behalf": False}, [OTHERS, EXPIRED, HELD, RELEASED, TAKEN, HELD, MARKETED, EARNED]),
    ({"branch_ids": frozenset({HOUSE})}, [BEHALF]),
    ({"branch_ids": frozenset({HOUSE, BRANCH})}, [EXPIRED, HELD, BEHALF, RELEASED, TAKEN, HELD, EARNED]),
    ({"operator_id": ANNA}, [EXPIRED, HELD, BEHALF, RELEASED, TAKEN, HELD]),
    ({"since": NOON + SECOND, "until": NOON + 3 * SECOND}, [HELD, MARKETED]),
    ({"operator_id": ANNA, "branch_ids": frozenset({BRANCH, HOUSE}), "on_behalf": True}, [BEHALF]),
    ({"operator_id": ANNA, "on_behalf": True, "source": "in-store"}, []),
    ({"branch_ids": frozenset({BRANCH}), "kinds": frozenset({EntryType.EARN})}, [EARNED]),
    ({"source": "in-store", "since": NOON + 5 * SECOND}, [EXPIRED, HELD]),
]


def test_a_filter_finds_exactly_its_lines(day: Books):
    assert [(wanted, told(lines(day, **wanted))) for wanted, _lines in FOUND] == FOUND


def test_a_key_of_very_many_branches_is_answered_the_same(day: Books, monkeypatch: pytest.MonkeyPatch):
    few = told(lines(day, branch_ids=frozenset({HOUSE, BRANCH})))
    many = frozenset({HOUSE, BRANCH, *(ledger.new_id() for _ in range(50))})
    assert told(lines(day, branch_ids=many)) == few


@pytest.mark.parametrize("size", [1, 2, 4])
def test_pages_meet_without_a_gap_while_rows_are_added(day: Books, clock: ManualClock, size: int):
    whole, seen, last = lines(day), [], None
    while found := lines(day, limit=size, before=last):
        seen += found
        last = LineKey(at=found[-1].at, id=found[-1].id)
        clock.advance(SECOND)
        day.credit(1)
        day.release(day.hold(1).id)
    assert seen == whole


def test_pages_meet_although_all_lines_are_of_one_moment(books: Books):
    for points in range(1, 8):
        books.credit(points)
    for _ in range(4):
        books.release(books.hold(1).id)
    whole, seen, last = lines(books), [], None
    while found := lines(books, limit=2, before=last):
        seen += found
        last = LineKey(at=found[-1].at, id=found[-1].id)
    assert (len(seen), seen) == (15, whole)


def test_a_reversal_tells_what_it_reverses_and_the_cash_that_went_back(books: Books):
    books.credit(100)
    cash = CashLeg(branch_id=BRANCH, tender="cash", amount=Minor(400), currency="USD")
    taken = books.capture(books.hold(60).id, cash)
    books.reverse(taken.id)
    reversal = lines(books)[0]
    assert (reversal.what, reversal.points, reversal.reverses_id, reversal.reason, list(reversal.cash)) == (
        *(EntryType.REDEMPTION_REVERSAL, 60, taken.id, "wrong reward"),
        [("USD", -400)],
    )


BY_INDEX = [
    ({}, "kind"),
    ({"kinds": frozenset({EntryType.EARN, HoldEvent.HELD})}, "kind"),
    ({"on_behalf": False}, "kind"),
    ({"since": NOON, "until": NOON + SECOND}, "kind"),
    ({"member_id": MEMBER}, "member"),
    ({"on_behalf": True}, "on_behalf"),
    ({"operator_id": ANNA}, "operator"),
    ({"branch_ids": frozenset({BRANCH})}, "branch"),
    ({"branch_ids": frozenset({BRANCH, HOUSE})}, "branch"),
    ({"source": "market"}, "source"),
    ({"branch_ids": frozenset({BRANCH}), "source": "market"}, "branch or source"),
    ({"operator_id": ANNA, "since": NOON}, "operator"),
]


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, object]]]:
    """What is sent to the database meanwhile, with its values."""
    sent: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        sent.append((statement, values))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(database.engine, "before_cursor_execute", note)


def plan_of(database: Database, sent: tuple[str, object]) -> str:
    """The plan of a statement; on PostgreSQL as if reading a whole table were dear, which it is not here."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    with database.engine.connect() as connection:
        cursor = connection.connection.cursor()
        if not is_sqlite:
            cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
        cursor.execute(("EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN ") + sent[0], sent[1])
        found = "\n".join(str(row[-1]) for row in cursor.fetchall())
        connection.connection.rollback()
    return found


def test_each_side_of_the_question_is_one_index_in_the_order_of_time(books: Books, database: Database):
    before = LineKey(at=NOON, id=MEMBER)
    for wanted, index in BY_INDEX:
        with statements(database) as sent, ledger.read(books.session):
            ledger.line_keys(books.session, ReportFilter(**wanted), limit=51, before=before)
        plan = plan_of(database, sent[-1])
        for table in ("entries", "hold_events"):
            assert any(f"ix_{table}_{name}" in plan for name in index.split(" or ")), plan
        assert not re.search("Seq Scan|SCAN entries|SCAN hold_events", plan), plan
        # A side is not sorted; what is, is the sides' few rows together.
        assert not re.search(r"SEARCH .*\nUSE TEMP B-TREE|Sort  \(", plan), plan


def test_control_a_question_that_no_index_serves_reads_everything(books: Books, database: Database):
    with statements(database) as sent:
        books.read(lambda: books.session.execute(sa.text("SELECT id FROM entries WHERE party = 'x'")).all())
    plan = plan_of(database, sent[-1])
    assert "Seq Scan on entries" in plan or "SCAN entries" in plan
