"""One round of sealing: seal what is new, then tell the anchor. Knows no threads and no times between rounds."""

from ledger.anchors import AnchorFile, SealError, fits
from ledger.database import Session
from ledger.seals import Seal, newest_seal, seal_leaves, seals_in_order
from ledger.signing import SealKey
from ledger.transactions import read


def seal_and_anchor(session: Session, key: SealKey, anchor: AnchorFile) -> Seal | None:
    """Seals and anchors; None when there was nothing to seal. What an earlier round left unanchored is added.

    SealError, and nothing is sealed, when the key is another than the last seal's or the anchor knows seals
    that the database does not: a cut-off tail must not be grown over.
    """
    check_fit(session, key, anchor)
    made = seal_leaves(session, key)
    anchor_seals(session, anchor)
    return made


def check_fit(session: Session, key: SealKey, anchor: AnchorFile) -> None:
    """SealError unless the newest seal is this key's and the anchor does not know better."""
    # The anchor first: another sealer may seal and anchor in between, and then the database is ahead.
    last = anchor.last_line()
    with read(session):
        head = newest_seal(session)
    if head is not None and not key.public().signed(head.message(), head.signature):
        raise SealError("the newest seal was not signed with this seal key")
    if not fits(last, head):
        raise SealError(
            f"{anchor.path} ends with seal {anchor.last()}, which this database does not have: "
            "run countermark verify"
        )


def anchor_seals(session: Session, anchor: AnchorFile) -> None:
    """Tells the anchor every seal that it does not have yet."""
    with read(session):
        missing = list(seals_in_order(session, after=anchor.last()))
    if missing:
        anchor.append_seals(missing)
