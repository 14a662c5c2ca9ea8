"""Shows that a booking's records are sealed, to somebody with the public key alone. Knows no personal value.

For each record: its canonical text, its own key, and the path from its leaf to the signed root. The record's key
opens this one leaf (HMAC under it gives the leaf) and no other.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ledger import merkle
from ledger.anchors import SealError
from ledger.database import Session
from ledger.leaves import RecordKind, canonical, mac, record_key
from ledger.seal_chain import leaves_of
from ledger.seal_check import lines_of_records
from ledger.seal_tables import leaves
from ledger.seals import Seal, one_snapshot, seals_in_order
from ledger.signing import PublicKey


def inclusion_of(session: Session, kinds: Sequence[RecordKind], booking_id: str) -> dict[str, Any]:
    """The records of a booking with their paths, and the seals they lead to; plain JSON values.

    SealError when a record is not sealed yet, or the booking has no record.
    """
    with one_snapshot(session):
        of_bookings = [kind for kind in kinds if "booking_id" in kind.table.c]
        records = [found for kind in of_bookings for found in _records(session, kind, booking_id)]
        if not records:
            raise SealError(f"nothing is recorded under {booking_id}")
        wanted = {UUID(record["id"]) for record in records}
        places = _places(session, wanted)
    if len(places) < len(wanted):
        raise SealError(f"{booking_id} is not sealed yet: try again in a few seconds")
    sealed = {seal.number: _seal(seal) for seal, _path in places.values()}
    return {
        "booking_id": booking_id,
        "records": [{**record, **places[UUID(record["id"])][1]} for record in records],
        "seals": list(sealed.values()),
    }


def check_inclusion(shown: Mapping[str, Any], public: PublicKey) -> list[dict[str, Any]]:
    """The records that inclusion_of() shows, once each is proved; SealError names the first that is not.

    Needs no database and no secret. It shows that these are sealed, and not that the booking has no others.
    """
    if not shown["records"]:
        raise SealError("no record is shown")
    roots = {}
    for seal in shown["seals"]:
        text = seal["message"].encode()
        if not public.signed(text, bytes.fromhex(seal["signature"])):
            raise SealError("a seal is not signed by this key")
        fields = json.loads(text)
        roots[fields["seal"]] = (bytes.fromhex(fields["root"]), fields["leaves"])
    proved = []
    for record in shown["records"]:
        root, count = roots.get(record["seal"], (None, 0))
        leaf = mac(bytes.fromhex(record["key"]), record["text"])
        beside = [bytes.fromhex(one) for one in record["path"]]
        if root is None or merkle.root_of_path(leaf, record["index"], count, beside) != root:
            raise SealError(f"record {record['id']} is not in seal {record['seal']}")
        fields = json.loads(record["text"])
        if fields["id"] != record["id"] or fields["booking_id"] != shown["booking_id"]:
            raise SealError(f"record {record['id']} is of another booking")
        proved.append(fields)
    return proved


def _records(session: Session, kind: RecordKind, booking_id: str) -> list[dict[str, str]]:
    query = (
        sa.select(kind.table, leaves.c.version.label("leaf_version"))
        .join(leaves, leaves.c.id == kind.table.c.id)
        .where(kind.table.c.booking_id == booking_id)
        .order_by(kind.table.c.id)
    )
    rows = session.connection().execute(query).mappings().all()
    lines = lines_of_records(session, kind, [row["id"] for row in rows])
    return [
        {
            "id": str(row["id"]),
            "text": canonical(kind, row["leaf_version"], row, lines.get(row["id"], [])),
            "key": record_key(session.keyring, row["id"]).hex(),
        }
        for row in rows
    ]


def _places(session: Session, wanted: set[UUID]) -> dict[UUID, tuple[Seal, dict[str, Any]]]:
    """The seal of each leaf, and the way to its root."""
    places = {}
    for seal in seals_in_order(session):
        ids = seal.ids()
        here = wanted.intersection(ids)
        if here:
            found = leaves_of(session, ids)
            macs = [found[one].mac for one in ids]
            for leaf_id in here:
                index = ids.index(leaf_id)
                beside = [one.hex() for one in merkle.path(macs, index)]
                places[leaf_id] = (seal, {"seal": seal.number, "index": index, "path": beside})
    return places


def _seal(seal: Seal) -> dict[str, str]:
    return {"message": seal.message().decode(), "signature": seal.signature.hex()}
