"""Counted failures (passwords, PINs, typed codes), kept in the database so that every process sees the same."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ledger import Session
from panel_app.programme.models import AttemptCount

WINDOW = timedelta(minutes=5)
FAILURES_MAX = 5


def seconds_locked(session: Session, kind: str, subject: str) -> int:
    """Whole seconds for which this subject is locked; 0 when it may try."""
    now = session.clock.now()
    row = session.execute(
        sa.select(AttemptCount.failures, AttemptCount.window_ends_at).where(
            AttemptCount.kind == kind, AttemptCount.subject == _hidden(session, subject)
        )
    ).one_or_none()
    if row is None or row.failures < FAILURES_MAX or row.window_ends_at <= now:
        return 0
    return max(1, int((row.window_ends_at - now).total_seconds()))


def count_failure(session: Session, kind: str, subject: str) -> None:
    """Count one failure; a window that has ended starts again at one."""
    now = session.clock.now()
    insert = sqlite.insert if session.dialect == "sqlite" else postgresql.insert
    over = AttemptCount.window_ends_at <= now
    statement = insert(AttemptCount).values(
        kind=kind, subject=_hidden(session, subject), failures=1, window_ends_at=now + WINDOW
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[AttemptCount.kind, AttemptCount.subject],
            set_={
                "failures": sa.case((over, 1), else_=AttemptCount.failures + 1),
                "window_ends_at": sa.case((over, now + WINDOW), else_=AttemptCount.window_ends_at),
            },
        )
    )


def forget(session: Session, kind: str, subject: str) -> None:
    """Forget the failures of a subject that succeeded."""
    session.execute(
        sa.delete(AttemptCount).where(
            AttemptCount.kind == kind, AttemptCount.subject == _hidden(session, subject)
        )
    )


def forget_ended(session: Session) -> None:
    """Delete the counts whose window has ended."""
    session.execute(sa.delete(AttemptCount).where(AttemptCount.window_ends_at <= session.clock.now()))


def _hidden(session: Session, subject: str) -> str:
    # What an outsider typed into a name field is sometimes a password.
    return session.keyring.mac("attempts", subject).hex()
