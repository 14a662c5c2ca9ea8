"""Leaves: one canonical form a version, one key a record, and written exactly when the record is."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

import ledger
from ledger import Keyring, Session
from ledger.leaves import BOOK_RECORDS, ENTRY, canonical, mac, record_key
from ledger.seal_tables import leaves
from tests.ledger.books import CASH, MEMBER, Books
from tests.sealing import leaf_findings

AT = datetime(2026, 3, 2, 12, 0, 0, 1500, tzinfo=UTC)
KEYS = {name: UUID(f"018f0000-0000-7000-8000-0000000000{name}") for name in ("01", "02", "03", "04")}
NOBODY = {"branch_id": None, "till_id": None, "operator_id": None, "on_behalf": False, "request_id": None}
ROW = {
    "id": KEYS["01"],
    "type": "Earn",
    "kind": "programme_rule",
    "member_id": KEYS["02"],
    "points": 5,
    "number": 1,
    "balance_after": 5,
    "lines": 2,
    "hold_id": None,
    "created_at": AT,
    "client": "till-1",
    "source": "in-store",
    "booking_id": "B1-1",
    "reference": "ü",
    "party": None,
    "reverses_id": None,
    "reversal_number": None,
    "unrecovered": None,
    "reason": None,
    **NOBODY,
}
LINE = {"entry_id": KEYS["01"], "member_id": KEYS["02"], "asset": "PTS", "reference": None}
LINES = [
    {**LINE, "line": 1, "account_id": KEYS["03"], "amount": 5},
    {**LINE, "line": 2, "account_id": KEYS["04"], "amount": -5},
]
TEXT = (
    '{"record":"entry","version":1,"id":"018f0000-0000-7000-8000-000000000001","type":"Earn",'
    '"kind":"programme_rule","member_id":"018f0000-0000-7000-8000-000000000002","points":5,"number":1,'
    '"balance_after":5,"lines":2,"hold_id":null,"created_at":"2026-03-02T12:00:00.001500Z",'
    '"client":"till-1","source":"in-store","branch_id":null,"till_id":null,"operator_id":null,'
    '"on_behalf":false,"booking_id":"B1-1","reference":"\\u00fc","request_id":null,"party":null,"reverses_id":null,'
    '"reversal_number":null,"unrecovered":null,"reason":null,"postings":['
    '[1,"018f0000-0000-7000-8000-000000000003","018f0000-0000-7000-8000-000000000002","PTS",5,null],'
    '[2,"018f0000-0000-7000-8000-000000000004","018f0000-0000-7000-8000-000000000002","PTS",-5,null]]}'
)


def leaf_ids(session: Session) -> set[UUID]:
    with ledger.read(session):
        return set(session.scalars(sa.select(leaves.c.id)))


def test_version_1_of_an_entry_is_this_text_for_ever():
    assert canonical(ENTRY, 1, ROW, LINES) == TEXT


def test_a_column_of_later_changes_no_text_of_version_1():
    assert canonical(ENTRY, 1, {**ROW, "later": 1}, [{**line, "later": 1} for line in LINES]) == TEXT


def test_a_moment_is_the_same_in_any_zone():
    told = {**ROW, "created_at": datetime.fromisoformat("2026-03-02T13:00:00.0015+01:00")}
    assert canonical(ENTRY, 1, told, LINES) == TEXT


def test_a_leaf_is_this_hmac_for_ever():
    key = record_key(Keyring(b"a secret that only the tests know"), KEYS["01"])
    assert mac(key, TEXT).hex() == "5069f7c512e5b2651ec7c1ad31cb6d5939260fdb367ebc0cce90a905d04a35b0"


def test_each_record_has_a_key_of_its_own_and_another_secret_has_others():
    one, other = Keyring(b"a secret that only the tests know"), Keyring(bytes(32))
    keys = {record_key(keyring, KEYS[name]) for keyring in (one, other) for name in ("01", "02")}
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("step", "kinds"),
    [
        (lambda books: books.credit(5), ["entry", "lot"]),
        (lambda books: books.charge(5), ["entry"]),
        (lambda books: books.hold(5), ["hold_event"]),
        (lambda books: books.capture(books.hold(5).id, CASH), ["hold_event", "hold_event", "entry"]),
        (lambda books: books.release(books.hold(5).id), ["hold_event", "hold_event"]),
    ],
    ids=["credit", "charge", "hold", "capture", "release"],
)
def test_every_step_writes_the_leaves_of_its_records(
    books: Books, step: Callable[[Books], object], kinds: list[str]
):
    books.credit(100)
    before = leaf_ids(books.session)

    step(books)

    new = sa.select(leaves).where(leaves.c.id.not_in(before)).order_by(leaves.c.place, leaves.c.id)
    rows = books.read(lambda: books.session.execute(new).mappings().all())
    assert sorted(row["kind"] for row in rows) == sorted(kinds)
    assert {(row["version"], row["member_id"], len(row["mac"])) for row in rows} == {(1, MEMBER, 32)}
    assert leaf_findings(books.session) == []


def test_what_is_rolled_back_leaves_no_leaf(books: Books):
    books.credit(100)
    before = leaf_ids(books.session)

    def faulty() -> None:
        ledger.charge_claim(
            books.session, ledger.Origin(client="c", source="s"), member_id=MEMBER, points=ledger.Points(5)
        )
        raise LookupError

    with pytest.raises(LookupError):
        books.run(faulty)
    books.credit(1)

    assert len(leaf_ids(books.session) - before) == 2  # the credit's entry and its lot
    assert leaf_findings(books.session) == []


def test_a_savepoint_takes_the_leaves_of_its_records_with_it(books: Books):
    books.credit(100)
    before = leaf_ids(books.session)
    origin = ledger.Origin(client="c", source="s")

    def partly() -> list[UUID]:
        first = ledger.charge_claim(books.session, origin, member_id=MEMBER, points=ledger.Points(5))
        savepoint = ledger.Savepoint(books.session)
        ledger.charge_claim(books.session, origin, member_id=MEMBER, points=ledger.Points(5))
        savepoint.undo()
        ledger.Savepoint(books.session)
        second = ledger.charge_claim(books.session, origin, member_id=MEMBER, points=ledger.Points(5))
        return [first.id, second.id]

    kept = books.run(partly)

    assert leaf_ids(books.session) - before == set(kept)
    assert leaf_findings(books.session) == []


def test_the_forms_name_columns_that_there_are():
    for kind in BOOK_RECORDS:
        assert {name for form in kind.forms.values() for name in form} <= set(kind.table.c.keys())


def test_one_transaction_may_write_more_leaves_than_one_statement_takes(books: Books):
    books.credit(500)

    def many() -> None:
        origin = ledger.Origin(client="c", source="s")
        for _charge in range(103):
            ledger.charge_claim(books.session, origin, member_id=MEMBER, points=ledger.Points(1))

    books.run(many)

    assert len(leaf_ids(books.session)) == 2 + 103
    assert leaf_findings(books.session) == []
