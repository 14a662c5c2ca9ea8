"""A seal key, an anchor and the checks of the tests, each in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ledger
from ledger import AnchorFile, Finding, Seal, SealKey, SealReport, Session
from panel_app.programme.audit import SEALED

KEY = SealKey(ledger.new_seal_key())


@dataclass(frozen=True, slots=True)
class Sealing:
    """The seals of one database; each call reads or writes by itself."""

    session: Session
    anchor: AnchorFile

    def seal(self) -> Seal | None:
        return ledger.seal_and_anchor(self.session, KEY, self.anchor)

    def report(self, anchors: Sequence[Path] | None = None) -> SealReport:
        chosen = [self.anchor.path] if anchors is None else anchors
        return ledger.verify_seals(self.session, SEALED, KEY.public(), chosen)

    def findings(self) -> list[Finding]:
        return self.report().findings


def leaf_findings(session: Session) -> list[Finding]:
    """Every record against its leaf, where nothing is sealed."""
    return ledger.verify_seals(session, SEALED, KEY.public(), []).findings
