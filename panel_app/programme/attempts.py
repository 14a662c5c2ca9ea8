"""Counted failures (passwords, PINs, typed codes), kept in the database so that every process sees the same."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ledger import Instant, Session
from panel_app.programme.models import AttemptCount

WINDOW = timedelta(minutes=5)
FAILURES_MAX = 5
# Each lock is longer than the one before: a PIN of four digits is weak against patience, not against haste.
LOCKS = tuple(WINDOW * 2**number for number in range(6))  # from 5 minutes to 160
LOCKS_ARE_KEPT_FOR = timedelta(days=1)


def seconds_locked(session: Session, kind: str, subject: str) -> int:
    """Whole seconds for which this subject is locked; 0 when it may try."""
    return seconds_over(session, kind, subject, FAILURES_MAX)


def count_failure(session: Session, kind: str, subject: str) -> None:
    """Count one failure; a window that has ended starts again at one, and the last of a window locks."""
    now = session.clock.now()
    insert = sqlite.insert if session.dialect == "sqlite" else postgresql.insert
    over = AttemptCount.window_ends_at <= now
    locks = sa.and_(~over, AttemptCount.failures == FAILURES_MAX - 1)
    statement = insert(AttemptCount).values(
        kind=kind, subject=_hidden(session, subject), failures=1, window_ends_at=now + WINDOW, locks=0
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[AttemptCount.kind, AttemptCount.subject],
            set_={
                "failures": sa.case((over, 1), else_=AttemptCount.failures + 1),
                "window_ends_at": sa.case(
                    (over, _moment(now + WINDOW)),
                    (locks, _locked_until(now)),
                    else_=AttemptCount.window_ends_at,
                ),
                "locks": sa.case((locks, AttemptCount.locks + 1), else_=AttemptCount.locks),
            },
        )
    )


def seconds_over(session: Session, kind: str, subject: str, most: int) -> int:
    """Whole seconds until the window ends in which this subject failed `most` times; 0 when it may try."""
    now = session.clock.now()
    row = session.execute(
        sa.select(AttemptCount.failures, AttemptCount.window_ends_at).where(
            AttemptCount.kind == kind, AttemptCount.subject == _hidden(session, subject)
        )
    ).one_or_none()
    if row is None or row.failures < most or row.window_ends_at <= now:
        return 0
    return max(1, int((row.window_ends_at - now).total_seconds()))


def count_within(session: Session, kind: str, subject: str, window: timedelta) -> int:
    """Count one within a window that no failure makes longer, and give how many there are in it now."""
    now = session.clock.now()
    insert = sqlite.insert if session.dialect == "sqlite" else postgresql.insert
    over = AttemptCount.window_ends_at <= now
    statement = insert(AttemptCount).values(
        kind=kind, subject=_hidden(session, subject), failures=1, window_ends_at=now + window, locks=0
    )
    return session.execute(
        statement.on_conflict_do_update(
            index_elements=[AttemptCount.kind, AttemptCount.subject],
            set_={
                "failures": sa.case((over, 1), else_=AttemptCount.failures + 1),
                "window_ends_at": sa.case((over, _moment(now + window)), else_=AttemptCount.window_ends_at),
            },
        ).returning(AttemptCount.failures)
    ).scalar_one()


def _locked_until(now: datetime) -> sa.ColumnElement[datetime]:
    """By how often it was locked before."""
    ends = {number: _moment(now + lasts) for number, lasts in enumerate(LOCKS)}
    return sa.case(ends, value=AttemptCount.locks, else_=_moment(now + LOCKS[-1]))


def _moment(moment: datetime) -> Any:
    return sa.literal(moment, Instant())


def forget(session: Session, kind: str, subject: str) -> None:
    """Forget the failures of a subject that succeeded."""
    session.execute(
        sa.delete(AttemptCount).where(
            AttemptCount.kind == kind, AttemptCount.subject == _hidden(session, subject)
        )
    )


def forget_ended(session: Session) -> None:
    """Delete the counts whose window ended a day ago."""
    ended = session.clock.now() - LOCKS_ARE_KEPT_FOR
    session.execute(sa.delete(AttemptCount).where(AttemptCount.window_ends_at <= ended))


def _hidden(session: Session, subject: str) -> str:
    # What an outsider typed into a name field is sometimes a password.
    return session.keyring.mac("attempts", subject).hex()
