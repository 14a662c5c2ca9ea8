"""The owner of the database moves leaves, to keep a record out of every seal and drop it later; verify tells."""

from typing import Any

import sqlalchemy as sa

from ledger import Database
from ledger.seal_tables import leaves, seals
from ledger.seals import newest_seal, unsealed
from panel_app.programme import audit
from panel_app.programme.access import system
from tests.faults.tampering.attacker import owner
from tests.faults.tampering.victim import Victim


def audited(victim: Victim) -> list[str]:
    """The audit records, the oldest first."""
    question = sa.text("SELECT CAST(id AS TEXT) FROM audit_records ORDER BY id")
    return victim.books.read(lambda: list(victim.books.session.scalars(question)))


def record(victim: Victim) -> str:
    session = victim.books.session
    victim.books.run(lambda: audit.record(session, system("test"), "tested"))
    return audited(victim)[-1]


def place_of(cursor: Any, leaf: str) -> int:
    cursor.execute(f"SELECT place FROM leaves WHERE CAST(id AS TEXT) = '{leaf}'")
    return int(cursor.fetchone()[0])


def move(cursor: Any, leaf: str, place: int) -> None:
    cursor.execute(f"UPDATE leaves SET place = {place} WHERE CAST(id AS TEXT) = '{leaf}'")
    assert cursor.rowcount == 1


def swap(cursor: Any, one: str, other: str) -> None:
    places = place_of(cursor, one), place_of(cursor, other)
    move(cursor, one, places[1])
    move(cursor, other, places[0])


def drop(cursor: Any, leaf: str) -> None:
    for table in ("audit_records", "leaves"):
        cursor.execute(f"DELETE FROM {table} WHERE CAST(id AS TEXT) = '{leaf}'")
        assert cursor.rowcount == 1


def told(victim: Victim) -> set[tuple[str, str]]:
    return {(finding.id, finding.what) for finding in victim.sealed()}


def the_numbers_agree(victim: Victim) -> bool:
    """The control: what was once all that verify asked of a leaf's place."""
    session = victim.books.session

    def question() -> bool:
        waiting = len(unsealed(session, newest_seal(session)))
        sealed = session.scalar(sa.select(sa.func.sum(seals.c.leaves)))
        return sealed + waiting == session.scalar(sa.select(sa.func.count()).select_from(leaves))

    return victim.books.read(question)


def test_a_leaf_moved_out_of_the_sealer_s_reach_is_found(victim: Victim, database: Database):
    hidden = audited(victim)[-1]
    with owner(database) as cursor:
        move(cursor, hidden, 0 if database.engine.dialect.name == "sqlite" else 1)

    assert told(victim) == {(hidden, "a leaf is in more than one seal, or left out of all")}


def test_a_new_leaf_that_took_a_sealed_one_s_place_is_found_before_the_next_seal_and_after(
    victim: Victim, database: Database
):
    sealed, *_others, new = audited(victim)
    with owner(database) as cursor:
        swap(cursor, sealed, new)

    assert the_numbers_agree(victim)
    assert told(victim) == {(sealed, "a leaf does not lie where seal 1 reads")}

    made = victim.sealing.seal()

    assert made is not None
    assert sealed in {str(leaf_id) for leaf_id in made.ids()}  # a second time, instead of the new one
    assert the_numbers_agree(victim)
    assert told(victim) == {(sealed, "a leaf does not lie where seal 1 reads")}


def test_a_record_kept_out_of_every_seal_and_dropped_later_leaves_its_trace(
    victim: Victim, database: Database
):
    sealed, *_others, hidden = audited(victim)
    with owner(database) as cursor:
        swap(cursor, sealed, hidden)
    victim.sealing.seal()
    record(victim)
    victim.sealing.seal()
    another = record(victim)
    with owner(database) as cursor:
        move(cursor, another, place_of(cursor, hidden))
        drop(cursor, hidden)

    assert victim.books.findings() == []
    assert the_numbers_agree(victim)
    assert told(victim) == {(sealed, "a leaf does not lie where seal 1 reads")}

    record(victim)
    victim.sealing.seal()

    assert the_numbers_agree(victim)
    assert told(victim) == {(sealed, "a leaf does not lie where seal 1 reads")}


def test_the_place_that_was_taken_can_t_be_given_back(victim: Victim, database: Database):
    sealed, *_others, hidden = audited(victim)
    with owner(database) as cursor:
        swap(cursor, sealed, hidden)
    victim.sealing.seal()
    with owner(database) as cursor:
        swap(cursor, sealed, hidden)

    assert told(victim) == {(sealed, "a leaf does not lie where seal 4 reads")}


def test_a_leaf_moved_to_another_era_is_found(victim: Victim, database: Database):
    sealed, *_others, new = audited(victim)
    with owner(database) as cursor:
        cursor.execute(f"UPDATE leaves SET era = 1 WHERE CAST(id AS TEXT) = '{sealed}'")
    assert told(victim) == {(sealed, "a leaf does not lie where seal 1 reads")}

    with owner(database) as cursor:
        cursor.execute("UPDATE leaves SET era = 0")
        cursor.execute(f"UPDATE leaves SET era = 1 WHERE CAST(id AS TEXT) = '{new}'")
    assert told(victim) == {(new, "a leaf is in more than one seal, or left out of all")}
