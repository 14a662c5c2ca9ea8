"""Seals: every committed leaf in exactly one, whatever the order of commits; chain, key, anchor and restores."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

import ledger
from ledger import AnchorFile, Database, SealError, SealKey, Session, last_writes
from ledger.seal_tables import leaves
from ledger.seals import GENESIS, seal_leaves, seals_in_order
from tests.ledger.books import MEMBER, ORIGIN, Books
from tests.ledger.threads import at_once
from tests.sealing import KEY, Sealing


@pytest.fixture
def sealing(books: Books, tmp_path: Path) -> Sealing:
    return Sealing(books.session, AnchorFile(tmp_path / "anchors.jsonl"))


def all_leaves(session: Session) -> list[UUID]:
    with ledger.read(session):
        return list(session.scalars(sa.select(leaves.c.id).order_by(leaves.c.id)))


def sealed(session: Session) -> list[UUID]:
    with ledger.read(session):
        return sorted(leaf_id for seal in seals_in_order(session) for leaf_id in seal.ids())


def test_a_seal_takes_what_is_new_and_follows_the_one_before(books: Books, sealing: Sealing):
    books.credit(100)
    first = sealing.seal()
    books.charge(1)
    books.hold(2)
    second = sealing.seal()

    assert first is not None
    assert second is not None
    assert (first.number, first.leaves, first.previous) == (1, 2, GENESIS)
    assert (second.number, second.leaves, second.previous) == (2, 2, first.hash)
    assert sealed(books.session) == all_leaves(books.session)
    assert sealing.seal() is None
    report = sealing.report()
    assert (report.findings, report.records, report.seals, report.unsealed) == ([], 4, 2, 0)


def test_what_is_not_sealed_yet_is_checked_one_by_one(books: Books, sealing: Sealing):
    books.credit(100)
    report = sealing.report(anchors=[])
    assert (report.findings, report.records, report.seals, report.unsealed) == ([], 2, 0, 2)


def open_beside_a_later_commit(database: Database, books: Books, sealing: Sealing) -> None:
    """A charge that begins first, with the lower id, and commits after another was committed and sealed."""
    books.credit(100)
    sealing.seal()
    other = ledger.MemberId(ledger.new_id())
    books.run(lambda: ledger.open_member(books.session, other))
    begun, go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        def step() -> None:
            ledger.charge_claim(session, ORIGIN, member_id=MEMBER, points=ledger.Points(1))
            # Its leaf is written now, with the transaction's number; the commit comes later.
            last_writes.write(session)
            begun.set()
            assert go_on.wait(10)

        ledger.transact(session, step)

    def fast(session: Session) -> None:
        assert begun.wait(10)
        Books(session, other).credit(5)
        ledger.seal_and_anchor(session, KEY, sealing.anchor)
        go_on.set()

    at_once(database, [slow, fast])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_transaction_that_commits_late_is_in_the_next_seal(
    database: Database, books: Books, sealing: Sealing
):
    open_beside_a_later_commit(database, books, sealing)

    assert len(all_leaves(books.session)) - len(sealed(books.session)) == 1
    last = sealing.seal()

    assert last is not None
    assert last.leaves == 1
    assert sealed(books.session) == all_leaves(books.session)
    assert sealing.findings() == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_control_by_ids_greater_than_the_last_it_is_left_out_for_ever(
    database: Database, books: Books, sealing: Sealing
):
    open_beside_a_later_commit(database, books, sealing)
    last_id = sealed(books.session)[-1]

    found = [leaf_id for leaf_id in all_leaves(books.session) if leaf_id > last_id]

    assert found == []
    assert len(all_leaves(books.session)) - len(sealed(books.session)) == 1


def test_while_many_write_every_leaf_is_sealed_once_and_verify_is_clean(
    database: Database, books: Books, sealing: Sealing
):
    books.credit(1000)
    stop = threading.Event()

    def seal(session: Session) -> list[ledger.Finding]:
        mine, findings = Sealing(session, sealing.anchor), []
        while not stop.is_set():
            mine.seal()
            findings += mine.findings()
        return findings

    def till(session: Session) -> list[ledger.Finding]:
        mine = Books(session)
        for _turn in range(15):
            mine.capture(mine.hold(1).id)
        return []

    with ThreadPoolExecutor(1) as pool:
        sealer = pool.submit(lambda: at_once(database, [seal, seal]))
        at_once(database, [till] * 4)
        stop.set()
        findings = sealer.result()
    sealing.seal()

    assert findings == [[], []]
    assert sealed(books.session) == all_leaves(books.session)
    assert len(all_leaves(books.session)) == 2 + 4 * 15 * 3
    assert sealing.findings() == []


def test_of_two_sealers_one_makes_the_seal(database: Database, books: Books, sealing: Sealing):
    books.credit(100)

    made = at_once(database, [lambda session: seal_leaves(session, KEY)] * 4)

    assert [seal.number for seal in made if seal is not None] == [1]
    assert sealed(books.session) == all_leaves(books.session)


def test_another_key_seals_nothing(books: Books, sealing: Sealing):
    books.credit(100)
    sealing.seal()
    books.credit(1)

    with pytest.raises(SealError, match="not signed with this seal key"):
        ledger.seal_and_anchor(books.session, SealKey(ledger.new_seal_key()), sealing.anchor)

    assert sealing.report().unsealed == 2


def test_a_database_behind_its_anchor_is_not_grown_over(books: Books, sealing: Sealing, tmp_path: Path):
    books.credit(100)
    sealing.seal()
    sealing.anchor.path.write_text('{"seal":2,"hash":"00","at":""}\n')
    books.credit(1)

    with pytest.raises(SealError, match="ends with seal 2, which this database does not have"):
        sealing.seal()

    assert sealing.report(anchors=[]).unsealed == 2


def test_a_crash_before_the_anchor_is_made_good_by_the_next_round(books: Books, sealing: Sealing):
    books.credit(100)
    seal_leaves(books.session, KEY)
    books.credit(1)
    seal_leaves(books.session, KEY)
    sealing.anchor.path.write_bytes(b"")
    assert sealing.findings() == []

    assert sealing.seal() is None

    lines = [json.loads(line) for line in sealing.anchor.path.read_text().splitlines()]
    assert [line["seal"] for line in lines] == [1, 2]


def test_half_a_line_in_the_anchor_is_written_again(books: Books, sealing: Sealing):
    books.credit(100)
    sealing.seal()
    whole = sealing.anchor.path.read_bytes()
    sealing.anchor.path.write_bytes(whole[:20])
    assert sealing.findings() == []

    sealing.seal()

    assert sealing.anchor.path.read_bytes() == whole


def test_an_anchor_that_is_gone_is_a_finding(books: Books, sealing: Sealing):
    books.credit(100)
    sealing.seal()
    sealing.anchor.path.unlink()

    assert [finding.id for finding in sealing.findings()] == ["anchors.jsonl"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_after_a_restore_lower_transaction_numbers_are_sealed_too(
    books: Books, sealing: Sealing, database: Database
):
    books.credit(100)
    head = sealing.seal()
    assert head is not None
    # As if the last snapshot came from a cluster that had numbered many more transactions.
    with database.engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text("UPDATE leaves SET place = place + 1000000000"))
        connection.execute(sa.text("DELETE FROM seals"))
    sealing.anchor.path.unlink()
    first = ledger.seal_restored(books.session, KEY)
    books.credit(1)
    second = sealing.seal()

    assert first is not None
    assert second is not None
    assert [(seal.era, seal.leaves) for seal in (first, second)] == [(1, 2), (1, 2)]
    assert sealed(books.session) == all_leaves(books.session)
    assert sealing.findings() == []
