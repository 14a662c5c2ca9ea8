"""The sealer: a thread that seals and anchors every few seconds. Safe in many copies; no till waits for it."""

import threading

import structlog

import ledger
from ledger import AnchorFile, Database, SealError, SealKey

SECONDS_BETWEEN = 4.0
"""With the second that a round may take, nothing stays unsealed for longer than five."""

log = structlog.get_logger()


class Sealer:
    """Seals until it is stopped, and once more then."""

    def __init__(self, database: Database, key: SealKey, anchor: AnchorFile) -> None:
        self._database = database
        self._key = key
        self._anchor = anchor
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Seals what is left and returns."""
        self._stopped.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN):
            self.seal()
        self.seal()

    def seal(self) -> None:
        """One round; a fault is logged, and the next round tries again."""
        try:
            with self._database.session() as session:
                ledger.seal_and_anchor(session, self._key, self._anchor)
        except SealError as fault:
            log.error("nothing was sealed", why=str(fault))  # noqa: TRY400 - the sentence says it all
        except Exception:
            log.exception("the sealer failed")
