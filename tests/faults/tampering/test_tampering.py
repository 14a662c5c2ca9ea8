"""The owner of the database edits, deletes, forges and swaps; verify finds each, and the books alone do not."""

from collections.abc import Callable
from typing import Any

import pytest

import ledger
from ledger import AnchorFile, Database
from tests.faults.tampering.attacker import owner
from tests.faults.tampering.victim import Victim
from tests.sealing import Sealing

Change = Callable[[Any], None]
KEYS = {
    "entries": "id",
    "postings": "entry_id || '/' || line",
    "hold_events": "id",
    "lots": "id",
    "audit_records": "id",
    "leaves": "id",
    "seals": "number",
}
EDITS = {
    "entries": "source = 'desk'",
    "postings": "reference = 'another'",
    "hold_events": "source = 'desk'",
    "lots": "points = points + 1",
    "audit_records": "action = 'another'",
    "leaves": "version = 2",
    "seals": "reach = '1:1:'",
}


def key_of(cursor: Any, table: str, which: str) -> str:
    """The key of the first, middle or last row, as text."""
    key = f"CAST({KEYS[table]} AS TEXT)"
    cursor.execute(f"SELECT {key} FROM {table} ORDER BY {KEYS[table]}")
    found = [row[0] for row in cursor.fetchall()]
    assert len(found) >= 3
    return str(found[{"first": 0, "middle": len(found) // 2, "last": -1}[which]])


def where(table: str, key: str) -> str:
    return f"WHERE CAST({KEYS[table]} AS TEXT) = '{key}'"


def edit(table: str, which: str) -> Change:
    def change(cursor: Any) -> None:
        cursor.execute(f"UPDATE {table} SET {EDITS[table]} {where(table, key_of(cursor, table, which))}")

    return change


def delete(table: str, which: str) -> Change:
    def change(cursor: Any) -> None:
        cursor.execute(f"DELETE FROM {table} {where(table, key_of(cursor, table, which))}")

    return change


def delete_all(table: str) -> Change:
    return lambda cursor: cursor.execute(f"DELETE FROM {table}")


def forge(table: str) -> Change:
    """A row more, like the last one, with a key of its own."""
    own = {
        "entries": {"id": f"'{ledger.new_id()}'", "number": "99", "hold_id": "NULL"},
        "postings": {"line": "99"},
        "lots": {"id": f"'{ledger.new_id()}'", "entry_id": f"'{ledger.new_id()}'"},
        "seals": {"number": "(SELECT max(number) + 1 FROM seals)"},
    }.get(table, {"id": f"'{ledger.new_id()}'"})

    def change(cursor: Any) -> None:
        names = [column.name for column in ledger.metadata.tables[table].c]
        values = ", ".join(own.get(name, name) for name in names)
        last = where(table, key_of(cursor, table, "last"))
        cursor.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} {last}")

    return change


def swap(table: str) -> Change:
    """Two rows take each other's key, and with it each other's place."""
    key = {"postings": "line", "seals": "number"}.get(table, "id")

    def change(cursor: Any) -> None:
        if table == "postings":
            cursor.execute("UPDATE postings SET line = -line WHERE line < 3")
            cursor.execute("UPDATE postings SET line = 3 + line WHERE line < 0")
            return
        cursor.execute(f"SELECT {key} FROM {table} ORDER BY {key}")
        (first,), (second,) = cursor.fetchall()[:2]
        spare = "0" if table == "seals" else f"'{ledger.new_id()}'"
        for old, new in ((f"'{first}'", spare), (f"'{second}'", f"'{first}'"), (spare, f"'{second}'")):
            cursor.execute(f"UPDATE {table} SET {key} = {new} WHERE {key} = {old}")

    return change


def matrix() -> list[Any]:
    made = []
    for table in KEYS:
        made += [
            pytest.param(change(table, which), id=f"{change.__name__} {which} of {table}")
            for change in (edit, delete)
            for which in ("first", "middle", "last")
        ]
        made += [
            pytest.param(change(table), id=f"{change.__name__} {table}")
            for change in (delete_all, forge, swap)
        ]
    return made


@pytest.mark.parametrize("change", matrix())
def test_verify_finds(victim: Victim, database: Database, change: Change):
    with owner(database) as cursor:
        change(cursor)
        assert cursor.rowcount != 0

    assert {finding.invariant for finding in victim.sealed()} == {"I16"}


@pytest.mark.parametrize(
    "change",
    [
        *(edit(table, "middle") for table in ("entries", "postings", "hold_events", "audit_records")),
        *(delete("audit_records", which) for which in ("first", "middle", "last")),
        delete_all("audit_records"),
        forge("audit_records"),
    ],
)
def test_control_the_books_without_seals_miss_it(victim: Victim, database: Database, change: Change):
    with owner(database) as cursor:
        change(cursor)

    assert victim.books.findings() == []


def cut_the_tail(cursor: Any) -> None:
    """The last seal with its leaves and their records, the unsealed ones too: nothing inside contradicts."""
    cursor.execute("DELETE FROM seals WHERE number = 3")
    cursor.execute("SELECT leaf_ids FROM seals")
    kept = [
        bytes(whole[at : at + 16]).hex() for (whole,) in cursor.fetchall() for at in range(0, len(whole), 16)
    ]
    listed = ", ".join(f"'{leaf_id}'" for leaf_id in kept)
    for table, key in (
        ("leaves", "id"),
        ("audit_records", "id"),
        ("entries", "id"),
        ("hold_events", "id"),
        ("lots", "id"),
        ("postings", "entry_id"),
    ):
        cursor.execute(f"DELETE FROM {table} WHERE replace(CAST({key} AS TEXT), '-', '') NOT IN ({listed})")


def everything(cursor: Any) -> None:
    for table in KEYS:
        cursor.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize(("change", "lost"), [(cut_the_tail, [3]), (everything, [1, 2, 3])])
def test_a_cut_tail_is_seen_by_the_anchor_alone(
    victim: Victim, database: Database, change: Change, lost: list[int]
):
    with owner(database) as cursor:
        change(cursor)

    assert victim.sealing.report(anchors=[]).findings == []  # the control: nothing inside tells
    found = victim.sealed()
    assert [(finding.id, finding.what) for finding in found] == [
        (f"seal {number}", "the anchor anchors.jsonl knows a seal that the database does not")
        for number in lost
    ]


def test_a_cut_tail_that_was_grown_over_is_seen_by_the_anchor(victim: Victim, database: Database):
    with owner(database) as cursor:
        cursor.execute("DELETE FROM seals WHERE number = 3")
    ledger.seals.seal_leaves(victim.books.session, ledger.SealKey(ledger.new_seal_key()))

    found = {(finding.id, finding.what) for finding in victim.sealed()}
    assert ("seal 3", "the anchor anchors.jsonl knows another seal of this number") in found
    assert ("seal 3", "a seal is not signed by the seal key") in found


@pytest.mark.parametrize(
    ("dialect", "change"),
    [
        ("sqlite", "UPDATE audit_records SET at = 'yesterday'"),
        ("sqlite", "UPDATE audit_records SET details = '{'"),
        ("sqlite", "UPDATE entries SET id = 'x' || id"),
        ("sqlite", "UPDATE seals SET sealed_at = 'yesterday'"),
        ("sqlite", "UPDATE seals SET reach = 'far'"),
        ("sqlite", "UPDATE seals SET leaf_ids = x'00'"),
        ("postgresql", "UPDATE audit_records SET details = 'null'"),
        ("postgresql", "UPDATE entries SET created_at = 'infinity'"),
        ("postgresql", "UPDATE seals SET sealed_at = 'infinity'"),
        ("postgresql", "UPDATE seals SET reach = 'far'"),
        ("postgresql", "UPDATE seals SET leaf_ids = '\\x00'"),
    ],
)
def test_a_value_of_the_wrong_form_is_a_finding_and_no_fault(
    request: pytest.FixtureRequest, dialect: str, change: str
):
    database = Database(
        request.getfixturevalue(f"{dialect}_url"),
        clock=request.getfixturevalue("clock"),
        keyring=request.getfixturevalue("keyring"),
    )
    with owner(database) as cursor:
        cursor.execute(change)

    with database.session() as session:
        anchor = AnchorFile(request.getfixturevalue("tmp_path") / "anchors.jsonl")
        assert Sealing(session, anchor).findings() != []
    database.dispose()


def test_a_finding_names_the_record(victim: Victim, database: Database):
    with owner(database) as cursor:
        key = key_of(cursor, "entries", "middle")
        edit("entries", "middle")(cursor)

    assert [(finding.id, finding.what) for finding in victim.sealed()] == [
        (key, "a record (entry) is not as it was written")
    ]
