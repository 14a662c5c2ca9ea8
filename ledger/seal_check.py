"""I16: every record has its leaf, every leaf its record and one seal; chain, signatures and anchor agree.

Reads one moment of the database, live or restored, in portions: memory does not grow with the history. Repairs
nothing.
"""

import hmac
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DataError

from ledger.anchors import Gap, SealError, gaps_of, lines_of, size_of, standing
from ledger.check import FINDINGS_MAX, Finding
from ledger.database import Session
from ledger.keyring import Keyring
from ledger.leaves import RecordKind, Row, canonical, mac, record_key
from ledger.seal_chain import PORTION, AnchorRead, broken, chain
from ledger.seal_tables import leaves, seals
from ledger.seals import newest_seal, one_snapshot, seals_in_order, unsealed
from ledger.signing import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SealReport:
    """What verify_seals() saw. `gaps` are restores that the anchor knows; they are no findings."""

    findings: list[Finding]
    records: int
    seals: int
    unsealed: int
    gaps: list[Gap]


def verify_seals(
    session: Session,
    kinds: Sequence[RecordKind],
    public: PublicKey,
    anchors: Sequence[Path],
    restored: Sequence[Gap] = (),
) -> SealReport:
    """Findings in the order in which they were met, at most 1000. `restored` are gaps about to be written.

    Takes as long as the books are long. Safe while the database is being written to.
    """
    findings: list[Finding] = []
    gaps: list[Gap] = []
    told: list[AnchorRead] = []
    # The anchor's end is taken first: what stands before it was committed, and so is in the snapshot.
    for path in anchors:
        try:
            size = size_of(path)
            known = [*gaps_of(path, size, public), *restored]
        except (SealError, OSError) as fault:
            findings.append(broken(f"the anchor can't be read ({fault})", path.name))
        else:
            told.append(AnchorRead(path.name, standing(lines_of(path, size), known)))
            gaps += [gap for gap in known if gap not in gaps]
    with one_snapshot(session):
        findings += _first(chain(session, public, told))
        whole = not findings
        for kind in kinds:
            findings += [*_first(_records(session, kind)), *_first(_without_record(session, kind))]
        findings += _first(_of_no_kind(session, kinds))
        # A seal that was tampered with does not say how far it reached.
        open_leaves = unsealed(session, newest_seal(session)) if whole else []
        findings += _first(_left_out(session, open_leaves)) if whole else []
        return SealReport(
            findings=findings,
            records=sum(_count(session, kind.table) for kind in kinds),
            seals=_count(session, seals),
            unsealed=len(open_leaves),
            gaps=gaps,
        )


def _records(session: Session, kind: RecordKind) -> Iterator[Finding]:
    """Each record against its leaf, sealed or not."""
    names = sorted({name for form in kind.forms.values() for name in form} | {"id", "member_id"})
    columns = [kind.table.c[name] for name in names]
    leaf = [leaves.c[name].label(f"leaf_{name}") for name in ("kind", "version", "member_id", "mac")]
    query = sa.select(*columns, *leaf).outerjoin(leaves, leaves.c.id == kind.table.c.id)
    ordered = query.order_by(kind.table.c.id).execution_options(yield_per=PORTION)
    with session.connection().execute(ordered) as found:
        for portion in found.mappings().partitions():
            lines = lines_of_records(session, kind, [row["id"] for row in portion])
            for row in portion:
                fault = _fault(session.keyring, kind, row, lines.get(row["id"], []))
                if fault is not None:
                    yield broken(fault, str(row["id"]))


def _fault(keyring: Keyring, kind: RecordKind, row: Row, lines: list[Row]) -> str | None:
    if row["leaf_mac"] is None:
        return f"a record ({kind.name}) has no leaf"
    same = (row["leaf_kind"], row["leaf_member_id"]) == (kind.name, row["member_id"])
    if not same or row["leaf_version"] not in kind.forms:
        return f"a leaf is not that of its record ({kind.name})"
    text = canonical(kind, row["leaf_version"], row, lines)
    if not hmac.compare_digest(mac(record_key(keyring, row["id"]), text), bytes(row["leaf_mac"])):
        return f"a record ({kind.name}) is not as it was written"
    return None


def lines_of_records(session: Session, kind: RecordKind, ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    if kind.lines is None:
        return {}
    key = kind.lines.c[kind.lines_key]
    query = sa.select(kind.lines).where(key.in_(ids)).order_by(key, kind.lines.c.line)
    found: dict[UUID, list[Row]] = {}
    for row in session.connection().execute(query).mappings():
        found.setdefault(row[kind.lines_key], []).append(row)
    return found


def _without_record(session: Session, kind: RecordKind) -> Iterator[Finding]:
    table = kind.table
    query = sa.select(leaves.c.id).outerjoin(table, table.c.id == leaves.c.id)
    for leaf_id in session.scalars(query.where(leaves.c.kind == kind.name, table.c.id.is_(None))):
        yield broken(f"a record ({kind.name}) is missing", str(leaf_id))


def _of_no_kind(session: Session, kinds: Sequence[RecordKind]) -> Iterator[Finding]:
    strange = sa.select(leaves.c.id).where(leaves.c.kind.not_in([kind.name for kind in kinds]))
    for leaf_id in session.scalars(strange):
        yield broken("a leaf is of no kind that there is", str(leaf_id))


def _left_out(session: Session, open_leaves: Sequence[tuple[UUID, bytes]]) -> Iterator[Finding]:
    """Every leaf is in one seal or waits for the next. Only when the numbers differ are they looked for."""
    sealed = session.scalar(sa.select(sa.func.coalesce(sa.func.sum(seals.c.leaves), 0))) or 0
    if sealed + len(open_leaves) == _count(session, leaves):
        return
    counts = Counter(leaf_id for seal in seals_in_order(session) for leaf_id in seal.ids())
    counts.update(leaf_id for leaf_id, _mac in open_leaves)
    for leaf_id in session.scalars(sa.select(leaves.c.id).order_by(leaves.c.id)):
        if counts[leaf_id] != 1:
            yield broken("a leaf is in more than one seal, or left out of all", str(leaf_id))


def _first(findings: Iterator[Finding]) -> Iterator[Finding]:
    """The first 1000; a value that no column of ours could hold is one, because somebody else wrote it."""
    try:
        yield from islice(findings, FINDINGS_MAX)
    except (ValueError, TypeError, SealError, psycopg.DataError, DataError) as fault:
        yield broken(f"a value can't be read ({fault})", "a record")


def _count(session: Session, table: sa.Table) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
